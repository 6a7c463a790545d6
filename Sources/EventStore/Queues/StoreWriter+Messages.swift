package import EventModel
import SQLite

// MARK: - Sending

extension StoreWriter {
    /// Stores messages; results are in the order of the entries.
    package func send(_ batch: MessageBatch, to queue: QueueKey) throws(StoreError) -> [SentMessage] {
        let definition = try existing(queue)
        if let fifo = definition.attributes.fifo { return try sendInGroups(batch, to: definition, fifo) }
        guard var tally = queues[queue] else { throw .notFound("The queue") }
        guard !batch.entries.isEmpty else { return [] }
        let statement = try statement(
            """
            INSERT INTO message (id, sent_ms, visible_ms, receive_count, first_received_ms, body_md5, attributes,
                attributes_md5, trace_header, group_id, body)
            VALUES (?1, ?2, ?3, 0, 0, ?4, ?5, ?6, ?7, ?8, ?9)
            """)
        let first = tally.tip + 1
        let sentAt = now.millisecondsSinceEpoch
        try attempt { () throws(SQLiteError) in
            try StoreWriter.withBytes(of: batch) { (bytes, digests) throws(SQLiteError) in
                for (index, entry) in batch.entries.enumerated() {
                    let delay = Int64(entry.delaySeconds ?? definition.attributes.delaySeconds) * 1_000
                    statement.bind(1, RowKey.make(queue.rawValue, first + Int64(index)))
                    statement.bind(2, sentAt)
                    statement.bind(3, delay == 0 ? 0 : sentAt + delay)
                    StoreWriter.bind(entry, index, bytes, digests, to: statement)
                    try statement.run()
                }
            }
        }
        note(delaysOf: batch, in: definition)
        tally.tip += Int64(batch.entries.count)
        tally.messageCount += batch.entries.count
        setQueue(queue, tally)
        effects.grownQueues.insert(queue)
        let moment = now
        return batch.entries.indices.map { index in
            let position = first + Int64(index)
            return SentMessage(
                position: position,
                messageID: MessageID(row: RowKey.make(queue.rawValue, position), secret: secret),
                sentAt: moment)
        }
    }

    /// Lends the arena and, beside it, both digests of each entry as 32 big-endian bytes.
    static func withBytes(
        of batch: MessageBatch,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        var digests: [UInt128] = []
        digests.reserveCapacity(2 * batch.entries.count)
        for entry in batch.entries {
            digests.append(entry.bodyMD5.bigEndian)
            digests.append(entry.attributesMD5.bigEndian)
        }
        // `withUnsafeBytes` rethrows only untyped errors, so the typed one travels in a result.
        let result: Result<Void, SQLiteError> = batch.bytes.withUnsafeBytes { bytes in
            digests.withUnsafeBytes { digests in
                do throws(SQLiteError) {
                    return .success(try body(bytes, digests))
                } catch {
                    return .failure(error)
                }
            }
        }
        try result.get()
    }

