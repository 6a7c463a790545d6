import AWSWire
import KinesisService
import Testing
import WireTesting

@Suite("Kinesis on the wire")
struct GoldenTests {
    @Test(
        "A golden conversation goes as recorded, in JSON and in CBOR", arguments: Conversation.all(),
        [false, true])
    func golden(path: String, isCBOR: Bool) throws {
        var conversation = try Conversation(path)
        let world = try WireWorld { router, parts in
            KinesisService(
                store: parts.store, reader: parts.reader, loop: parts.loop,
                isLimited: path.hasPrefix("Limits/"), now: parts.now
            ).register(on: &router)
        }
        let differences = try conversation.play(
            "Kinesis_20131202", in: world, inCBOR: isCBOR ? .kinesis : nil)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test("There are golden conversations")
    func isThere() {
        #expect(Conversation.all().count > 10)
    }
}
