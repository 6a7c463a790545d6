import Dispatch
import EventModel
import EventStore
import Foundation
import Testing

@Suite("A process killed while it moves messages")
struct MessageMoveCrashTests {
    private static let count = 300
    private static let task = "10f57157-fc38-4da9-a113-4de7e12d05dd"

    /// Moves three messages at a time and dies after some steps.
    private static func work(_ directory: String, _ killAfter: Int) throws {
        let store = try EventStore.open(
            directory: directory, durability: .full,
            now: { Timestamp(millisecondsSinceEpoch: 1_763_600_000_000) })
        let reader = try store.makeReader()
        let source = try #require(try reader.activeMessageMoves().first?.source)
        // Two steps at most wait for the disk, so that not everything is moved before the first of them is done.
        let room = DispatchSemaphore(value: 2)
        for round in 0..<10_000 {
            room.wait()
            let taken = try reader.takeForMove(
                from: source, maximum: 3, maxBytes: .max,
                now: Timestamp(millisecondsSinceEpoch: 1_763_600_000_000))
            store.submit { writer throws(StoreError) in
                try writer.moveMessages(of: Self.task, taken.positions, isLast: false)
            } completion: { _ in
                if round == killAfter { kill(getpid(), SIGKILL) }
                room.signal()
            }
        }
        // The completion of some round kills; nothing else ends this.
        while true { pause() }
    }

    @Test(
        "Every message is in one queue, once, and the task knows how many moved", .timeLimit(.minutes(5)))
    func killed() async throws {
        let directory = TestStore.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let bodies = (0..<Self.count).map { "message \($0)" }
        let first = try TestStore(opening: directory)
        let dead = try first.makeQueue("dead")
        let target = try first.makeQueue("target")
        for start in stride(from: 0, to: Self.count, by: 10) {
            try first.send(Array(bodies[start..<start + 10]), to: dead)
        }
        try first.store.perform { writer throws(StoreError) in
            _ = try writer.beginMove(
                Self.task, from: dead, to: Location().arn("sqs", "target"), perSecond: nil, hidden: 0)
        }
        try first.store.close()
        for killAfter in [0, 5, 11, 20] {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [directory = directory as String, killAfter = killAfter as Int] in
                try MessageMoveCrashTests.work(directory, killAfter)
            }
        }
        let again = try TestStore(opening: directory)
        let move = try #require(try again.reader.activeMessageMoves().first)
        let stayed = try Self.all(of: dead, again)
        let moved = try Self.all(of: target, again)
        #expect((stayed + moved).sorted() == bodies.sorted())
        #expect(moved.count == move.moved)
        // Three messages for each step that was done before each of the four deaths.
        #expect(moved.count >= 120)
        try again.store.close()
    }

    private static func all(of queue: QueueKey, _ store: TestStore) throws -> [String] {
        var bodies: [String] = []
        while true {
            let received = try store.receive(queue)
            if received.isEmpty { return bodies }
            bodies += received.map(\.body)
        }
    }
}
