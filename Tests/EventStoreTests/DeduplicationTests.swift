// The writer's tables are seen by nobody else.
@testable import EventStore
import EventModel
import Testing

@Suite("The deduplication IDs of the last minutes")
struct DeduplicationTests {
    private static func record(_ key: UInt128, _ position: Position, at sentAt: Int64)
        -> DeduplicationTable.Record
    {
        .init(key: key, position: position, sentAt: sentAt, scope: .queue)
    }

    @Test("IDs are found for five minutes, however many there are and whatever their bits are")
    func window() {
        var table = DeduplicationTable()
        // Few low bits, so that many share a home.
        let keys = (0..<3_000).map { UInt128($0) << 64 | UInt128($0 % 7) }
        for (index, key) in keys.enumerated() {
            #expect(table.find(key) == nil)
            table.append(Self.record(key, Position(index + 1), at: Int64(index)))
        }
        table.expire(now: 300_000 + 1_499)
        #expect(table.count == 1_500)
        #expect(table.firstPosition == 1_501)
        for (index, key) in keys.enumerated() {
            #expect(table.find(key)?.position == (index < 1_500 ? nil : Position(index + 1)))
        }
        table.removeLast(500)
        #expect(table.find(keys[2_499])?.position == 2_500)
        #expect(table.find(keys[2_500]) == nil)
        table.expire(now: .max / 2)
        #expect(table.count == 0)
        #expect(table.firstPosition == nil)
    }

    @Test("What a lost group did is taken back, a purge included")
    func undo() {
        let queue = QueueKey(rawValue: 1)
        var history = DeduplicationHistory()
        history.append(Self.record(1, 1, at: 0), in: queue)
        history.commit()
        history.append(Self.record(2, 2, at: 0), in: queue)
        history.append(Self.record(3, 3, at: 0), in: queue)
        history.clear(queue)
        history.append(Self.record(4, 4, at: 0), in: queue)
        #expect(history.count == 1)
        history.rollBack()
        #expect(history.count == 1)
        #expect(history.find(1, in: queue)?.position == 1)
        for key: UInt128 in [2, 3, 4] { #expect(history.find(key, in: queue) == nil) }
    }
}
