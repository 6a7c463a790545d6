import Digest
import EventModel
import SQLite

// MARK: - Sending

extension StoreWriter {
    /// Stores the messages of a batch that no message of the last five minutes shares its deduplication ID with.
    ///
    /// - Throws: `.conflict` for a message without group or deduplication ID, `.limit` when too many IDs are remembered.
    func sendInGroups(
        _ batch: MessageBatch, to queue: QueueDefinition, _ settings: FIFOSettings
    ) throws(StoreError) -> [SentMessage] {
        guard var tally = queues[queue.key] else { throw .notFound("The queue") }
        guard batch.entries.allSatisfy({ !$0.groupID.isEmpty && !$0.deduplicationID.isEmpty }) else {
            throw .conflict("A FIFO queue takes only messages with a message group and a deduplication ID.")
        }
        let moment = now.millisecondsSinceEpoch
        deduplication.expire(queue.key, now: moment)
        guard deduplication.count + batch.entries.count <= DeduplicationHistory.limit else {
            throw .limit("As many deduplication IDs are remembered as may be. Wait for up to five minutes.")
        }
        let first = tally.tip + 1
        var keys: [UInt8] = []
        var stored: [Int] = []
        let sent = batch.entries.indices.map { index in
            let position = first + Int64(stored.count)
            let known = admit(batch, index, to: queue.key, settings.deduplicationScope, position, &keys)
            if known == nil { stored.append(index) }
            let kept = known?.position ?? position
            return SentMessage(
                position: kept,
                messageID: MessageID(row: RowKey.make(queue.key.rawValue, kept), secret: secret),
                sentAt: known.map { Timestamp(millisecondsSinceEpoch: $0.sentAt) } ?? now,
                isDuplicate: known != nil)
        }
        guard !stored.isEmpty else { return sent }
        try store(batch, stored, from: RowKey.make(queue.key.rawValue, first))
        let scope = settings.deduplicationScope
        try run("INSERT INTO deduplication (id, sent_ms, scope, keys) VALUES (?1, ?2, ?3, ?4)") { statement in
            statement.bind(1, RowKey.make(queue.key.rawValue, first))
            statement.bind(2, moment)
            statement.bind(3, scope == .queue ? Int64(0) : 1)
            statement.bind(4, keys)
        }
        tally.tip += Int64(stored.count)
        tally.messageCount += stored.count
        setQueue(queue.key, tally)
        effects.grownQueues.insert(queue.key)
        effects.groupedSends[queue.key, default: 0] += stored.count
        return sent
    }

    /// Looks for the message that this one repeats; remembers it when there is none.
    private func admit(
        _ batch: MessageBatch, _ index: Int, to queue: QueueKey, _ scope: FIFOSettings.DeduplicationScope,
        _ position: Position, _ keys: inout [UInt8]
    ) -> DeduplicationTable.Record? {
        let entry = batch.entries[index]
        let key = deduplicationKey(of: entry, batch.bytes, scope)
        if let known = deduplication.find(key, in: queue) { return known }
        // What was seen before the scope was changed stays blocked (recorded on AWS).
        let other: FIFOSettings.DeduplicationScope = scope == .queue ? .messageGroup : .queue
        if deduplication.has(other, in: queue) {
            let key = deduplicationKey(of: entry, batch.bytes, other)
            if let known = deduplication.find(key, in: queue) { return known }
        }
        deduplication.append(
            .init(key: key, position: position, sentAt: now.millisecondsSinceEpoch, scope: scope), in: queue)
        withUnsafeBytes(of: key.bigEndian) { keys.append(contentsOf: $0) }
        return nil
    }

    /// A digest of the ID, with the group before it where that is the scope; neither holds a zero byte.
    private func deduplicationKey(
        of entry: MessageBatch.Entry, _ bytes: [UInt8], _ scope: FIFOSettings.DeduplicationScope
    ) -> UInt128 {
        guard scope == .messageGroup else {
            return publishing.hasher.hash(bytes.span.extracting(entry.deduplicationID)).value
        }
        var text: [UInt8] = []
        text.reserveCapacity(entry.groupID.count + 1 + entry.deduplicationID.count)
        text.append(contentsOf: bytes[entry.groupID])
        text.append(0)
        text.append(contentsOf: bytes[entry.deduplicationID])
        return publishing.hasher.hash(text).value
    }

    private func store(_ batch: MessageBatch, _ indices: [Int], from first: Int64) throws(StoreError) {
        let statement = try statement(
            """
            INSERT INTO message (id, sent_ms, visible_ms, receive_count, first_received_ms, body_md5, attributes,
                attributes_md5, trace_header, group_id, body, deduplication_id)
            VALUES (?1, ?2, ?3, 0, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """)
        let sentAt = now.millisecondsSinceEpoch
        try attempt { () throws(SQLiteError) in
            try StoreWriter.withBytes(of: batch) { (bytes, digests) throws(SQLiteError) in
                for (offset, index) in indices.enumerated() {
                    let entry = batch.entries[index]
                    statement.bind(1, first + Int64(offset))
                    statement.bind(2, sentAt)
                    // The queue's delay counts from the sending, as it is when somebody looks.
                    statement.bind(3, Int64(0))
                    StoreWriter.bind(entry, index, bytes, digests, to: statement)
                    statement.bind(
                        10, borrowing: UnsafeRawBufferPointer(rebasing: bytes[entry.deduplicationID]))
                    try statement.run()
                }
            }
        }
    }
}

// MARK: - Deleting

