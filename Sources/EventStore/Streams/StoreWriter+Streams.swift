package import EventModel
import SQLite

// MARK: - Streams

extension StoreWriter {
    /// Creates a Kinesis stream with `shardCount` open shards over even hash key ranges.
    ///
    /// - Throws: `.conflict` when a stream of that name exists, `.limit` when shard keys are spent.
    package func createStream(
        name: String, location: Location, isOnDemand: Bool, shardCount: Int, retentionHours: Int,
        settings: StreamSettings = StreamSettings()
    ) throws(StoreError) -> StreamDefinition {
        guard catalog.stream(named: name, in: location) == nil else {
            throw .conflict("Stream \(name) exists already.")
        }
        let ranges = HashKeyRange.even(count: shardCount)
        let seeds = ranges.enumerated().map { index, range in
            ShardSeed(index: index, id: ShardName.kinesis(index), hashKeys: range)
        }
        return try makeStream(
            name: name, location: location, kind: .kinesis(isOnDemand: isOnDemand),
            retentionHours: retentionHours, seeds: seeds, settings: settings)
    }

    struct ShardSeed {
        let index: Int
        let id: String
        let hashKeys: HashKeyRange
    }

    func makeStream(
        name: String, location: Location, kind: StreamDefinition.Kind, retentionHours: Int,
        seeds: [ShardSeed],
        settings: StreamSettings = StreamSettings()
    ) throws(StoreError) -> StreamDefinition {
        let firstShard = try nextKeyIsFree(in: "shard")
        guard firstShard + Int64(seeds.count) - 1 <= StoreLimits.largestKey else {
            throw .limit("The data directory has given out its \(StoreLimits.largestKey) keys for a shard.")
        }
        var stream = StreamDefinition(
            key: StreamKey(rawValue: 0), name: name, location: location, kind: kind, createdAt: now,
            retentionHours: retentionHours, isEnabled: true, shards: [], settings: settings)
        let text = StreamCodec.text(stream)
        let createdAt = now
        let row = try insert(
            "INSERT INTO stream (account, region, name, settings, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
        ) { statement in
            statement.bind(1, location.account)
            statement.bind(2, location.region)
            statement.bind(3, name)
            statement.bind(4, text)
            statement.bind(5, createdAt.millisecondsSinceEpoch)
        }
        var shards: [ShardDefinition] = []
        for (offset, seed) in seeds.enumerated() {
            let shard = ShardDefinition(
                key: ShardKey(rawValue: firstShard + Int64(offset)), index: seed.index, id: seed.id,
                hashKeys: seed.hashKeys, createdAt: now)
            try insert(shard, of: row)
            shards.append(shard)
        }
        stream = StreamDefinition(
            key: StreamKey(rawValue: row), name: name, location: location, kind: kind, createdAt: now,
            retentionHours: retentionHours, isEnabled: true, shards: shards, settings: settings)
        let made = stream
        changeDefinitions { $0.put(made) }
        for shard in shards {
            setShard(shard.key, ShardState(position: 0, arrivalMilliseconds: 0, trimmed: 0))
        }
        return stream
    }

    func insert(_ shard: ShardDefinition, of stream: Int64) throws(StoreError) {
        try run(
            """
            INSERT INTO shard (key, stream, number, id, parent, adjacent_parent, hash_start, hash_end, created_ms,
                ending_position)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """
        ) { statement in
            statement.bind(1, shard.key.rawValue)
            statement.bind(2, stream)
            statement.bind(3, Int64(shard.index))
            statement.bind(4, shard.id)
            statement.bind(5, shard.parent?.rawValue)
            statement.bind(6, shard.adjacentParent?.rawValue)
            statement.bind(7, String(shard.hashKeys.start))
            statement.bind(8, String(shard.hashKeys.end))
            statement.bind(9, shard.createdAt.millisecondsSinceEpoch)
            statement.bind(10, shard.endingPosition)
        }
    }

    /// Deletes a stream of either kind; its records are gone at once, their space returns in the background.
    package func deleteStream(_ key: StreamKey) throws(StoreError) {
        guard let stream = definitions.streams[key] else { throw .notFound("The stream") }
        try run("DELETE FROM stream WHERE key = ?1") { $0.bind(1, key.rawValue) }
        try run("DELETE FROM shard WHERE stream = ?1") { $0.bind(1, key.rawValue) }
        for shard in stream.shards {
            if let state = shards[shard.key], state.position > state.trimmed {
                try erase(
                    .records, RowKey.first(shard.key.rawValue),
                    RowKey.make(shard.key.rawValue, state.position))
            }
            setShard(shard.key, nil)
            effects.removedShards.append(shard.key)
        }
        try forgetProgress(in: stream.shards.map(\.key), of: stream)
        changeDefinitions { $0.remove(stream) }
    }

    /// Closes a stream's shards and ends its writing.
    func closeStream(_ key: StreamKey) throws(StoreError) -> StreamDefinition {
        guard var stream = definitions.streams[key] else { throw .notFound("The stream") }
        for index in stream.shards.indices where stream.shards[index].isOpen {
            stream.shards[index].endingPosition = shards[stream.shards[index].key]?.position ?? 0
            try close(stream.shards[index])
        }
        stream.isEnabled = false
        let closed = stream
        let moment = now
        try run("UPDATE stream SET settings = ?2, disabled_ms = ?3 WHERE key = ?1") { statement in
            statement.bind(1, key.rawValue)
            statement.bind(2, StreamCodec.text(closed))
            statement.bind(3, moment.millisecondsSinceEpoch)
        }
        changeDefinitions { definitions in
            definitions.put(closed)
            definitions.disabledAt[key] = moment
        }
        return closed
    }
}
