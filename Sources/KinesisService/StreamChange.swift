import AWSWire
import EventModel
import EventStore

/// One change of a Kinesis stream that was checked against the stream as it is.
enum StreamChange: Equatable, Sendable {
    case split(ShardKey, at: UInt128)
    case merge(ShardKey, with: ShardKey)
    case shardCount(Int)
    case retention(hours: Int)
}

extension KinesisService {
    /// Checks a stream on the writer thread, as the operations before have left it, and changes it there and then.
    ///
    /// A change is whole when it is answered: the stream is `ACTIVE` before and after (decision 0050).
    /// - Parameters:
    ///   - check: What to change, or AWS's error; nothing has changed then.
    ///   - answer: Called with the stream as it was before.
    func change(
        _ stream: StreamDefinition, _ call: ServiceCall,
        _ check: @escaping @Sendable (StreamDefinition) throws(AWSError) -> StreamChange,
        then answer: @escaping @Sendable (StreamDefinition) -> Void
    ) {
        submit(call) { writer throws(StoreError) -> Result<StreamDefinition, AWSError> in
            guard let current = writer.catalog.stream(stream.key) else {
                return .failure(.streamNotFound(stream.name, stream.location.account))
            }
            let change: StreamChange
            do throws(AWSError) { change = try check(current) } catch { return .failure(error) }
            switch change {
            case .split(let shard, let hashKey):
                _ = try writer.splitShard(shard, of: current.key, at: hashKey)
            case .merge(let shard, let adjacent):
                _ = try writer.mergeShards(shard, with: adjacent, of: current.key)
            case .shardCount(let count): _ = try writer.updateShardCount(of: current.key, to: count)
            case .retention(let hours): _ = try writer.setRetention(hours, of: current.key)
            }
            return .success(current)
        } then: { result in
            switch result {
            case .success(let before): answer(before)
            case .failure(let error): call.fail(error)
            }
        }
    }
}

extension StreamDefinition {
    /// An open shard that a call names for a split or a merge, in a stream whose shards its owner provides.
    func reshardable(_ shardID: String) throws(AWSError) -> ShardDefinition {
        guard let shard = shard(id: shardID) else { throw .noSuchShard(shardID, self) }
        guard shard.isOpen else { throw .alreadyResharded(shardID, self) }
        return shard
    }

    func checkProvisioned() throws(AWSError) {
        if case .kinesis(isOnDemand: true) = kind { throw .isOnDemand(self) }
    }

    func checkRoom(forShards more: Int) throws(AWSError) {
        guard shards.count(where: \.isOpen) + more <= KinesisLimits.shardsOfStream else {
            throw .shardLimit(more, location)
        }
    }
}

// MARK: - AWS's words

extension AWSError {
    static func noSuchShard(_ shardID: String, _ stream: StreamDefinition) -> AWSError {
        AWSError("ResourceNotFoundException", "Could not find shard \(shardID) in \(place(stream)).")
    }

    static func alreadyResharded(_ shardID: String, _ stream: StreamDefinition) -> AWSError {
        .invalidArgument(
            "Shard \(shardID) in \(place(stream)) has already been merged or split, and thus is not eligible for "
                + "merging or splitting.")
    }

    static func isOnDemand(_ stream: StreamDefinition) -> AWSError {
        AWSError(
            "ValidationException",
            "Request is invalid. Stream \(stream.name) under account \(stream.location.account) is in On-Demand mode."
        )
    }

    static func badSplit(_ hashKey: String, _ shard: ShardDefinition, _ stream: StreamDefinition) -> AWSError
    {
        .invalidArgument(
            "NewStartingHashKey \(hashKey) used in SplitShard() on shard \(shard.id) in \(place(stream)) is not both "
                + "greater than one plus the shard's StartingHashKey \(shard.hashKeys.start) and less than the "
                + "shard's EndingHashKey \(shard.hashKeys.end).")
    }

    static func notAdjacent(_ first: String, _ second: String, _ stream: StreamDefinition) -> AWSError {
        .invalidArgument(
            "Shards \(first) and \(second) in \(place(stream)) are not an adjacent pair of shards eligible for "
                + "merging")
    }

    private static func place(_ stream: StreamDefinition) -> String {
        "stream \(stream.name) under account \(stream.location.account)"
    }
}
