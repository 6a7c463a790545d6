import Testing
import WireTesting

@Suite("CloudWatch Logs on the wire")
struct GoldenTests {
    @Test("A golden conversation goes as recorded", arguments: Conversation.all())
    func golden(path: String) throws {
        var conversation = try Conversation(path)
        let differences = try conversation.play(LogsWorld.target, in: try LogsWorld().wire)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test("There are golden conversations")
    func isThere() {
        #expect(Conversation.all().count >= 7)
    }
}
