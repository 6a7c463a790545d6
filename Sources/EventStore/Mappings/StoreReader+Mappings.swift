package import EventModel
import SQLite

// MARK: - Checkpoints

extension StoreReader {
    /// The last settled position; `nil` when the mapping never started in the shard.
    package func checkpoint(of mapping: String, in shard: ShardKey) throws(StoreError) -> Position? {
        guard let key = store.catalog.snapshot.mappingKey(mapping) else { return nil }
        let statement = try statement("SELECT position FROM checkpoint WHERE id = ?1")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, CheckpointKey.make(key, shard))
            defer { statement.reset() }
            return try statement.step() ? statement.int(0) : nil
        }
    }

    /// All checkpoints of a mapping; empty when it is gone.
    package func checkpoints(of mapping: String) throws(StoreError) -> [ShardKey: Position] {
        guard let key = store.catalog.snapshot.mappingKey(mapping) else { return [:] }
        let statement = try statement("SELECT id, position FROM checkpoint WHERE id >= ?1 AND id <= ?2")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, CheckpointKey.first(key))
            statement.bind(2, CheckpointKey.last(key))
            defer { statement.reset() }
            var found: [ShardKey: Position] = [:]
            while try statement.step() { found[CheckpointKey.shard(statement.int(0))] = statement.int(1) }
            return found
        }
    }
}

// MARK: - Decisions and discards

extension StoreReader {
    /// The newest decisions of a mapping, newest first.
    package func decisions(of mapping: String, limit: Int) throws(StoreError) -> [Decision] {
        guard let key = store.catalog.snapshot.mappingKey(mapping) else { return [] }
        let rows = try statement(
            """
            SELECT at_ms, shard, kind, first_position, last_position, record_count, request_id, detail
            FROM decision WHERE id >= ?1 AND id <= ?2 ORDER BY id DESC LIMIT ?3
            """)
        return try storeErrors { () throws(SQLiteError) in
            rows.bind(1, RowKey.first(key))
            rows.bind(2, RowKey.last(key))
            rows.bind(3, Int64(limit))
            defer { rows.reset() }
            var found: [Decision] = []
            while try rows.step() {
                found.append(
                    Decision(
                        mappingID: mapping, at: Timestamp(millisecondsSinceEpoch: rows.int(0)),
                        shard: rows.isNull(1) ? nil : ShardKey(rawValue: rows.int(1)), kind: rows.text(2),
                        first: rows.int(3), last: rows.int(4), recordCount: Int(rows.int(5)),
                        requestID: rows.text(6), detail: rows.text(7)))
            }
            return found
        }
    }

    /// Discards, newest first, of one mapping or of all; with `before`, those with smaller IDs.
    package func discards(
        of mapping: String? = nil, before id: Int64? = nil, limit: Int
    ) throws(StoreError) -> [Discard] {
        let rows = try statement(
            """
            SELECT id, mapping_id, shard, facts, error_payload, log_tail, payload FROM discard
            WHERE id < ?1 AND (?2 IS NULL OR mapping_id = ?2) ORDER BY id DESC LIMIT ?3
            """)
        rows.bind(1, id ?? .max)
        rows.bind(2, mapping)
        rows.bind(3, Int64(limit))
        return try discards(rows)
    }

    package func discard(_ id: Int64) throws(StoreError) -> Discard? {
        let rows = try statement(
            "SELECT id, mapping_id, shard, facts, error_payload, log_tail, payload FROM discard WHERE id = ?1"
        )
        rows.bind(1, id)
        return try discards(rows).first
    }

    private func discards(_ rows: Statement) throws(StoreError) -> [Discard] {
        defer { rows.reset() }
        var found: [Discard] = []
        while try storeErrors({ () throws(SQLiteError) in try rows.step() }) {
            found.append(
                try DiscardCodec.discard(
                    id: rows.int(0), mappingID: rows.text(1), shard: ShardKey(rawValue: rows.int(2)),
                    facts: rows.text(3), errorPayload: rows.array(4), logTail: rows.array(5),
                    payload: rows.array(6)))
        }
        return found
    }
}
