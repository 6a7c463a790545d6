import EventModel
import SQLite

/// Where the walk over all queues and shards in search of what retention ends has come to.
struct RetentionLap {
    var queues: [QueueKey] = []
    var shards: [ShardKey] = []
    /// Disabled streams.
    var streams: [StreamKey] = []
    /// Streams of tables, which roll over.
    var tables: [StreamKey] = []
    /// Streams with closed shards.
    var lineages: [StreamKey] = []

    var isAtEnd: Bool {
        queues.isEmpty && shards.isEmpty && streams.isEmpty && tables.isEmpty && lineages.isEmpty
    }
}

extension StoreWriter {
    /// Queues and shards looked at in one step of the lap; each costs one seek at most.
    private static let lapStep = 64
    /// Rows removed in one step, so that a group behind it waits for a few milliseconds only.
    private static let rowsPerStep: Int64 = 500

    var hasErasures: Bool { !erasures.isEmpty }

    /// Removes some rows of things that are gone, in the current group.
    func eraseStep() throws(StoreError) {
        guard let erasure = erasures.first else { return }
        let before = connection.totalChanges
        switch erasure.kind {
        case .messages:
            try removeFirst(
                """
                DELETE FROM message WHERE id >= ?1 AND id <= (
                    SELECT max(id) FROM (SELECT id FROM message WHERE id >= ?1 AND id <= ?2 ORDER BY id LIMIT ?3))
                """, erasure)
        case .records:
            try removeFirst(
                """
                DELETE FROM stream_record WHERE id >= ?1 AND id <= (
                    SELECT max(id) FROM (
                        SELECT id FROM stream_record WHERE id >= ?1 AND id <= ?2 ORDER BY id LIMIT ?3))
                """, erasure)
        case .leases:
            try removeFirst(
                """
                DELETE FROM lease WHERE id >= ?1 AND id <= (
                    SELECT max(id) FROM (SELECT id FROM lease WHERE id >= ?1 AND id <= ?2 ORDER BY id LIMIT ?3))
                """, erasure)
        case .deduplications:
            try removeFirst(
                """
                DELETE FROM deduplication WHERE id >= ?1 AND id <= (
                    SELECT max(id) FROM (
                        SELECT id FROM deduplication WHERE id >= ?1 AND id <= ?2 ORDER BY id LIMIT ?3))
                """, erasure)
        case .items:
            try removeFirst(
                """
                DELETE FROM item WHERE item_table >= ?1 AND item_table <= ?2 AND key <= (
                    SELECT max(key) FROM (SELECT key FROM item WHERE item_table = ?1 ORDER BY key LIMIT ?3))
                """, erasure)
        }
        guard connection.totalChanges == before else { return }
        try run("DELETE FROM erasure WHERE id = ?1") { $0.bind(1, erasure.id) }
        setErasures(erasures.filter { $0 != erasure })
    }

    private func removeFirst(_ sql: StaticString, _ erasure: Erasure) throws(StoreError) {
        try run(sql) { statement in
            statement.bind(1, erasure.first)
            statement.bind(2, erasure.last)
            statement.bind(3, StoreWriter.rowsPerStep)
        }
    }

    /// Begins a new walk over everything that retention may end.
    func beginLap() {
        lap = RetentionLap(
            queues: queues.keys.sorted(), shards: shards.keys.sorted(),
            streams: Array(definitions.disabledAt.keys))
        for (key, stream) in definitions.streams where stream.isEnabled {
            if case .table = stream.kind { lap.tables.append(key) }
            if stream.shards.contains(where: { !$0.isOpen }) { lap.lineages.append(key) }
        }
    }

    /// Goes one step on the walk, in the current group.
    ///
    /// - Returns: True when something was removed, so that more may be found at once.
    func lapStep() throws(StoreError) -> Bool {
        var removed = false
        for _ in 0..<StoreWriter.lapStep {
            if let queue = lap.queues.last {
                removed = try trim(queue)
                if !removed { removed = try forgetOldDeduplications(of: queue) }
                if !removed { lap.queues.removeLast() }
            } else if let shard = lap.shards.last {
                if try trim(shard) { removed = true } else { lap.shards.removeLast() }
            } else if let stream = lap.streams.popLast() {
                try endDisabled(stream)
            } else if let stream = lap.tables.popLast() {
                try rollOverIfOld(stream)
            } else if let stream = lap.lineages.last {
                if try forgetExpiredShards(of: stream) { removed = true } else { lap.lineages.removeLast() }
            } else {
                break
            }
            if removed { break }
        }
        return removed
    }

