package import EventModel
import SQLite

// Splits, merges and roll-overs. Each is one operation: the parents take no record behind it, and the next record of
// the same group already goes to the children. Closing tells the observers, although no record came.

extension StoreWriter {
    /// Splits an open shard in two.
    ///
    /// - Parameter hashKey: The first of the right child; inside the shard's range, but not its first key.
    /// - Returns: The stream as it is then; the children are its last two shards, the left one first.
    /// - Throws: `.notFound` for stream or shard, `.conflict` when the shard is closed or the key is not inside it,
    ///   `.limit` when shard keys are spent.
    package func splitShard(
        _ shard: ShardKey, of key: StreamKey, at hashKey: UInt128
    ) throws(StoreError) -> StreamDefinition {
        let (stream, place) = try openShard(shard, of: key)
        let range = stream.shards[place].hashKeys
        guard range.contains(hashKey), hashKey > range.start else {
            throw .conflict("Hash key \(hashKey) does not split shard \(stream.shards[place].id).")
        }
        var draft = try draft(of: stream, newShards: 2)
        draft.split(place, at: hashKey)
        return try keep(draft)
    }

    /// Merges two open shards whose hash key ranges touch.
    ///
    /// - Parameters:
    ///   - shard: Becomes the child's `parent`.
    ///   - adjacent: Becomes its `adjacentParent`.
    /// - Returns: The stream as it is then; the child is its last shard.
    /// - Throws: `.notFound` for stream or shard, `.conflict` when a shard is closed or they do not touch, `.limit`
    ///   when shard keys are spent.
    package func mergeShards(
        _ shard: ShardKey, with adjacent: ShardKey, of key: StreamKey
    ) throws(StoreError) -> StreamDefinition {
        let (stream, place) = try openShard(shard, of: key)
        let (_, other) = try openShard(adjacent, of: key)
        guard stream.shards[place].hashKeys.touches(stream.shards[other].hashKeys) else {
            throw .conflict("Shards \(stream.shards[place].id) and \(stream.shards[other].id) do not touch.")
        }
        var draft = try draft(of: stream, newShards: 1)
        draft.merge(place, with: other)
        return try keep(draft)
    }

    /// Splits and merges until the stream has `count` open shards over even ranges; short-lived shards come and close
    /// on the way.
    ///
    /// Nothing changes when it has them already. The bounds of `UpdateShardCount` are the caller's to check.
    /// - Throws: `.notFound` for the stream, `.conflict` when it has no open shards, `.limit` when keys are spent.
    package func updateShardCount(of key: StreamKey, to count: Int) throws(StoreError) -> StreamDefinition {
        guard let stream = definitions.streams[key] else { throw .notFound("The stream") }
        let places = stream.shards.indices.filter { stream.shards[$0].isOpen }
            .sorted { stream.shards[$0].hashKeys.start < stream.shards[$1].hashKeys.start }
        guard !places.isEmpty, count > 0 else {
            throw .conflict("Stream \(stream.name) has no open shards.")
        }
        let steps = UniformResharding.steps(from: places.map { stream.shards[$0].hashKeys }, to: count)
        guard !steps.isEmpty else { return stream }
        let made = steps.reduce(0) { sum, step in
            switch step {
            case .split: sum + 2
            case .merge: sum + 1
            }
        }
        var draft = try draft(of: stream, newShards: made)
        // Pieces behind the given ones are the draft's new shards, in the same order.
        let place = { (piece: Int) in
            piece < places.count ? places[piece] : stream.shards.count + piece - places.count
        }
        for step in steps {
            switch step {
            case .split(let piece, let hashKey): draft.split(place(piece), at: hashKey)
            case .merge(let left, let right): draft.merge(place(left), with: place(right))
            }
        }
        return try keep(draft)
    }

    /// Closes an open shard and goes on in one child with the same hash keys, as table streams do now and then.
    ///
    /// - Returns: The stream as it is then; the child is its last shard.
    /// - Throws: `.notFound` for stream or shard, `.conflict` when the shard is closed, `.limit` when keys are spent.
    package func rollOverShard(_ shard: ShardKey, of key: StreamKey) throws(StoreError) -> StreamDefinition {
        let (stream, place) = try openShard(shard, of: key)
        var draft = try draft(of: stream, newShards: 1)
        draft.rollOver(place)
        return try keep(draft)
    }

    /// Changes how long records are kept; what a longer time finds trimmed stays trimmed.
    ///
    /// - Parameter hours: 24...8,760.
    package func setRetention(_ hours: Int, of key: StreamKey) throws(StoreError) -> StreamDefinition {
        guard var stream = definitions.streams[key] else { throw .notFound("The stream") }
        stream.retentionHours = hours
        let changed = stream
        try run("UPDATE stream SET settings = ?2 WHERE key = ?1") { statement in
            statement.bind(1, key.rawValue)
            statement.bind(2, StreamCodec.text(changed))
        }
        changeDefinitions { $0.put(changed) }
        return stream
    }
}

// MARK: - Drafts

