import EventModel
import EventStore
import Testing

@Suite("Chains of dead-letter queues")
struct DeadLetterChainTests {
    private let test: TestStore

    init() throws { test = try TestStore() }

    private func queue(_ name: String, to target: String? = nil, after count: Int = 1) throws -> QueueKey {
        try test.makeQueue(name) {
            $0.redrive = target.map {
                RedrivePolicy(deadLetterTarget: Location().arn("sqs", $0), maxReceiveCount: count)
            }
        }
    }

    /// Receives until nothing comes; the receive counts.
    private func exhaust(_ queue: QueueKey) throws -> [Int] {
        var counts: [Int] = []
        while let message = try test.receive(queue, 1, visibilitySeconds: 0).first?.message {
            counts.append(message.receiveCount)
            guard counts.count < 50 else { break }
        }
        try test.settle()
        return counts
    }

    @Test("Each queue of a chain counts its own receives, the message counts all of them")
    func chain() throws {
        let c = try queue("c")
        let b = try queue("b", to: "c", after: 3)
        let a = try queue("a", to: "b", after: 2)
        let sent = try test.send(["poison"], to: a)
        #expect(try exhaust(a) == [1, 2])
        #expect(try exhaust(b) == [3, 4, 5])
        let last = try #require(try test.receive(c).first?.message)
        #expect(last.receiveCount == 6)
        #expect(last.messageID == sent[0].messageID)
        #expect(last.sentAt == sent[0].sentAt)
        #expect(last.deadLetterSource == Location().arn("sqs", "b"))
    }

    @Test("A chain counts on after a restart")
    func restart() throws {
        let b = try queue("b", to: "c", after: 3)
        let a = try queue("a", to: "b", after: 2)
        _ = try queue("c")
        try test.send(["poison"], to: a)
        _ = try exhaust(a)
        #expect(try test.receive(b, visibilitySeconds: 0).map(\.message.receiveCount) == [3])
        try test.reopen()
        #expect(try exhaust(b) == [4, 5])
    }

    @Test("In a circle a message is received in each queue on its way, and never lost")
    func circle() throws {
        let a = try queue("a")
        let b = try queue("b", to: "a", after: 2)
        _ = try test.store.perform { writer throws(StoreError) in
            var attributes = QueueAttributes()
            attributes.redrive = RedrivePolicy(
                deadLetterTarget: Location().arn("sqs", "b"), maxReceiveCount: 2)
            return try writer.updateQueue(a, attributes: attributes, tags: [:])
        }
        try test.send(["round and round"], to: a)
        #expect(try exhaust(a) == [1, 2])
        #expect(try exhaust(b) == [3, 4])
        #expect(try exhaust(a) == [5, 6])
        #expect(test.counters(a).visible + test.counters(b).visible == 1)
    }

    @Test("A queue that is its own dead-letter queue keeps its messages")
    func own() throws {
        let a = try queue("a", to: "a", after: 2)
        try test.send(["one"], to: a)
        for round in 0..<3 {
            #expect(try test.receive(a, visibilitySeconds: 0).map(\.message.receiveCount) == [2 * round + 1])
            #expect(try test.receive(a, visibilitySeconds: 0).map(\.message.receiveCount) == [2 * round + 2])
            #expect(try test.receive(a).isEmpty)
            try test.settle()
            #expect(test.counters(a) == QueueCounters(visible: 1))
        }
    }

    @Test("Without its dead-letter queue a message goes on being received")
    func deletedTarget() throws {
        let dead = try queue("dead")
        let a = try queue("a", to: "dead", after: 1)
        try test.send(["one"], to: a)
        #expect(try test.receive(a, visibilitySeconds: 0).count == 1)
        try test.store.perform { writer throws(StoreError) in try writer.deleteQueue(dead) }
        #expect(try test.receive(a, visibilitySeconds: 0).map(\.message.receiveCount) == [2])
        #expect(try test.receive(a, visibilitySeconds: 0).map(\.message.receiveCount) == [3])
    }

    @Test("A message that moves to its dead-letter queue is counted in one of them all the while")
    func counted() throws {
        let dead = try queue("dead")
        let a = try queue("a", to: "dead", after: 1)
        try test.send((0..<20).map { "\($0)" }, to: a)
        #expect(try test.receive(a, 20, visibilitySeconds: 0).count == 20)
        // The writer waits while the messages are on their way.
        let gate = Gate()
        test.store.submit { _ throws(StoreError) in
            gate.wait()
        } completion: { _ in
        }
        #expect(try test.receive(a, 10).isEmpty)
        #expect(test.counters(a) == QueueCounters(visible: 20))
        #expect(test.counters(dead) == QueueCounters())
        gate.open()
        try test.settle()
        #expect(test.counters(a) == QueueCounters())
        #expect(test.counters(dead) == QueueCounters(visible: 20))
    }

    @Test("Retention counts from the first sending, also in the dead-letter queue")
    func retention() throws {
        let dead = try queue("dead")
        let a = try queue("a", to: "dead", after: 1)
        try test.send(["old"], to: a)
        test.clock.advance(.seconds(345_000))
        #expect(try test.receive(a, visibilitySeconds: 0).count == 1)
        #expect(try test.receive(a).isEmpty)
        try test.settle()
        #expect(test.counters(dead).visible == 1)
        test.clock.advance(.seconds(601))
        #expect(try test.receive(dead).isEmpty)
    }
}
