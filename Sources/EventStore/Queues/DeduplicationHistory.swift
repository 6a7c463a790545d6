import EventModel

/// The deduplication IDs of all FIFO queues, kept in step with the writer's transaction.
struct DeduplicationHistory {
    /// IDs that are remembered at a time, of all queues (own choice: 13,000 messages a second, about 200 MB).
    static let limit = 4_000_000

    private(set) var tables: [QueueKey: DeduplicationTable] = [:]
    private(set) var count = 0
    /// What the group that goes on did, so that it can be taken back.
    private var undo: [Undo] = []

    private enum Undo {
        case appended(QueueKey, Int)
        case replaced(QueueKey, DeduplicationTable)
    }

    init(_ tables: [QueueKey: DeduplicationTable] = [:]) {
        self.tables = tables
        count = tables.values.reduce(0) { $0 + $1.count }
    }
}

extension DeduplicationHistory {
    func find(_ key: UInt128, in queue: QueueKey) -> DeduplicationTable.Record? { tables[queue]?.find(key) }

    func has(_ scope: FIFOSettings.DeduplicationScope, in queue: QueueKey) -> Bool {
        tables[queue]?.has(scope) ?? false
    }

    mutating func append(_ record: DeduplicationTable.Record, in queue: QueueKey) {
        tables[queue, default: DeduplicationTable()].append(record)
        count += 1
        if case .appended(queue, let number)? = undo.last {
            undo[undo.count - 1] = .appended(queue, number + 1)
        } else {
            undo.append(.appended(queue, 1))
        }
    }

    /// Time passes for a transaction that fails, too.
    mutating func expire(_ queue: QueueKey, now: Int64) {
        guard let before = tables[queue]?.count, before > 0 else { return }
        tables[queue]?.expire(now: now)
        count -= before - (tables[queue]?.count ?? 0)
    }

    /// Forgets a queue's IDs: purged or deleted.
    mutating func clear(_ queue: QueueKey) {
        guard let table = tables.removeValue(forKey: queue) else { return }
        count -= table.count
        undo.append(.replaced(queue, table))
    }

    mutating func commit() { undo.removeAll(keepingCapacity: true) }

    mutating func rollBack() {
        for step in undo.reversed() {
            switch step {
            case .appended(let queue, let number): tables[queue]?.removeLast(number)
            case .replaced(let queue, let table): tables[queue] = table
            }
        }
        undo.removeAll(keepingCapacity: true)
        count = tables.values.reduce(0) { $0 + $1.count }
    }
}