extension StoreWriter {
    private func openShard(
        _ shard: ShardKey, of key: StreamKey
    ) throws(StoreError) -> (stream: StreamDefinition, place: Int) {
        guard let stream = definitions.streams[key] else { throw .notFound("The stream") }
        guard let place = stream.place(of: shard) else {
            throw .notFound("The shard")
        }
        guard stream.shards[place].isOpen else {
            throw .conflict("Shard \(stream.shards[place].id) of stream \(stream.name) is closed.")
        }
        return (stream, place)
    }

    private func draft(of stream: StreamDefinition, newShards: Int) throws(StoreError) -> ReshardDraft {
        let first = try nextKeyIsFree(in: "shard")
        guard first + Int64(newShards) - 1 <= StoreLimits.largestKey else {
            throw .limit("The data directory has given out its \(StoreLimits.largestKey) keys for a shard.")
        }
        var endings: [ShardKey: Position] = [:]
        for shard in stream.shards where shard.isOpen { endings[shard.key] = shards[shard.key]?.position }
        return ReshardDraft(stream, firstKey: first, endings: endings, now: now)
    }

    private func keep(_ draft: ReshardDraft) throws(StoreError) -> StreamDefinition {
        for place in draft.closed { try close(draft.stream.shards[place]) }
        for shard in draft.newShards {
            try insert(shard, of: draft.stream.key.rawValue)
            setShard(
                shard.key,
                ShardState(
                    position: 0, arrivalMilliseconds: 0, trimmed: 0,
                    closedMilliseconds: shard.isOpen ? nil : now.millisecondsSinceEpoch))
        }
        changeDefinitions { $0.put(draft.stream) }
        return draft.stream
    }

    /// Writes the end of a shard, which its definition tells already.
    func close(_ shard: ShardDefinition) throws(StoreError) {
        try run("UPDATE shard SET ending_position = ?2 WHERE key = ?1") { statement in
            statement.bind(1, shard.key.rawValue)
            statement.bind(2, shard.endingPosition)
        }
        guard var state = shards[shard.key] else { return }
        state.closedMilliseconds = now.millisecondsSinceEpoch
        setShard(shard.key, state)
        effects.closedShards.insert(shard.key)
    }
}

// MARK: - Time

extension StoreWriter {
    /// Closed shards that are forgotten in one step.
    private static let shardsPerStep = 500

    /// Forgets closed shards whose records are all past retention, with the places that mappings have in them; false
    /// when there are none. The shards of a disabled stream stay until the stream goes.
    func forgetExpiredShards(of key: StreamKey) throws(StoreError) -> Bool {
        guard var stream = definitions.streams[key], stream.isEnabled else { return false }
        let cutoff = now.millisecondsSinceEpoch - Int64(stream.retentionHours) * 3_600_000
        var expired: Set<ShardKey> = []
        for shard in stream.shards where !shard.isOpen && expired.count < StoreWriter.shardsPerStep {
            guard let state = shards[shard.key], let closed = state.closedMilliseconds, closed <= cutoff,
                state.position == state.trimmed
            else { continue }
            expired.insert(shard.key)
        }
        guard !expired.isEmpty else { return false }
        stream.shards.removeAll { expired.contains($0.key) }
        for shard in expired {
            try run("DELETE FROM shard WHERE key = ?1") { $0.bind(1, shard.rawValue) }
            setShard(shard, nil)
            effects.removedShards.append(shard)
        }
        try forgetProgress(in: Array(expired), of: stream)
        let rest = stream
        changeDefinitions { definitions in
            for shard in expired { definitions.streamOfShard[shard] = nil }
            definitions.put(rest)
        }
        return true
    }

    /// Goes on in a new shard when a table stream's open one has been written to and is old enough.
    ///
    /// An idle table keeps its shard: shard keys are never used twice, and a reader would learn nothing.
    func rollOverIfOld(_ key: StreamKey) throws(StoreError) {
        guard let stream = definitions.streams[key], case .table = stream.kind, stream.isEnabled,
            let shard = stream.shards.last(where: \.isOpen), now - shard.createdAt >= tableShardLifetime,
            let state = shards[shard.key], state.position > 0
        else { return }
        do throws(StoreError) {
            _ = try rollOverShard(shard.key, of: key)
        } catch {
            // Without keys the old shard goes on, which loses nothing.
            guard case .limit = error else { throw error }
        }
    }

    /// Removes the checkpoints of a stream's mappings in shards that are gone.
    func forgetProgress(in gone: [ShardKey], of stream: StreamDefinition) throws(StoreError) {
        for mapping in definitions.mappings.values {
            guard catalog.stream(read: mapping.source)?.key == stream.key,
                let key = definitions.mappingKeys[mapping.id]
            else { continue }
            for shard in gone {
                let id = CheckpointKey.make(key, shard)
                try run("DELETE FROM checkpoint WHERE id = ?1") { $0.bind(1, id) }
                try run("DELETE FROM settled_ahead WHERE id = ?1") { $0.bind(1, id) }
                try run("DELETE FROM open_window WHERE id = ?1") { $0.bind(1, id) }
            }
        }
    }
}
