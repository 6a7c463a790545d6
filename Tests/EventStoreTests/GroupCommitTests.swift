// The writer's own connection is reached to fill its disk, which no caller can do.
@testable import EventStore
import EventModel
import Foundation
import SQLite
import Synchronization
import Testing

@Suite("Group commit")
struct GroupCommitTests {
    /// Holds the writer until `open`, so that what is submitted meanwhile becomes one group.
    private final class Gate: Sendable {
        private let isOpen = Monitor(false)
        private let isHolding = Monitor(false)

        /// Returns once the writer stands at the gate: what comes later cannot join the gate's own group.
        init(holding store: EventStore) {
            store.submit { [isOpen, isHolding] _ throws(StoreError) in
                Gate.raise(isHolding)
                Gate.pass(isOpen)
            } completion: { _ in
            }
            Gate.pass(isHolding)
        }

        func open() { Gate.raise(isOpen) }

        private static func raise(_ flag: Monitor<Bool>) {
            flag.update { flag in
                flag = true
                return true
            }
        }

        private static func pass(_ flag: Monitor<Bool>) {
            _ = flag.wait(atMost: .seconds(60)) { $0 ? true : nil }
        }
    }

    private static func send(_ body: String) -> MessageBatch {
        var batch = MessageBatch()
        batch.append(body: Array(body.utf8), md5: 1)
        return batch
    }

