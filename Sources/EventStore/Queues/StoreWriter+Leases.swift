import EventModel
import SQLite

/// A row of the lease log that a group wrote.
struct LeaseRow {
    let number: Int64
    let notes: LeaseNotes
}

extension Schema {
    /// The lease log, a row per group and queue (key: queue << 44 | number), and when a queue was last purged.
    static let leases = """
        CREATE TABLE lease (id INTEGER PRIMARY KEY, notes BLOB NOT NULL) STRICT;
        ALTER TABLE queue ADD COLUMN purged_ms INTEGER;
        """
}

// MARK: - Writing

extension StoreWriter {
    /// Writes what receives, and changes of visibility, that nobody waits for have noted: one row per queue.
    func keep(_ notes: [LeaseNotes]) throws(StoreError) {
        guard notes.count > 1 else {
            if let only = notes.first { try keep(only) }
            return
        }
        var rows: [QueueKey: LeaseNotes] = [:]
        for part in notes { rows[part.queue, default: LeaseNotes(queue: part.queue)].append(part) }
        for row in rows.values { try keep(row) }
    }

    /// Writes one row; notes about a queue that is gone are dropped.
    func keep(_ notes: LeaseNotes) throws(StoreError) {
        let queue = notes.queue
        guard definitions.queues[queue] != nil, let tally = queues[queue] else { return }
        let number = leaseLogs[queue, default: LeaseLog(floor: tally.floor)].takeNumber()
        let statement = try statement("INSERT INTO lease (id, notes) VALUES (?1, ?2)")
        try attempt { () throws(SQLiteError) in
            statement.bind(1, RowKey.make(queue.rawValue, number))
            // Lent for the run only.
            let result: Result<Void, SQLiteError> = notes.bytes.withUnsafeBytes { bytes in
                statement.bind(2, borrowing: bytes)
                do throws(SQLiteError) {
                    return .success(try statement.run())
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }
        effects.leaseRows.append(LeaseRow(number: number, notes: notes))
    }
}

// MARK: - Following commits

extension StoreWriter {
    /// Makes the logs what a committed group says.
    func followLeases(_ effects: GroupEffects) {
        var touched: Set<QueueKey> = []
        for row in effects.leaseRows {
            leaseLogs[row.notes.queue]?.add(row.notes.bytes.span, in: row.number)
            touched.insert(row.notes.queue)
        }
        for (queue, positions) in effects.deletedMessages where leaseLogs[queue] != nil {
            leaseLogs[queue]?.remove(positions)
            touched.insert(queue)
        }
        for (queue, floor) in effects.raisedFloors where leaseLogs[queue] != nil {
            leaseLogs[queue]?.raiseFloor(to: floor.position)
            touched.insert(queue)
        }
        for (queue, row) in effects.trimmedLeases {
            leaseLogs[queue]?.trimmed(to: row)
            touched.insert(queue)
        }
        for queue in effects.removedQueues {
            leaseLogs[queue] = nil
            touched.insert(queue)
        }
        for queue in touched { leaseChores.note(queue, leaseLogs[queue]) }
    }
}

// MARK: - Tidying up

extension StoreWriter {
    /// Rows removed, and rows looked at to be moved, in one step.
    private static let rowsRemovedAtOnce: Int64 = 2_048
    private static let rowsMovedAtOnce: Int64 = 64
    /// A moved row's size at which the next one begins: a fraction of a page.
    private static let movedRowBytes = 2_048

    var hasDeadLeases: Bool { !leaseChores.all.isEmpty }

    /// Does a bounded part of what presses, in the current group and before anything else is noted in it.
    func tendLeases() throws(StoreError) {
        if let queue = leaseChores.pressing.first { try tidyLeases(of: queue) }
    }

    /// Removes dead rows however few they are, for when nothing else is going on.
    func removeDeadLeases() throws(StoreError) {
        if let queue = leaseChores.all.first { try tidyLeases(of: queue) }
    }

    private func tidyLeases(of queue: QueueKey) throws(StoreError) {
        guard let log = leaseLogs[queue] else { return }
        guard log.deadRows > 0 else { return try moveLeases(of: queue, log) }
        let end = min(log.head, log.first + StoreWriter.rowsRemovedAtOnce)
        try run("DELETE FROM lease WHERE id >= ?1 AND id < ?2") { statement in
            statement.bind(1, RowKey.make(queue.rawValue, log.first))
            statement.bind(2, RowKey.make(queue.rawValue, end))
        }
        effects.trimmedLeases[queue] = end
    }

    private func moveLeases(of queue: QueueKey, _ log: LeaseLog) throws(StoreError) {
        let end = min(log.next, log.head + StoreWriter.rowsMovedAtOnce)
        let statement = try statement("SELECT id, notes FROM lease WHERE id >= ?1 AND id < ?2 ORDER BY id")
        var kept: [LeaseNote] = []
        try attempt { () throws(SQLiteError) in
            statement.bind(1, RowKey.make(queue.rawValue, log.head))
            statement.bind(2, RowKey.make(queue.rawValue, end))
            defer { statement.reset() }
            while try statement.step() {
                let row = RowKey.position(statement.int(0))
                var ofRow: [Position: LeaseNote] = [:]
                let bytes = statement.bytes(1)
                LeaseNotes.read(bytes.span) { note in
                    if log.isCurrent(note.position, in: row) { ofRow[note.position] = note }
                }
                kept.append(contentsOf: ofRow.values)
            }
        }
        // Those of one receive together, which makes them short.
        kept.sort {
            ($0.lastReceivedAt, $0.visibleAt, $0.position) < ($1.lastReceivedAt, $1.visibleAt, $1.position)
        }
        let exists = try self.statement("SELECT 1 FROM message WHERE id = ?1")
        var moved = LeaseNotes(queue: queue)
        for note in kept {
            let isThere = try attempt { () throws(SQLiteError) in
                exists.bind(1, RowKey.make(queue.rawValue, note.position))
                defer { exists.reset() }
                return try exists.step()
            }
            guard isThere else {
                // It was deleted by an older receipt before its last receive was noted.
                effects.deletedMessages[queue, default: []].append(note.position)
                continue
            }
            moved.append(note)
            guard moved.bytes.count >= StoreWriter.movedRowBytes else { continue }
            try keep(moved)
            moved = LeaseNotes(queue: queue)
        }
        if !moved.isEmpty { try keep(moved) }
    }
}
