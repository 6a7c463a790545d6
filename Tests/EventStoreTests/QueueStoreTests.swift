import EventModel
import EventStore
import Testing

@Suite("Queues in the store")
struct QueueStoreTests {
    @Test("A message is received with what it was sent with, and hidden")
    func receive() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        var batch = MessageBatch(bytes: Array("BODY{\"a\":1}rootg1".utf8))
        batch.entries = [
            MessageBatch.Entry(
                body: 0..<4, bodyMD5: .max - 5, attributes: 4..<11, attributesMD5: 77, traceHeader: 11..<15,
                groupID: 15..<17)
        ]
        let ready = batch
        let sent = try test.store.perform { writer throws(StoreError) in try writer.send(ready, to: queue) }
        let got = try test.receive(queue)
        try #require(got.count == 1)
        #expect(got[0].body == "BODY")
        #expect(got[0].attributes == "{\"a\":1}")
        let message = got[0].message
        #expect(message.messageID == sent[0].messageID)
        #expect(message.bodyMD5 == UInt128.max - 5)
        #expect(message.attributesMD5 == 77)
        #expect(message.traceHeader == "root")
        #expect(message.groupID == "g1")
        #expect(message.deadLetterSource == nil)
        #expect(message.receiveCount == 1)
        #expect(message.sentAt == test.now)
        #expect(message.firstReceivedAt == test.now)
        #expect(test.store.receipt(message.receipt.text) == message.receipt)
        #expect(try test.receive(queue).isEmpty)
        #expect(test.counters(queue) == QueueCounters(visible: 0, inFlight: 1, delayed: 0))
    }

    @Test("A message that is not deleted comes back with a higher count, the same ID and another receipt")
    func returned() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a"], to: queue)
        let first = try test.receive(queue)
        test.clock.advance(.seconds(29))
        #expect(try test.receive(queue).isEmpty)
        test.clock.advance(.seconds(1))
        let second = try test.receive(queue)
        try #require(first.count == 1 && second.count == 1)
        #expect(second[0].message.receiveCount == 2)
        #expect(second[0].message.messageID == first[0].message.messageID)
        #expect(second[0].message.receipt.text != first[0].message.receipt.text)
        #expect(second[0].message.firstReceivedAt == first[0].message.firstReceivedAt)
    }

    @Test("A deleted message never comes back, and deleting it again succeeds")
    func deleted() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a", "b"], to: queue)
        let got = try test.receive(queue)
        try test.delete([got[0].message.position], from: queue)
        try test.delete([got[0].message.position], from: queue)
        test.clock.advance(.seconds(31))
        #expect(try test.receive(queue).map(\.body) == ["b"])
        #expect(test.counters(queue) == QueueCounters(visible: 0, inFlight: 1, delayed: 0))
    }

    @Test("A message is hidden from the moment its deletion is asked for")
    func deleting() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a"], to: queue)
        let got = try test.receive(queue, visibilitySeconds: 0)
        test.store.leases.beginDelete([got[0].message.position], in: queue)
        #expect(try test.receive(queue).isEmpty)
        test.store.leases.cancelDelete([got[0].message.position], in: queue, now: test.now)
        #expect(try test.receive(queue).map(\.body) == ["a"])
    }

    @Test("Delayed messages wait, are counted as delayed, and tell when they come")
    func delayed() throws {
        let test = try TestStore()
        let queue = try test.makeQueue { $0.delaySeconds = 5 }
        try test.send(["a"], to: queue)
        try test.send(["b"], to: queue, delaySeconds: 0)
        #expect(test.counters(queue) == QueueCounters(visible: 1, inFlight: 0, delayed: 1))
        #expect(try test.receive(queue).map(\.body) == ["b"])
        #expect(test.store.leases.nextVisible(in: queue, now: test.now) == test.now + .seconds(5))
        test.clock.advance(.seconds(5))
        #expect(test.store.leases.nextVisible(in: queue, now: test.now) == test.now)
        #expect(try test.receive(queue).map(\.body) == ["a"])
        #expect(test.counters(queue) == QueueCounters(visible: 0, inFlight: 2, delayed: 0))
    }

    @Test("A changed visibility counts from the change, by any receipt, and 0 returns the message at once")
    func visibility() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a"], to: queue)
        let position = try test.receive(queue)[0].message.position
        let reader = test.reader
        #expect(try reader.changeVisibility(of: position, in: queue, seconds: 100, now: test.now) == .changed)
        test.clock.advance(.seconds(99))
        #expect(try test.receive(queue).isEmpty)
        test.clock.advance(.seconds(1))
        #expect(try reader.changeVisibility(of: position, in: queue, seconds: 10, now: test.now) == .changed)
        #expect(try test.receive(queue).isEmpty)
        #expect(try reader.changeVisibility(of: position, in: queue, seconds: 0, now: test.now) == .changed)
        #expect(try test.receive(queue).map(\.body) == ["a"])
        #expect(
            try reader.changeVisibility(of: position, in: queue, seconds: 43_200, now: test.now) == .changed)
        test.clock.advance(.seconds(1))
        #expect(
            try reader.changeVisibility(of: position, in: queue, seconds: 43_200, now: test.now)
                == .beyondLimit)
        try test.delete([position], from: queue)
        #expect(
            try reader.changeVisibility(of: position, in: queue, seconds: 1, now: test.now) == .notInFlight)
    }

    @Test("A message received too often moves to the dead-letter queue with its identity")
    func redrive() throws {
        let test = try TestStore()
        let dead = try test.makeQueue("dead")
        let deadARN = try #require(test.store.catalog.queue(dead)?.arn)
        let queue = try test.makeQueue {
            $0.redrive = RedrivePolicy(deadLetterTarget: deadARN, maxReceiveCount: 2)
        }
        let sent = try test.send(["poison"], to: queue)
        for _ in 1...2 {
            #expect(try test.receive(queue, visibilitySeconds: 1).count == 1)
            test.clock.advance(.seconds(1))
        }
        #expect(try test.receive(queue).isEmpty)
        try test.settle()
        #expect(test.counters(queue) == QueueCounters())
        #expect(test.counters(dead) == QueueCounters(visible: 1, inFlight: 0, delayed: 0))
        let moved = try #require(try test.receive(dead).first)
        #expect(moved.body == "poison")
        #expect(moved.message.messageID == sent[0].messageID)
        #expect(moved.message.sentAt == sent[0].sentAt)
        #expect(moved.message.receiveCount == 3)
        #expect(moved.message.deadLetterSource == test.store.catalog.queue(queue)?.arn)
    }

    @Test("Purging removes visible, delayed and hidden messages, and later ones come")
    func purge() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a", "b"], to: queue)
        try test.send(["c"], to: queue, delaySeconds: 10)
        let got = try test.receive(queue, 1)
        try test.store.perform { writer throws(StoreError) in try writer.purgeQueue(queue) }
        #expect(test.counters(queue) == QueueCounters())
        try test.delete(got.map(\.message.position), from: queue)
        try test.send(["d"], to: queue)
        test.clock.advance(.seconds(60))
        #expect(try test.receive(queue).map(\.body) == ["d"])
        try test.reopen()
        test.clock.advance(.seconds(60))
        #expect(try test.receive(queue).map(\.body) == ["d"])
    }

    @Test("The moment of a purge is known after a restart, and after a crash")
    func purgeMoment() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        #expect(test.store.catalog.snapshot.lastPurge(of: queue) == nil)
        try test.store.perform { writer throws(StoreError) in try writer.purgeQueue(queue) }
        let moment = test.now
        test.clock.advance(.seconds(5))
        #expect(try test.copyAfterCrash().store.catalog.snapshot.lastPurge(of: queue) == moment)
        try test.reopen()
        #expect(test.store.catalog.snapshot.lastPurge(of: queue) == moment)
    }

    @Test("Messages past retention are not received, and a sweep removes them")
    func retention() throws {
        let test = try TestStore()
        let queue = try test.makeQueue { $0.retentionSeconds = 60 }
        try test.send(["a"], to: queue)
        #expect(try test.receive(queue, visibilitySeconds: 0).count == 1)
        test.clock.advance(.seconds(59))
        try test.send(["b"], to: queue)
        test.clock.advance(.seconds(1))
        #expect(try test.receive(queue).map(\.body) == ["b"])
        try test.store.sweep()
        #expect(test.counters(queue) == QueueCounters(visible: 0, inFlight: 1, delayed: 0))
    }

    @Test("A receive stops before the message that would exceed its bytes, and the next one gets it")
    func maxBytes() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["aaaa", "bbbb", "cccc"], to: queue)
        #expect(try test.receive(queue, visibilitySeconds: 0, maxBytes: 8).map(\.body) == ["aaaa", "bbbb"])
        let rest = try test.receive(queue, maxBytes: 5)
        #expect(rest.count == 1)
        #expect(try test.receive(queue, 10).count == 2)
    }

    @Test("Released messages come first again and their receive does not count")
    func release() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a", "b", "c"], to: queue)
        let got = try test.receive(queue, 2)
        test.store.leases.release(got.map(\.message.position), in: queue, now: test.now)
        let again = try test.receive(queue, 3)
        #expect(Set(again.map(\.body)) == ["a", "b", "c"])
        #expect(again.allSatisfy { $0.message.receiveCount == 1 })
    }

    @Test("A queue's name is free after its deletion, and its messages are gone")
    func recreate() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a"], to: queue)
        try test.store.perform { writer throws(StoreError) in try writer.deleteQueue(queue) }
        #expect(test.store.catalog.queue(named: "q", in: Location()) == nil)
        #expect(test.store.catalog.snapshot.deletion(ofQueueNamed: "q", in: Location()) == test.now)
        #expect(throws: StoreError.notFound("The queue")) { try test.send(["b"], to: queue) }
        let again = try test.makeQueue()
        #expect(again != queue)
        #expect(try test.receive(again).isEmpty)
    }
}
