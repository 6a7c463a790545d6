import EventModel
@testable import EventStore
import SQLite
import Testing

/// The log's own bookkeeping is internal: it is tested beside a dictionary here, and through the store elsewhere.
@Suite("The log of leases")
struct LeaseLogTests {
    private static let queue = QueueKey(rawValue: 1)

    private static func note(_ position: Position, count: Int32 = 1, at moment: Int64 = 1_000) -> LeaseNote {
        LeaseNote(
            position: position, receiveCount: count, firstReceivedAt: 1_000, lastReceivedAt: moment,
            visibleAt: moment + 30_000)
    }

    private static func row(_ notes: [LeaseNote]) -> LeaseNotes {
        var row = LeaseNotes(queue: queue)
        for note in notes { row.append(note) }
        return row
    }

    @Test("Notes come back as they were written, whatever their order and moments", arguments: 1...20)
    func roundTrip(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var notes: [LeaseNote] = []
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            let isNew = Bool.random(using: &random)
            let last =
                Bool.random(using: &random)
                ? 1_763_600_000_000 : Int64.random(in: 0...(1 << 41), using: &random)
            notes.append(
                LeaseNote(
                    position: .random(in: 1..<(1 << 44), using: &random),
                    receiveCount: isNew ? 1 : .random(in: 0...9, using: &random),
                    firstReceivedAt: isNew ? last : .random(in: 0...(1 << 41), using: &random),
                    lastReceivedAt: last,
                    visibleAt: Bool.random(using: &random) ? last : .random(in: 0...(1 << 41), using: &random)
                ))
        }
        #expect(LeaseLogTests.row(notes).all == notes)
        var joined = LeaseLogTests.row(Array(notes.prefix(7)))
        joined.append(LeaseLogTests.row(Array(notes.dropFirst(7))))
        #expect(joined.all == notes)
    }

    @Test("A receive of ten new messages is noted in 30 bytes or less")
    func size() {
        let notes = (0..<10).map { index in
            LeaseNote(
                position: 9_999_990 + index, receiveCount: 1, firstReceivedAt: 1_763_600_000_000,
                lastReceivedAt: 1_763_600_000_000, visibleAt: 1_763_600_030_000)
        }
        #expect(LeaseLogTests.row(notes).bytes.count <= 30)
    }

    @Test("Damaged bytes are read as far as they go")
    func damaged() {
        let bytes = LeaseLogTests.row((1...5).map { LeaseLogTests.note($0 * 1_000, count: 3) }).bytes
        for length in 0...bytes.count {
            var count = 0
            LeaseNotes.read(Array(bytes.prefix(length)).span) { _ in count += 1 }
            #expect(count <= 5)
        }
    }

    @Test("A row is dead when each of its messages is gone or noted again, and dead rows at the head can go")
    func dying() {
        var log = LeaseLog(floor: 0)
        log.add(LeaseLogTests.row([LeaseLogTests.note(1), LeaseLogTests.note(2)]).bytes.span, in: 1)
        log.add(LeaseLogTests.row([LeaseLogTests.note(3)]).bytes.span, in: 2)
        log.add(LeaseLogTests.row([LeaseLogTests.note(2, count: 2)]).bytes.span, in: 4)
        #expect(log.liveRows == 3 && log.deadRows == 0 && log.next == 5)
        log.remove([3])
        #expect(log.liveRows == 2 && log.deadRows == 0)
        log.remove([1])
        #expect(log.liveRows == 1 && log.deadRows == 3)
        #expect(log.isCurrent(2, in: 4) && !log.isCurrent(2, in: 1))
        // Taken back: as if it had never been received.
        log.add(LeaseLogTests.row([LeaseLogTests.note(2, count: 0)]).bytes.span, in: 5)
        #expect(log.liveRows == 0 && log.head == 6 && log.messageCount == 0)
    }

    @Test("Random work keeps the log beside a dictionary", arguments: 1...20)
    func random(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var log = LeaseLog(floor: 0)
        var rowOf: [Position: Int64] = [:]
        var floor: Position = 0
        for _ in 0..<3_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let row = log.takeNumber()
                // The number of a group that was lost stays out.
                guard Int.random(in: 0..<10, using: &random) > 0 else { continue }
                let positions = Set((0..<4).map { _ in floor - 2 + Int64.random(in: 1...60, using: &random) })
                let notes = positions.filter { $0 > 0 }.map {
                    LeaseLogTests.note($0, count: .random(in: 0...2, using: &random))
                }
                log.add(LeaseLogTests.row(notes).bytes.span, in: row)
                for note in notes where note.position > floor {
                    rowOf[note.position] = note.receiveCount > 0 ? row : nil
                }
            case 5..<9:
                guard let gone = rowOf.keys.sorted().randomElement(using: &random) else { continue }
                rowOf[gone] = nil
                log.remove([gone])
            default:
                floor += Int64.random(in: 0...20, using: &random)
                rowOf = rowOf.filter { $0.key > floor }
                log.raiseFloor(to: floor)
            }
            #expect(log.messageCount == rowOf.count)
            #expect(log.liveRows == Set(rowOf.values).count)
            let isRight = rowOf.allSatisfy { log.isCurrent($0.key, in: $0.value) }
            #expect(isRight)
            if let oldest = rowOf.values.min() { #expect(log.head == oldest) }
        }
    }

    @Test("A message that stays does not keep the rows behind it, and the store forgets nothing of it")
    func moving() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["stays"], to: queue)
        #expect(try test.receive(queue, visibilitySeconds: 43_000).count == 1)
        let first = try #require(try test.leaseRows().first)
        for _ in 0..<1_400 {
            try test.send(["goes"], to: queue)
            try test.delete(try test.receive(queue).map(\.message.position), from: queue)
        }
        for _ in 0..<40 { try test.settle() }
        let rows = try test.leaseRows()
        #expect(rows.count < 1_100 && rows.first != first)
        let copy = try test.copyAfterCrash()
        #expect(copy.counters(queue) == QueueCounters(visible: 0, inFlight: 1, delayed: 0))
        copy.clock.advance(.seconds(43_000))
        #expect(try copy.receive(queue).map(\.message.receiveCount) == [2])
    }

    @Test("A purged or deleted queue leaves no rows behind")
    func gone() throws {
        let test = try TestStore()
        for isDeleted in [false, true] {
            let queue = try test.makeQueue()
            try test.send((0..<300).map { "\($0)" }, to: queue)
            for _ in 0..<300 { _ = try test.receive(queue, 1); try test.settle() }
            #expect(try test.leaseRows().count == 300)
            try test.store.perform { writer throws(StoreError) in
                if isDeleted { try writer.deleteQueue(queue) } else { try writer.purgeQueue(queue) }
            }
            if !isDeleted {
                try test.send(["later"], to: queue)
                #expect(try test.receive(queue).map(\.body) == ["later"])
            }
            try test.store.sweep()
            try test.settle()
            #expect(try test.leaseRows().count <= 1)
            if !isDeleted {
                try test.store.perform { writer throws(StoreError) in try writer.deleteQueue(queue) }
                test.clock.advance(.seconds(61))
            }
        }
    }

    @Test("A deletion by an older receipt that overtakes the note of a newer receive leaves nothing hidden")
    func overtaken() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a", "b"], to: queue)
        let position = try test.receive(queue, 1, visibilitySeconds: 0)[0].message.position
        try test.delete([position], from: queue)
        let late = LeaseLogTests.row([
            LeaseLogTests.note(position, count: 2, at: test.now.millisecondsSinceEpoch)
        ])
        try test.store.perform { writer throws(StoreError) in
            var notes = LeaseNotes(queue: queue)
            for note in late.all { notes.append(note) }
            try writer.keep(notes)
        }
        let copy = try test.copyAfterCrash()
        #expect(copy.counters(queue) == QueueCounters(visible: 1, inFlight: 0, delayed: 0))
        #expect(try copy.receive(queue).map(\.body) == ["b"])
    }

    @Test("A receive that could not be made durable is taken back")
    func notKept() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        try test.send(["a"], to: queue)
        let got = try test.receive(queue)
        var notes = LeaseNotes(queue: queue)
        notes.append(LeaseLogTests.note(got[0].message.position))
        let pending = PendingReceive(notes: notes)
        try test.store.close()
        var failed = false
        test.store.keep(pending) { result in
            if case .failure(.closed) = result { return }
            Issue.record("\(result)")
        }
        failed = test.counters(queue) == QueueCounters(visible: 1, inFlight: 0, delayed: 0)
        #expect(failed)
        #expect(try test.receive(queue).map(\.message.receiveCount) == [1])
    }
}

extension TestStore {
    /// The keys of the rows in the lease log, as the writer sees them.
    func leaseRows() throws -> [Int64] {
        try store.perform { writer throws(StoreError) in
            let rows = try writer.statement("SELECT id FROM lease ORDER BY id")
            return try writer.attempt { () throws(SQLiteError) in
                defer { rows.reset() }
                var keys: [Int64] = []
                while try rows.step() { keys.append(rows.int(0)) }
                return keys
            }
        }
    }
}