    @Test("An operation that refuses leaves the others of its group alone")
    func refusal() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        let gate = Gate(holding: test.store)
        let results = Mutex<[String]>([])
        let commits = Mutex(0)
        test.store.observe { _ in commits.withLock { $0 += 1 } }
        for body in ["a", "refused", "b"] {
            let batch = Self.send(body)
            test.store.submit { writer throws(StoreError) in
                guard body != "refused" else { throw .conflict("no") }
                _ = try writer.send(batch, to: queue)
            } completion: { result in
                var isStored = false
                if case .success = result { isStored = true }
                let line = "\(body) \(isStored)"
                results.withLock { $0.append(line) }
            }
        }
        gate.open()
        try test.settle()
        #expect(results.withLock { $0 } == ["a true", "refused false", "b true"])
        #expect(commits.withLock { $0 } == 1)
        #expect(try test.receive(queue).map(\.body) == ["a", "b"])
    }

    @Test("A group that is given up half way leaves nothing of what it wrote, in the file or in memory")
    func abandoned() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        let error = #expect(throws: StoreError.self) {
            try test.store.perform { writer throws(StoreError) in
                _ = try writer.createQueue(
                    name: "half", location: Location(), attributes: QueueAttributes(), tags: [:])
                _ = try writer.send(Self.send("half"), to: queue)
                throw writer.abandonGroup(because: .conflict("no further"))
            }
        }
        #expect(error == .conflict("no further"))
        #expect(test.store.catalog.queue(named: "half", in: Location()) == nil)
        #expect(try test.receive(queue).isEmpty)
        try test.reopen()
        #expect(test.store.catalog.queue(named: "half", in: Location()) == nil)
        _ = try test.store.perform { writer throws(StoreError) in try writer.send(Self.send("a"), to: queue) }
        #expect(try test.receive(queue).map(\.body) == ["a"])
    }

    @Test("What an operation makes is there for the next ones of the group, and for all after the commit")
    func visibility() throws {
        let test = try TestStore()
        let key = try test.store.perform { writer throws(StoreError) in
            let queue = try writer.createQueue(
                name: "q", location: Location(), attributes: QueueAttributes(), tags: [:])
            #expect(writer.catalog.queue(named: "q", in: Location()) == queue)
            _ = try writer.send(Self.send("a"), to: queue.key)
            return queue.key
        }
        #expect(try test.receive(key).map(\.body) == ["a"])
    }

    @Test("Observers hear of growth and definitions before the caller has its answer")
    func observers() throws {
        let test = try TestStore()
        let heard = Mutex<[CommittedChanges]>([])
        test.store.observe { changes in heard.withLock { $0.append(changes) } }
        let queue = try test.makeQueue()
        let stream = try test.makeStream()
        try test.send(["a"], to: queue)
        try test.append(["a"], to: stream)
        let position = try test.receive(queue)[0].message.position
        _ = try test.reader.changeVisibility(of: position, in: queue, seconds: 0, now: test.now)
        try test.delete([position], from: queue)
        let all = heard.withLock { $0 }
        try #require(all.count == 5)
        #expect(all[0].definitionsChanged && all[1].definitionsChanged)
        #expect(all[2].queues == [queue] && !all[2].definitionsChanged)
        #expect(all[3].shards == [stream.shards[0].key])
        #expect(all[4].queues == [queue])
    }

    @Test("A full disk fails the whole group, reads go on, and writes succeed once there is space")
    func fullDisk() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        let stream = try test.makeStream()
        try test.send(["kept"], to: queue)
        try test.setLargestFile(pages: 40)
        let large = Self.send(String(repeating: "x", count: 1_000_000))
        let gate = Gate(holding: test.store)
        let failures = Mutex<[StoreError]>([])
        for batch in [Self.send("small"), large] {
            test.store.submit { writer throws(StoreError) in
                _ = try writer.send(batch, to: queue)
            } completion: { result in
                if case .failure(let error) = result { failures.withLock { $0.append(error) } }
            }
        }
        gate.open()
        #expect(throws: StoreError.full) {
            try test.store.perform { writer throws(StoreError) in try writer.send(large, to: queue) }
        }
        #expect(failures.withLock { $0 } == [.full, .full])
        #expect(test.counters(queue) == QueueCounters(visible: 1, inFlight: 0, delayed: 0))
        let got = try test.receive(queue)
        #expect(got.map(\.body) == ["kept"])
        try test.setLargestFile(pages: 100_000)
        let sent = try test.store.perform { writer throws(StoreError) in try writer.send(large, to: queue) }
        #expect(sent.map(\.position) == [2])
        #expect(try test.append(["a"], to: stream).map(\.position) == [1])
        try test.store.checkIntegrity()
    }

    @Test("A deletion that cannot be stored gives the message back")
    func failedDelete() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a"], to: queue)
        let position = try test.receive(queue, visibilitySeconds: 0)[0].message.position
        let answer = Monitor<Result<Void, StoreError>?>(nil)
        let gate = Gate(holding: test.store)
        test.store.delete([position], from: queue) { result in
            answer.update { answer in
                answer = result
                return true
            }
        }
        #expect(try test.receive(queue).isEmpty)
        // An operation that meets a failing disk joins the deletion's group and loses it.
        test.store.submit { writer throws(StoreError) in
            try writer.attempt { () throws(SQLiteError) in
                throw SQLiteError(extendedCode: 10, message: "disk I/O error")
            }
        } completion: { _ in
        }
        gate.open()
        #expect(throws: StoreError.self) { try answer.wait(atMost: .seconds(60)) { $0 }?.get() }
        #expect(try test.receive(queue).map(\.body) == ["a"])
    }

    @Test("Many threads get each their own answer, and nothing is lost")
    func threads() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        let store = test.store
        let positions = Mutex<[Position]>([])
        let threads = (0..<8).map { number in
            WorkerThread {
                for round in 0..<50 {
                    let batch = Self.send("\(number) \(round)")
                    let sent = Result { () throws(StoreError) in
                        try store.perform { writer throws(StoreError) in try writer.send(batch, to: queue) }
                    }
                    if case .success(let messages) = sent {
                        positions.withLock { $0 += messages.map(\.position) }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(positions.withLock { $0.sorted() } == Array(1...400))
        #expect(try Set(test.receive(queue, 1_000).map(\.body)).count == 400)
    }

    @Test("What one caller submits runs in that order, on whichever thread it runs")
    func order() throws {
        let test = try TestStore()
        let ran = Mutex<[Int]>([])
        for number in 0..<5_000 {
            test.store.submit(mayRunHere: number % 3 != 0) { _ throws(StoreError) in
                ran.withLock { $0.append(number) }
            } completion: { _ in
            }
        }
        try test.settle()
        #expect(ran.withLock { $0 } == Array(0..<5_000))
    }

    @Test("After closing, operations fail with a clear error")
    func closed() throws {
        let test = try TestStore()
        try test.store.close()
        #expect(throws: StoreError.closed) { try test.store.perform { _ throws(StoreError) in } }
        try test.store.close()
    }
}

extension TestStore {
    /// Makes the file full at a size, as a full disk would.
    fileprivate func setLargestFile(pages: Int) throws {
        try store.perform { writer throws(StoreError) in
            try writer.attempt { () throws(SQLiteError) in
                try writer.connection.execute("PRAGMA max_page_count = \(pages)")
            }
        }
    }
}