    static func bind(
        _ entry: MessageBatch.Entry, _ index: Int, _ bytes: UnsafeRawBufferPointer,
        _ digests: UnsafeRawBufferPointer, to statement: Statement
    ) {
        let digest = 32 * index
        statement.bind(4, borrowing: UnsafeRawBufferPointer(rebasing: digests[digest..<digest + 16]))
        if entry.attributes.isEmpty {
            statement.bindNull(5)
            statement.bindNull(6)
        } else {
            statement.bind(5, borrowing: UnsafeRawBufferPointer(rebasing: bytes[entry.attributes]))
            statement.bind(6, borrowing: UnsafeRawBufferPointer(rebasing: digests[digest + 16..<digest + 32]))
        }
        for (parameter, range) in [(7, entry.traceHeader), (8, entry.groupID)] as [(Int32, Range<Int>)] {
            if range.isEmpty {
                statement.bindNull(parameter)
            } else {
                statement.bind(parameter, borrowing: UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
        }
        statement.bind(9, borrowing: UnsafeRawBufferPointer(rebasing: bytes[entry.body]))
    }

    private func note(delaysOf batch: MessageBatch, in queue: QueueDefinition) {
        for entry in batch.entries {
            let seconds = entry.delaySeconds ?? queue.attributes.delaySeconds
            guard seconds > 0 else { continue }
            effects.delays[queue.key, default: []].append((now + .seconds(seconds)).millisecondsSinceEpoch)
        }
    }
}

// MARK: - Deleting

extension StoreWriter {
    /// Deletes messages; those that are gone already count as deleted.
    ///
    /// `EventStore.delete` also hides them until the commit; use this one inside larger operations, after
    /// `leases.beginDelete`.
    package func delete(_ positions: [Position], from queue: QueueKey) throws(StoreError) {
        _ = try existing(queue)
        guard var tally = queues[queue], !positions.isEmpty else { return }
        let before = connection.totalChanges
        try deleteRows(positions.filter { $0 > tally.floor && $0 <= tally.tip }, of: queue)
        let deleted = Int(connection.totalChanges - before)
        effects.deletedMessages[queue, default: []].append(contentsOf: positions)
        tally.messageCount -= deleted
        if deleted > 0 { tally.mustSave = true }
        setQueue(queue, tally)
    }

    /// Messages are mostly deleted in the order in which they came, and a run of rows goes at half the price.
    func deleteRows(_ positions: [Position], of queue: QueueKey) throws(StoreError) {
        let sorted = positions.sorted()
        let statement = try statement("DELETE FROM message WHERE id >= ?1 AND id <= ?2")
        var start = 0
        try attempt { () throws(SQLiteError) in
            while start < sorted.count {
                var end = start
                while end + 1 < sorted.count, sorted[end + 1] - sorted[end] <= 1 { end += 1 }
                statement.bind(1, RowKey.make(queue.rawValue, sorted[start]))
                statement.bind(2, RowKey.make(queue.rawValue, sorted[end]))
                try statement.run()
                start = end + 1
            }
        }
    }
}

// MARK: - Receiving

extension StoreWriter {
    /// Moves messages whose receive count is spent; ID, body, attributes, sent time and receive count stay.
    ///
    /// In a FIFO queue they count as sent now, as AWS documents it, and their deduplication ID becomes their message ID,
    /// which is told for every message that has none of its own.
    /// - Throws: `.notFound` when one of the queues is gone.
    func moveToDeadLetter(
        _ leases: [LeaseLedger.Lease], from source: QueueKey, to target: QueueKey
    ) throws(StoreError) {
        let sourceARN = try existing(source).arn.description
        let sentAt = try existing(target).isFIFO ? now.millisecondsSinceEpoch : nil
        guard var tally = queues[target] else { throw .notFound("The dead-letter queue") }
        let copy = try statement(
            """
            INSERT INTO message (id, sent_ms, visible_ms, receive_count, first_received_ms, origin, body_md5,
                attributes, attributes_md5, trace_header, group_id, dead_letter_source, arrived_count, body)
            SELECT ?2, coalesce(?6, sent_ms), 0, ?3, ?4, coalesce(origin, id), body_md5, attributes, attributes_md5,
                trace_header, group_id, ?5, ?3, body
            FROM message WHERE id = ?1
            """)
        // A purge leaves the rows to be removed later.
        let floor = queues[source]?.floor ?? 0
        for lease in leases where lease.position > floor {
            let before = connection.totalChanges
            try attempt { () throws(SQLiteError) in
                copy.bind(1, RowKey.make(source.rawValue, lease.position))
                copy.bind(2, RowKey.make(target.rawValue, tally.tip + 1))
                copy.bind(3, Int64(lease.receiveCount))
                copy.bind(4, lease.firstReceivedAt)
                copy.bind(5, sourceARN)
                copy.bind(6, sentAt)
                try copy.run()
            }
            // One that was deleted meanwhile has no row to move.
            guard connection.totalChanges > before else { continue }
            tally.tip += 1
            tally.messageCount += 1
        }
        // Moved messages are older than what the queue holds.
        tally.oldestMilliseconds = 0
        setQueue(target, tally)
        effects.grownQueues.insert(target)
        try delete(leases.map(\.position), from: source)
    }
}
