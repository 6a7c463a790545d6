import EventModel
import EventStore
import Foundation
import SQLite
import Synchronization
import Testing

extension TestStore {
    func makeFIFO(
        _ name: String = "q.fifo", _ change: (inout QueueAttributes) -> Void = { _ in }
    ) throws -> QueueKey {
        try makeQueue(name) { attributes in
            attributes.fifo = FIFOSettings()
            change(&attributes)
        }
    }

    /// Sends messages, each `group-body`; the whole text is its deduplication ID unless another is given.
    @discardableResult
    func sendGrouped(_ texts: [String], to queue: QueueKey, id: String? = nil) throws -> [SentMessage] {
        let ready = Self.grouped(texts, id: id)
        return try store.perform { writer throws(StoreError) in try writer.send(ready, to: queue) }
    }

    static func grouped(_ texts: [String], id: String? = nil) -> MessageBatch {
        var batch = MessageBatch()
        for text in texts {
            let start = batch.bytes.count
            batch.append(body: Array(text.utf8), md5: 1)
            let last = batch.entries.count - 1
            let group = text.utf8.firstIndex(of: UInt8(ascii: "-")).map {
                text.utf8.distance(from: text.startIndex, to: $0)
            }
            batch.entries[last].groupID = start..<start + (group ?? text.utf8.count)
            batch.entries[last].deduplicationID = start..<batch.bytes.count
            if let id {
                let start = batch.bytes.count
                batch.bytes.append(contentsOf: id.utf8)
                batch.entries[last].deduplicationID = start..<batch.bytes.count
            }
        }
        return batch
    }

    /// Receives, and keeps the receive as whoever hands messages over has to.
    func receiveAndKeep(_ queue: QueueKey, _ maximum: Int = 10) throws -> [Copied] {
        var copies: [Copied] = []
        let outcome = try reader.receive(from: queue, maximum: maximum, now: now) {
            message, body, attributes in
            copies.append(Copied(message: message, body: text(body), attributes: text(attributes)))
        }
        guard let pending = outcome.pending else { return copies }
        let answer = Monitor<Result<Void, StoreError>?>(nil)
        store.keep(pending) { result in
            answer.update { answer in
                answer = result
                return true
            }
        }
        try #require(answer.wait(atMost: .seconds(60)) { $0 }).get()
        return copies
    }

    /// Deletes by receipts and waits; the bodies' leases that were refused.
    func delete(_ messages: [Copied], from queue: QueueKey) throws -> [MessageLease] {
        let answer = Monitor<Result<[MessageLease], StoreError>?>(nil)
        store.delete(messages.map(\.message.lease), from: queue) { result in
            answer.update { answer in
                answer = result
                return true
            }
        }
        return try #require(answer.wait(atMost: .seconds(60)) { $0 }).get()
    }
}