extension StoreWriter {
    /// Deletes messages that `beginDelete` accepted, and those that it did not know, unless their rows are there.
    ///
    /// - Returns: Leases of messages that are there: they were in flight before the store was opened, and are no longer.
    func delete(_ deletion: GroupLedger.Deletion, from queue: QueueKey) throws(StoreError) -> [MessageLease] {
        _ = try existing(queue)
        var refused: [MessageLease] = []
        if !deletion.unread.isEmpty {
            let statement = try statement("SELECT 1 FROM message WHERE id = ?1")
            try attempt { () throws(SQLiteError) in
                for lease in deletion.unread {
                    statement.bind(1, RowKey.make(queue.rawValue, lease.position))
                    if try statement.step() { refused.append(lease) }
                    statement.reset()
                }
            }
        }
        try delete(deletion.accepted, from: queue)
        return refused
    }
}

// MARK: - Old deduplication IDs

extension StoreWriter {
    /// Batches of IDs removed in one step, so that a group behind it waits for a few milliseconds only.
    private static let batchesPerStep: Int64 = 500

    /// Removes rows whose IDs are no longer remembered; true when something was removed, so that there may be more.
    func forgetOldDeduplications(of queue: QueueKey) throws(StoreError) -> Bool {
        guard let tally = queues[queue], definitions.queues[queue]?.isFIFO == true else { return false }
        deduplication.expire(queue, now: now.millisecondsSinceEpoch)
        let before = connection.totalChanges
        let bound = try firstNeededDeduplication(of: queue, tally)
        try run(
            """
            DELETE FROM deduplication WHERE id >= ?1 AND id <= (
                SELECT max(id) FROM (SELECT id FROM deduplication WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3))
            """
        ) { statement in
            statement.bind(1, RowKey.first(queue.rawValue))
            statement.bind(2, bound)
            statement.bind(3, StoreWriter.batchesPerStep)
        }
        return connection.totalChanges > before
    }
}

extension StoreWriter {
    /// The row with the first ID that is remembered: a row is named by the first message of its batch, and goes when all
    /// of them are forgotten.
    private func firstNeededDeduplication(
        of queue: QueueKey, _ tally: QueueTally
    ) throws(StoreError) -> Int64 {
        guard let first = deduplication.tables[queue]?.firstPosition else {
            return RowKey.make(queue.rawValue, tally.tip + 1)
        }
        let statement = try statement("SELECT max(id) FROM deduplication WHERE id >= ?1 AND id <= ?2")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, RowKey.first(queue.rawValue))
            statement.bind(2, RowKey.make(queue.rawValue, first))
            defer { statement.reset() }
            return try statement.step() ? statement.int(0) : 0
        }
    }
}

// MARK: - Opening

extension LoadedState {
    /// The IDs of the last five minutes, read from the end, because what is older may not have been removed yet.
    mutating func loadDeduplications(_ connection: Connection, _ now: Int64) throws(SQLiteError) {
        let rows = try connection.prepare(
            """
            SELECT id, sent_ms, scope, keys FROM deduplication WHERE id > ?1 AND id <= ?2 ORDER BY id DESC
            """)
        var tables: [QueueKey: DeduplicationTable] = [:]
        for (key, definition) in definitions.queues where definition.isFIFO {
            guard let tally = queues[key] else { continue }
            var batches:
                [(first: Position, sentAt: Int64, scope: FIFOSettings.DeduplicationScope, keys: [UInt8])] =
                    []
            rows.bind(1, RowKey.make(key.rawValue, tally.floor))
            rows.bind(2, RowKey.last(key.rawValue))
            while try rows.step(), rows.int(1) + DeduplicationTable.memory > now {
                batches.append(
                    (
                        RowKey.position(rows.int(0)), rows.int(1), rows.int(2) == 0 ? .queue : .messageGroup,
                        rows.array(3)
                    ))
            }
            rows.reset()
            var table = DeduplicationTable()
            for batch in batches.reversed() {
                for (offset, start) in stride(from: 0, to: batch.keys.count - 15, by: 16).enumerated() {
                    let key = batch.keys[start..<start + 16].reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
                    table.append(
                        .init(
                            key: key, position: batch.first + Int64(offset), sentAt: batch.sentAt,
                            scope: batch.scope))
                }
            }
            tables[key] = table
        }
        deduplication = DeduplicationHistory(tables)
    }

    mutating func makeLedgers(_ connection: Connection, _ now: Int64) throws(SQLiteError) {
        for (key, tally) in queues {
            guard let queue = definitions.queues[key], queue.isFIFO else {
                ledgers[key] = LeaseLedger(tally)
                continue
            }
            var ledger = GroupLedger(tally, queue)
            try countDelayed(&ledger, queue, connection, now)
            groupLedgers[key] = ledger
        }
    }

    /// Counts what was sent so lately that the queue's delay holds it back.
    private func countDelayed(
        _ ledger: inout GroupLedger, _ queue: QueueDefinition, _ connection: Connection, _ now: Int64
    ) throws(SQLiteError) {
        let delay = Int64(queue.attributes.delaySeconds) * 1_000
        guard delay > 0 else { return }
        let rows = try connection.prepare(
            "SELECT sent_ms, receive_count FROM message WHERE id > ?1 AND id <= ?2 ORDER BY id DESC")
        rows.bind(1, RowKey.make(queue.key.rawValue, ledger.floor))
        rows.bind(2, RowKey.make(queue.key.rawValue, ledger.tip))
        while try rows.step(), rows.int(0) + delay > now {
            if rows.int(1) == 0 { ledger.committedSends(1, at: rows.int(0)) }
        }
    }
}
