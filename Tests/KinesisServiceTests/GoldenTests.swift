import KinesisService
import Testing
import WireTesting

@Suite("Kinesis on the wire")
struct GoldenTests {
    @Test("A golden conversation goes as recorded", arguments: Conversation.all())
    func golden(path: String) throws {
        var conversation = try Conversation(path)
        let world = try WireWorld { router, parts in
            KinesisService(
                store: parts.store, reader: parts.reader, loop: parts.loop,
                isLimited: path.hasPrefix("Limits/"), now: parts.now
            ).register(on: &router)
        }
        let differences = try conversation.play("Kinesis_20131202", in: world)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test("There are golden conversations")
    func isThere() {
        #expect(Conversation.all().count > 10)
    }
}