@Suite("FIFO queues in the store")
struct FIFOStoreTests {
    @Test("Messages tell group, deduplication ID and rising sequence numbers")
    func told() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        let sent = try test.sendGrouped(["a-1", "b-1", "a-2"], to: queue)
        #expect(
            sent.map(\.sequenceNumber.description) == [
                "18849496460467696384", "18849496460467696640", "18849496460467696896",
            ])
        let received = try test.receive(queue)
        #expect(received.map(\.body) == ["a-1", "a-2", "b-1"])
        #expect(received.map(\.message.groupID) == ["a", "a", "b"])
        #expect(received.map(\.message.deduplicationID) == ["a-1", "a-2", "b-1"])
        #expect(received[1].message.sequenceNumber == sent[2].sequenceNumber)
        #expect(received[0].message.messageID == sent[0].messageID)
    }

    @Test("A message without group or ID is no message for a FIFO queue")
    func ungrouped() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        #expect(throws: StoreError.self) { try test.send(["x"], to: queue) }
        #expect(test.counters(queue) == QueueCounters())
    }

    @Test("A duplicate is answered with the first message's names for five minutes and stored nowhere")
    func duplicates() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        let first = try test.sendGrouped(["a-1"], to: queue, id: "d")[0]
        #expect(try test.delete(test.receive(queue), from: queue) == [])
        test.clock.advance(.milliseconds(299_999))
        let again = try test.sendGrouped(["b-2", "b-3"], to: queue, id: "d")
        #expect(again.map(\.messageID) == [first.messageID, first.messageID])
        #expect(again.map(\.isDuplicate) == [true, true])
        #expect(again[0].sentAt == first.sentAt)
        #expect(test.counters(queue).visible == 0)
        test.clock.advance(.milliseconds(1))
        #expect(try test.sendGrouped(["b-4"], to: queue, id: "d")[0].isDuplicate == false)
        #expect(try test.receive(queue).map(\.body) == ["b-4"])
    }

    @Test("Restarts and crashes do not forget what was seen, and purges do", arguments: [true, false])
    func remembered(crash: Bool) throws {
        let first = try TestStore()
        let queue = try first.makeFIFO()
        let purged = try first.makeFIFO("purged.fifo")
        let sent = try first.sendGrouped((0..<25).map { "a-\($0)" }, to: queue)
        #expect(try first.delete(first.receive(queue), from: queue) == [])
        try first.sendGrouped(["a-1"], to: purged)
        try first.store.perform { writer throws(StoreError) in try writer.purgeQueue(purged) }
        if !crash { try first.reopen() }
        let test = crash ? try first.copyAfterCrash() : first
        let again = try test.sendGrouped((0..<26).map { "a-\($0)" }, to: queue)
        #expect(again.map(\.isDuplicate) == Array(repeating: true, count: 25) + [false])
        #expect(again.dropLast().map(\.messageID) == sent.map(\.messageID))
        #expect(try test.sendGrouped(["a-1"], to: purged)[0].isDuplicate == false)
        test.clock.advance(.seconds(300))
        #expect(try test.sendGrouped(["a-0"], to: queue)[0].isDuplicate == false)
    }

    @Test("A scope of groups takes an ID once for each group; a change of scope forgets nothing")
    func scopes() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        func rescope(_ scope: FIFOSettings.DeduplicationScope) throws {
            var attributes = try #require(test.store.catalog.queue(queue)).attributes
            attributes.fifo?.deduplicationScope = scope
            _ = try test.store.perform { [attributes] writer throws(StoreError) in
                try writer.updateQueue(queue, attributes: attributes, tags: [:])
            }
        }
        func isDuplicate(_ text: String, _ id: String) throws -> Bool {
            try test.sendGrouped([text], to: queue, id: id)[0].isDuplicate
        }
        #expect(try !isDuplicate("a-1", "d"))
        #expect(try isDuplicate("b-1", "d"))
        try rescope(.messageGroup)
        #expect(try isDuplicate("b-1", "d"))
        #expect(try !isDuplicate("a-2", "e"))
        #expect(try !isDuplicate("b-2", "e"))
        try test.reopen()
        #expect(try isDuplicate("b-2", "e"))
        #expect(try isDuplicate("c-1", "d"))
        try rescope(.queue)
        #expect(try isDuplicate("a-2", "e"))
        #expect(try !isDuplicate("c-2", "f"))
    }

    @Test("Rows of forgotten IDs go, those that are remembered stay")
    func pruned() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        let gone = try test.makeFIFO("gone.fifo")
        try test.sendGrouped(["a-1", "a-2"], to: queue)
        try test.sendGrouped(["a-1"], to: gone)
        test.clock.advance(.seconds(200))
        try test.sendGrouped(["a-3", "a-4"], to: queue)
        try test.sendGrouped(["a-5"], to: queue)
        test.clock.advance(.seconds(100))
        try test.store.perform { writer throws(StoreError) in try writer.deleteQueue(gone) }
        try test.store.sweep()
        let file = try Connection(path: test.directory + "/millrace.db", access: .readWrite)
        #expect(try file.scalar("SELECT group_concat(id & 0xfffffffffff) FROM deduplication") == "3,5")
        test.clock.advance(.seconds(300))
        try test.store.sweep()
        #expect(try file.scalar("SELECT count(*) FROM deduplication") == "0")
    }

    @Test("Receipts that expired delete nothing; those of messages that are gone do no harm")
    func receipts() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        try test.sendGrouped(["a-1", "b-1"], to: queue)
        let old = try test.receive(queue, visibilitySeconds: 5)
        test.clock.advance(.seconds(5))
        #expect(try test.delete(old, from: queue) == old.map(\.message.lease))
        let new = try test.receive(queue)
        #expect(try test.delete([old[0], new[1]], from: queue) == [old[0].message.lease])
        #expect(try test.delete(new, from: queue) == [])
        #expect(try test.delete(new, from: queue) == [])
        #expect(test.counters(queue) == QueueCounters())
        let change = try test.reader.changeVisibility(
            of: new[0].message.lease, in: queue, seconds: 1, now: test.now)
        #expect(change == .notInFlight)
    }

    @Test(
        "Restarts and crashes keep leases, locks and receipts of what was handed over",
        arguments: [true, false])
    func restarts(crash: Bool) throws {
        let first = try TestStore()
        let queue = try first.makeFIFO()
        try first.sendGrouped(["a-1", "a-2", "b-1", "a-3"], to: queue)
        let held = try first.receiveAndKeep(queue, 2)
        #expect(try first.delete([held[0]], from: queue) == [])
        if !crash { try first.reopen() }
        let test = crash ? try first.copyAfterCrash() : first
        #expect(test.counters(queue) == QueueCounters(visible: 2, inFlight: 1, delayed: 0))
        #expect(try test.receiveAndKeep(queue).map(\.body) == ["b-1"])
        let longer = try test.reader.changeVisibility(
            of: held[1].message.lease, in: queue, seconds: 40, now: test.now)
        #expect(longer == .changed)
        test.clock.advance(.seconds(30))
        #expect(try test.delete([held[0]], from: queue) == [])
        test.clock.advance(.seconds(10))
        #expect(try test.delete([held[1]], from: queue) == [held[1].message.lease])
        let again = try test.receiveAndKeep(queue)
        #expect(again.map(\.body).filter { $0.hasPrefix("a") } == ["a-2", "a-3"])
        #expect(again.first { $0.body == "a-2" }?.message.receiveCount == 2)
    }

    @Test(
        "A receive that was never kept is forgotten by a crash: its receipts are refused, what is gone stays gone"
    )
    func forgottenReceives() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        try test.sendGrouped(["a-1", "b-1"], to: queue)
        let held = try test.receive(queue)
        #expect(try test.delete([held[1]], from: queue) == [])
        let crashed = try test.copyAfterCrash()
        let change = try crashed.reader.changeVisibility(
            of: held[0].message.lease, in: queue, seconds: 1, now: crashed.now)
        #expect(change == .expired)
        #expect(try crashed.delete(held, from: queue) == [held[0].message.lease])
        #expect(try crashed.receive(queue).map(\.body) == ["a-1"])
    }

    @Test("Dead letters keep order, group and message ID; the message ID becomes the deduplication ID")
    func deadLetters() throws {
        let test = try TestStore()
        let dead = try test.makeFIFO("dead.fifo")
        let target = try #require(test.store.catalog.queue(dead)).arn
        let queue = try test.makeFIFO { attributes in
            attributes.redrive = RedrivePolicy(deadLetterTarget: target, maxReceiveCount: 1)
        }
        let sent = try test.sendGrouped(["a-1", "a-2", "a-3"], to: queue)
        #expect(try test.receive(queue, 2, visibilitySeconds: 0).count == 2)
        test.clock.advance(.seconds(7))
        #expect(try test.receive(queue).map(\.body) == ["a-3"])
        try test.settle()
        let moved = try test.receive(dead)
        #expect(moved.map(\.body) == ["a-1", "a-2"])
        #expect(moved.map(\.message.messageID) == sent.prefix(2).map(\.messageID))
        #expect(moved.map(\.message.deduplicationID) == sent.prefix(2).map(\.messageID.description))
        #expect(moved.map(\.message.groupID) == ["a", "a"])
        #expect(moved.map(\.message.receiveCount) == [2, 2])
        #expect(moved[0].message.sentAt == test.now, "it counts as sent anew")
        #expect(test.counters(queue) == QueueCounters(visible: 0, inFlight: 1, delayed: 0))
    }

    @Test("A receive that is full by bytes gives the rest back unharmed")
    func bytes() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        try test.sendGrouped(["a-1", "a-2", "b-1"], to: queue)
        #expect(try test.receive(queue, maxBytes: 4).map(\.body) == ["a-1"])
        #expect(try test.receive(queue).map(\.body) == ["b-1"])
        test.clock.advance(.seconds(30))
        let rest = try test.receive(queue)
        #expect(rest.map(\.body) == ["a-1", "a-2", "b-1"])
        #expect(rest.map(\.message.receiveCount) == [2, 1, 2])
    }

    @Test("Delays survive a restart, and the counter knows them")
    func delays() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO { $0.delaySeconds = 10 }
        try test.sendGrouped(["a-1", "b-1"], to: queue)
        #expect(test.counters(queue) == QueueCounters(visible: 0, inFlight: 0, delayed: 2))
        try test.reopen()
        #expect(test.counters(queue) == QueueCounters(visible: 0, inFlight: 0, delayed: 2))
        #expect(try test.receive(queue).isEmpty)
        #expect(test.store.leases.nextVisible(in: queue, now: test.now) == test.now + .seconds(10))
        test.clock.advance(.seconds(10))
        #expect(try test.receive(queue).map(\.body) == ["a-1", "b-1"])
    }

    @Test("A backlog of many groups comes out complete and in order, over many reads")
    func backlog() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        for start in stride(from: 0, to: 5_000, by: 1_000) {
            try test.sendGrouped((start..<start + 1_000).map { "g\($0 % 50)-\($0)" }, to: queue)
        }
        var lines: [String: [Int]] = [:]
        while true {
            let got = try test.receive(queue)
            guard !got.isEmpty else { break }
            for message in got {
                let number = try #require(message.body.split(separator: "-").last.flatMap { Int($0) })
                lines[message.message.groupID ?? "", default: []].append(number)
            }
            #expect(try test.delete(got, from: queue) == [])
        }
        #expect(lines.count == 50)
        #expect(lines.values.allSatisfy { $0.count == 100 && $0 == $0.sorted() })
        #expect(test.counters(queue) == QueueCounters())
    }

    @Test("A deletion of everything in flight wakes those who wait; a part of it does not")
    func wakes() throws {
        let test = try TestStore()
        let queue = try test.makeFIFO()
        try test.sendGrouped(["a-1", "a-2", "a-3"], to: queue)
        let held = try test.receive(queue, 2)
        let told = Mutex(0)
        test.store.observe { changes in
            if changes.queues.contains(queue) { told.withLock { $0 += 1 } }
        }
        _ = try test.delete([held[0]], from: queue)
        #expect(told.withLock { $0 } == 0)
        #expect(test.store.leases.nextVisible(in: queue, now: test.now) == test.now + .seconds(30))
        _ = try test.delete([held[1]], from: queue)
        #expect(told.withLock { $0 } == 1)
        #expect(test.store.leases.nextVisible(in: queue, now: test.now) == test.now)
    }
}
