import EventModel
import EventStore
import SQLite
import Synchronization
import Testing

@Suite("One queue, many threads")
struct SharedQueueTests {
    private static let senders = 3
    private static let batches = 40
    private static let total = senders * batches * 10

    private static func send(_ store: EventStore, _ queue: QueueKey, from sender: Int) {
        for round in 0..<batches {
            var batch = MessageBatch()
            for number in 0..<10 { batch.append(body: Array("\(sender) \(round) \(number)".utf8), md5: 1) }
            let ready = batch
            store.submit { writer throws(StoreError) in
                _ = try writer.send(ready, to: queue)
            } completion: { _ in
            }
        }
    }

    /// Receives and deletes until every message was seen, by whichever thread.
    private static func drain(
        _ test: (store: EventStore, now: Timestamp), _ queue: QueueKey, _ seen: borrowing Mutex<[String]>
    ) {
        let reader = Result { () throws(StoreError) in try test.store.makeReader() }
        guard case .success(let reader) = reader else { return }
        var isDone = false
        while !isDone {
            var got: [(Position, String)] = []
            let outcome = Result { () throws(StoreError) in
                try reader.receive(from: queue, maximum: 7, now: test.now) { message, body, _ in
                    got.append((message.position, text(body)))
                }
            }
            guard case .success = outcome else { return }
            let bodies = got.map(\.1)
            isDone = seen.withLock { seen in
                seen += bodies
                return seen.count >= total
            }
            test.store.delete(got.map(\.0), from: queue) { _ in }
        }
    }

    @Test("While messages are sent, received and deleted, each is received once", .timeLimit(.minutes(2)))
    func once() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        let seen = Seen()
        let (store, now) = (test.store, test.now)
        let senders = (0..<Self.senders).map { sender in
            WorkerThread { SharedQueueTests.send(store, queue, from: sender) }
        }
        let readers = (0..<2).map { _ in
            WorkerThread { SharedQueueTests.drain((store, now), queue, seen.bodies) }
        }
        for thread in senders + readers { thread.join() }
        try test.settle()
        let bodies = seen.bodies.withLock { $0 }
        #expect(bodies.count == Self.total)
        #expect(Set(bodies).count == Self.total)
        #expect(test.counters(queue) == QueueCounters())
    }

    /// Gives threads one list to share.
    private final class Seen: Sendable {
        let bodies = Mutex<[String]>([])
    }
}
