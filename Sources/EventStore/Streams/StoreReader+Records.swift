package import EventModel
import SQLite

extension StoreReader {
    /// Visits a shard's records in order, without copying them. Records past retention are passed over.
    ///
    /// - Parameters:
    ///   - after: The position before the first record wanted; 0 for the oldest one kept.
    ///   - limit: At least 1.
    ///   - maxBytes: Stops before the record whose partition key and payload would exceed it, but visits at least one.
    ///   - visit: Position, arrival, partition key, payload; spans are valid during the call. False stops after it.
    /// - Returns: The last position visited or passed over, to go on after; `after` when there was nothing.
    package func records(
        in shard: ShardKey, after: Position, limit: Int, maxBytes: Int,
        _ visit: (Position, Timestamp, Span<UInt8>, Span<UInt8>) -> Bool
    ) throws(StoreError) -> Position {
        let tip = store.tips[shard].position
        guard after < tip, let oldest = oldestArrival(in: shard) else { return after }
        let statement = try statement(
            "SELECT id, arrival_ms, partition_key, payload FROM stream_record WHERE id > ?1 AND id <= ?2 ORDER BY id"
        )
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, RowKey.make(shard.rawValue, after))
            statement.bind(2, RowKey.make(shard.rawValue, tip))
            defer { statement.reset() }
            var last = after
            var count = 0
            var bytes = 0
            while count < limit {
                // What is missing before the tip has been trimmed.
                guard try statement.step() else { return tip }
                let arrival = statement.int(1)
                guard arrival > oldest else {
                    last = RowKey.position(statement.int(0))
                    continue
                }
                let partitionKey = statement.bytes(2)
                let payload = statement.bytes(3)
                bytes += partitionKey.count + payload.count
                if bytes > maxBytes, count > 0 { break }
                last = RowKey.position(statement.int(0))
                count += 1
                let goesOn = visit(
                    last, Timestamp(millisecondsSinceEpoch: arrival), partitionKey.span, payload.span)
                if !goesOn { break }
            }
            return last
        }
    }

    /// The last committed record; position 0 when there never was one.
    package func tip(of shard: ShardKey) -> ShardTip { store.tips[shard] }

    /// The oldest record that retention keeps; `nil` when there is none.
    package func firstPosition(in shard: ShardKey) throws(StoreError) -> Position? {
        guard let oldest = oldestArrival(in: shard) else { return nil }
        return try firstPosition(at: Timestamp(millisecondsSinceEpoch: oldest + 1), in: shard)
    }

    /// The first record that arrived at or after a moment; `nil` when there is none yet.
    package func firstPosition(at moment: Timestamp, in shard: ShardKey) throws(StoreError) -> Position? {
        guard let oldest = oldestArrival(in: shard) else { return nil }
        let wanted = max(moment.millisecondsSinceEpoch, oldest + 1)
        let tip = store.tips[shard]
        guard tip.position > 0, tip.arrival.millisecondsSinceEpoch >= wanted,
            var low = try firstRow(in: shard, after: 0)
        else { return nil }
        // Positions have no gaps behind the first row, and arrivals never fall, so halving finds the place.
        var high = tip.position
        while low < high {
            let middle = low + (high - low) / 2
            guard let arrival = try arrival(of: middle, in: shard) else {
                // Retention has removed rows since the first one was looked up.
                low = middle + 1
                continue
            }
            if arrival.millisecondsSinceEpoch >= wanted { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// When a record arrived; `nil` when it is trimmed or not there yet.
    package func arrival(of position: Position, in shard: ShardKey) throws(StoreError) -> Timestamp? {
        let statement = try statement("SELECT arrival_ms FROM stream_record WHERE id = ?1")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, RowKey.make(shard.rawValue, position))
            defer { statement.reset() }
            return try statement.step() ? Timestamp(millisecondsSinceEpoch: statement.int(0)) : nil
        }
    }

    private func firstRow(in shard: ShardKey, after position: Position) throws(StoreError) -> Position? {
        let statement = try statement(
            "SELECT id FROM stream_record WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 1")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, RowKey.make(shard.rawValue, position))
            statement.bind(2, RowKey.last(shard.rawValue))
            defer { statement.reset() }
            return try statement.step() ? RowKey.position(statement.int(0)) : nil
        }
    }

    /// Records that arrived at or before it are past retention; `nil` when the shard is gone.
    private func oldestArrival(in shard: ShardKey) -> Int64? {
        store.catalog.stream(of: shard).map {
            store.now().millisecondsSinceEpoch - Int64($0.retentionHours) * 3_600_000
        }
    }
}
