import EventModel
import EventStore
import Synchronization
import Testing

@Suite("Dead letters and their executions")
struct DeadLetterTests {
    /// Two queues, the second for what was received once.
    private static func world() throws -> (TestStore, QueueKey, dead: QueueKey) {
        let test = try TestStore()
        let dead = try test.makeQueue("dead")
        let queue = try test.makeQueue {
            $0.redrive = RedrivePolicy(deadLetterTarget: Location().arn("sqs", "dead"), maxReceiveCount: 1)
        }
        try test.store.perform { writer throws(StoreError) in
            try writer.createMapping(MappingStoreTests.mapping())
        }
        return (test, queue, dead)
    }

    private static func receive(
        _ test: TestStore, _ queue: QueueKey, by mapping: String?
    ) throws -> ([MessageLease], DeadLetterMove?) {
        let moved = Mutex<DeadLetterMove?>(nil)
        let mover = mapping.map { mapping in
            DeadLetterMover(mappingID: mapping) { move in moved.withLock { $0 = move } }
        }
        var leases: [MessageLease] = []
        _ = try test.reader.receive(from: queue, maximum: 10, now: test.now, mover: mover) {
            message, _, _ in leases.append(message.lease)
        }
        try test.settle()
        return (leases, moved.withLock { $0 })
    }

    private static let source = Location().arn("sqs", "q")

    @Test("One that no mapping executed is flagged, with its name in the decision log")
    func neverExecuted() throws {
        let (test, queue, dead) = try Self.world()
        let sent = try test.send(["ran", "never"], to: queue)
        let (leases, nothing) = try Self.receive(test, queue, by: "m1")
        #expect(leases.count == 2 && nothing == nil)
        test.store.settle(
            QueueSettlement(mappingID: "m1", queue: queue, executed: [leases[0].position])
        ) { _ in }
        test.clock.advance(.seconds(31))
        let (none, move) = try Self.receive(test, queue, by: "m1")
        #expect(none.isEmpty)
        #expect(move?.moved == 2)
        #expect(move?.neverExecuted == [sent[1].messageID])
        let letters = try test.reader.deadLetters(in: dead, from: Self.source, limit: 10)
        #expect(Set(letters.map(\.messageID)) == Set(sent.map(\.messageID)))
        for letter in letters {
            let isFlagged = letter.messageID == sent[1].messageID
            #expect(letter.wasNeverExecuted == isFlagged)
            #expect(letter.executions == (isFlagged ? 0 : 1))
        }
        #expect(try test.reader.neverExecutedCount(in: dead) == 1)
        let decision = try #require(try test.reader.decisions(of: "m1", limit: 10).first)
        #expect(decision.kind == "deadLettered" && decision.recordCount == 2)
        #expect(
            decision.detail
                == "2 message(s) moved to dead, 1 of them never executed: \(sent[1].messageID)")
    }

    @Test("What somebody else moves has no flag, and one that goes back and is deleted loses it")
    func others() throws {
        let (test, queue, dead) = try Self.world()
        try test.send(["a"], to: queue)
        _ = try Self.receive(test, queue, by: nil)
        test.clock.advance(.seconds(31))
        _ = try Self.receive(test, queue, by: nil)
        let letter = try #require(try test.reader.deadLetters(in: dead, from: Self.source, limit: 10).first)
        #expect(letter.executions == nil && !letter.wasNeverExecuted)
        #expect(try test.reader.neverExecutedCount(in: dead) == 0)
        #expect(try test.reader.decisions(of: "m1", limit: 10).isEmpty)
    }
}
