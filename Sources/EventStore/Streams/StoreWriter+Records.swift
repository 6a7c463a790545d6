package import EventModel
import SQLite

extension StoreWriter {
    /// Stores records; results are in the order of the entries, and all become visible at once.
    ///
    /// - Throws: `.conflict` when an entry's shard is closed, `.notFound` when it is of another stream.
    package func append(_ batch: RecordBatch, to stream: StreamKey) throws(StoreError) -> [AppendedRecord] {
        guard let definition = definitions.streams[stream] else { throw .notFound("The stream") }
        let (appended, states) = try places(of: batch, in: definition)
        let statement = try statement(
            "INSERT INTO stream_record (id, arrival_ms, partition_key, payload) VALUES (?1, ?2, ?3, ?4)")
        let result: Result<Void, StoreError> = batch.bytes.withUnsafeBytes { bytes in
            do throws(StoreError) {
                return .success(
                    try attempt { () throws(SQLiteError) in
                        for (entry, place) in zip(batch.entries, appended) {
                            statement.bind(1, RowKey.make(place.shard.rawValue, place.position))
                            statement.bind(2, place.arrival.millisecondsSinceEpoch)
                            statement.bind(
                                3, borrowing: UnsafeRawBufferPointer(rebasing: bytes[entry.partitionKey]))
                            statement.bind(
                                4, borrowing: UnsafeRawBufferPointer(rebasing: bytes[entry.payload]))
                            try statement.run()
                        }
                    })
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        for (shard, state) in states { setShard(shard, state) }
        return appended
    }

    /// Gives each record its position and arrival, without writing anything.
    private func places(
        of batch: RecordBatch, in stream: StreamDefinition
    ) throws(StoreError) -> ([AppendedRecord], [ShardKey: ShardState]) {
        var states: [ShardKey: ShardState] = [:]
        var appended: [AppendedRecord] = []
        appended.reserveCapacity(batch.entries.count)
        for entry in batch.entries {
            var state: ShardState
            if let known = states[entry.shard] {
                state = known
            } else {
                state = try writableState(of: entry.shard, in: stream)
            }
            state.position += 1
            state.arrivalMilliseconds = max(state.arrivalMilliseconds, now.millisecondsSinceEpoch)
            states[entry.shard] = state
            appended.append(
                AppendedRecord(
                    shard: entry.shard, position: state.position,
                    arrival: Timestamp(millisecondsSinceEpoch: state.arrivalMilliseconds)))
        }
        return (appended, states)
    }

    private func writableState(of key: ShardKey, in stream: StreamDefinition) throws(StoreError) -> ShardState
    {
        guard definitions.streamOfShard[key] == stream.key, let state = shards[key] else {
            throw .notFound("The shard")
        }
        // Shards of a stream get rising keys, so its place can be guessed; a search is the exception.
        let offset = Int(key.rawValue - (stream.shards.first?.key.rawValue ?? 0))
        let guessed = stream.shards.indices.contains(offset) ? stream.shards[offset] : nil
        guard let shard = guessed?.key == key ? guessed : stream.shard(key) else {
            throw .notFound("The shard")
        }
        guard shard.isOpen else { throw .conflict("Shard \(shard.id) of stream \(stream.name) is closed.") }
        return state
    }
}