    /// A disabled table stream goes when its records have gone.
    private func endDisabled(_ key: StreamKey) throws(StoreError) {
        guard let moment = definitions.disabledAt[key], now - moment >= Limits.tableStreamRetention else {
            return
        }
        try deleteStream(key)
    }
}

// MARK: - Retention

extension StoreWriter {
    /// Removes up to a step's worth of messages past retention from the head of a queue; false when there are none.
    ///
    /// A dead-letter queue keeps messages in the order in which they came to it, with the time of their first
    /// sending; one that is past retention behind a younger one is not received, and goes when the younger one went.
    private func trim(_ key: QueueKey) throws(StoreError) -> Bool {
        guard let queue = definitions.queues[key], var tally = queues[key], tally.messageCount > 0 else {
            return false
        }
        let cutoff = now.millisecondsSinceEpoch - Int64(queue.attributes.retentionSeconds) * 1_000
        guard tally.oldestMilliseconds <= cutoff else { return false }
        let found = try expired(
            "SELECT id, sent_ms FROM message WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
            after: RowKey.make(key.rawValue, tally.floor), upTo: RowKey.make(key.rawValue, tally.tip),
            cutoff: cutoff)
        guard let last = found.last else {
            noteOldest(of: key, found.oldestKept)
            return false
        }
        let before = connection.totalChanges
        try run("DELETE FROM message WHERE id > ?1 AND id <= ?2") { statement in
            statement.bind(1, RowKey.make(key.rawValue, tally.floor))
            statement.bind(2, last)
        }
        tally.messageCount -= Int(connection.totalChanges - before)
        tally.mustSave = true
        tally.oldestMilliseconds = 0
        setQueue(key, tally)
        let isPurge = effects.raisedFloors[key]?.isPurge ?? false
        effects.raisedFloors[key] = RaisedFloor(position: RowKey.position(last), isPurge: isPurge)
        return true
    }

    private func trim(_ key: ShardKey) throws(StoreError) -> Bool {
        guard let streamKey = definitions.streamOfShard[key], let stream = definitions.streams[streamKey],
            var state = shards[key], state.position > state.trimmed
        else { return false }
        let cutoff = now.millisecondsSinceEpoch - Int64(stream.retentionHours) * 3_600_000
        guard state.oldestMilliseconds <= cutoff else { return false }
        let found = try expired(
            "SELECT id, arrival_ms FROM stream_record WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
            after: RowKey.make(key.rawValue, state.trimmed), upTo: RowKey.make(key.rawValue, state.position),
            cutoff: cutoff)
        guard let last = found.last else {
            noteOldest(of: key, found.oldestKept)
            return false
        }
        try run("DELETE FROM stream_record WHERE id > ?1 AND id <= ?2") { statement in
            statement.bind(1, RowKey.make(key.rawValue, state.trimmed))
            statement.bind(2, last)
        }
        state.trimmed = RowKey.position(last)
        state.oldestMilliseconds = 0
        // Positions go on from here even when no row is left to tell them.
        let kept = state
        try run("UPDATE shard SET trimmed_position = ?2, trimmed_ms = ?3 WHERE key = ?1") { statement in
            statement.bind(1, key.rawValue)
            statement.bind(2, kept.trimmed)
            statement.bind(3, kept.arrivalMilliseconds)
        }
        setShard(key, state)
        return true
    }

    /// The last row of the expired ones at the head, and when the first one behind them came (0 for unknown).
    private func expired(
        _ sql: StaticString, after: Int64, upTo: Int64, cutoff: Int64
    ) throws(StoreError) -> (last: Int64?, oldestKept: Int64) {
        let statement = try statement(sql)
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, after)
            statement.bind(2, upTo)
            statement.bind(3, StoreWriter.rowsPerStep)
            defer { statement.reset() }
            var last: Int64?
            while try statement.step() {
                guard statement.int(1) <= cutoff else { return (last, statement.int(1)) }
                last = statement.int(0)
            }
            return (last, 0)
        }
    }
}
