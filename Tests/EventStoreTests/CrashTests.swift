import EventModel
import EventStore
import Foundation
import Synchronization
import Testing

@Suite("A process killed with SIGKILL")
struct CrashTests {
    /// Writes to queue and stream from a few threads' worth of operations and dies after some of them; each answered
    /// one leaves a line in a file of its own.
    private static func work(_ directory: String, _ killAfter: Int) throws {
        let store = try EventStore.open(
            directory: directory, durability: .full,
            now: { Timestamp(millisecondsSinceEpoch: 1_763_600_000_000) })
        let queue = try #require(store.catalog.queue(named: "q", in: Location())?.key)
        let stream = try #require(store.catalog.stream(named: "s", in: Location()))
        let reader = try store.makeReader()
        let answered = try #require(FileHandle(forWritingAtPath: directory + "/answered"))
        try answered.seekToEnd()
        let count = Mutex(0)
        func note(_ line: String) {
            let isLast = count.withLock { count in
                count += 1
                return count == killAfter
            }
            // A line is one write, so it is there whole even if the process dies at once.
            answered.write(Data("\(line)\n".utf8))
            if isLast { kill(getpid(), SIGKILL) }
        }
        let base = Int(getpid()) * 1_000
        for round in 0..<10_000 {
            let number = base + round
            var batch = MessageBatch()
            batch.append(body: Array("\(number)".utf8), md5: 1)
            var records = RecordBatch()
            records.append(
                shard: stream.shards[0].key, partitionKey: [1], payload: Array("\(number)".utf8))
            let (messages, ready) = (batch, records)
            // Both in one operation: after a crash either both are there or none.
            try store.perform { writer throws(StoreError) in
                _ = try writer.send(messages, to: queue)
                _ = try writer.append(ready, to: stream.key)
            }
            note("stored \(number)")
            guard round % 3 == 2 else { continue }
            var got: [(Position, String)] = []
            _ = try reader.receive(
                from: queue, maximum: 2, now: Timestamp(millisecondsSinceEpoch: 1_763_600_000_000)
            ) {
                message, body, _ in got.append((message.position, text(body)))
            }
            let positions = got.map(\.0)
            try store.perform { writer throws(StoreError) in try writer.delete(positions, from: queue) }
            for (_, body) in got { note("deleted \(body)") }
        }
    }

    @Test("Nothing that was answered is lost, and nothing that was deleted returns", .timeLimit(.minutes(5)))
    func killed() async throws {
        let directory = TestStore.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let first = try TestStore(opening: directory)
        _ = try first.makeQueue()
        let stream = try first.makeStream()
        try first.store.close()
        #expect(FileManager.default.createFile(atPath: directory + "/answered", contents: nil))
        for killAfter in [1, 2, 7, 40, 111, 300] {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [directory = directory as String, killAfter = killAfter as Int] in
                try CrashTests.work(directory, killAfter)
            }
            let lines = try String(contentsOfFile: directory + "/answered", encoding: .utf8).split(
                separator: "\n")
            let stored = Set(lines.filter { $0.hasPrefix("stored ") }.map { $0.dropFirst(7) })
            let deleted = Set(lines.filter { $0.hasPrefix("deleted ") }.map { $0.dropFirst(8) })
            let clock = ManualClock()
            let store = try EventStore.open(directory: directory, durability: .full, now: { clock.now })
            try store.checkIntegrity()
            let reader = try store.makeReader()
            var records: [String] = []
            _ = try reader.records(in: stream.shards[0].key, after: 0, limit: .max, maxBytes: .max) {
                _, _, _, payload in
                records.append(text(payload))
                return true
            }
            let queue = try #require(store.catalog.queue(named: "q", in: Location())?.key)
            let counted = store.leases.counters(of: queue, now: clock.now).visible
            var messages: [String] = []
            _ = try reader.receive(from: queue, maximum: 10_000, visibilitySeconds: 0, now: clock.now) {
                _, body, _ in
                messages.append(text(body))
            }
            #expect(stored.isSubset(of: Set(records.map { $0[...] })))
            #expect(deleted.isDisjoint(with: messages.map { $0[...] }))
            #expect(Set(messages).count == messages.count && messages.count == counted)
            // What is neither in the queue nor known as deleted was deleted without an answer: two at most.
            let unaccounted = Set(records).subtracting(messages).subtracting(deleted.map(String.init))
            #expect(unaccounted.count <= 2 * [1, 2, 7, 40, 111, 300].count)
            #expect(Set(messages).isSubset(of: Set(records)))
            try store.close()
        }
    }
}
