import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func listShards(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let maximum = try arguments.int("MaxResults")
        var constraints = Constraints()
        constraints.range(maximum, at: "maxResults", 1...KinesisLimits.listResults)
        try constraints.check()
        let now = now()
        let (stream, start) = try listStart(arguments, call, now: now)
        let rest = try filtered(stream, arguments)[...].drop { shard in start.map { shard.id <= $0 } ?? false
        }
        let page = rest.prefix(maximum ?? KinesisLimits.listedShards)
        var json = JSONWriter(capacity: 128 + page.count * 320)
        json.beginObject()
        json.key("Shards")
        json.beginArray()
        for shard in page { json.shard(shard, of: stream) }
        json.endArray()
        if page.count < rest.count, let last = page.last {
            json.key("NextToken")
            json.value(ShardListToken(stream: stream.key, last: last.key, createdAt: now).text(store.secret))
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    /// The stream, and the shard after which the list goes on.
    private func listStart(
        _ arguments: CallArguments, _ call: ServiceCall, now: Timestamp
    ) throws(AWSError) -> (StreamDefinition, String?) {
        let isNamed = arguments["StreamName"] != nil || arguments["StreamARN"] != nil
        let start = try arguments.string("ExclusiveStartShardId")
        guard let text = try arguments.string("NextToken") else {
            guard isNamed else {
                throw .invalidArgument("Either NextToken or StreamName should be provided.")
            }
            return (try stream(of: arguments, call), start)
        }
        guard arguments["StreamName"] == nil else {
            throw .invalidArgument("NextToken and StreamName cannot be provided together.")
        }
        guard start == nil else {
            throw .invalidArgument("NextToken and ExclusiveStartShardId cannot be provided together.")
        }
        guard let token = ShardListToken(text, store.secret), let stream = store.catalog.stream(token.stream)
        else { throw .invalidArgument("Invalid NextToken.") }
        guard now - token.createdAt <= KinesisLimits.nextTokenLifetime else {
            throw .expiredToken(created: token.createdAt, now: now)
        }
        return (stream, stream.shard(token.last)?.id)
    }

    private func filtered(
        _ stream: StreamDefinition, _ arguments: CallArguments
    ) throws(AWSError) -> [ShardDefinition] {
        guard let filter = try arguments.object("ShardFilter") else { return stream.shards }
        let type = try filter.string("Type")
        var constraints = Constraints()
        constraints.required(type != nil, "shardFilter.type")
        constraints.choice(
            type, at: "shardFilter.type",
            [
                "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP",
                "FROM_TIMESTAMP",
            ])
        try constraints.check()
        switch type ?? "" {
        case "FROM_TRIM_HORIZON": return stream.shards
        case "AT_LATEST": return stream.shards.filter(\.isOpen)
        case "AFTER_SHARD_ID":
            guard let shardID = try filter.string("ShardId") else {
                throw .invalidArgument("Must specify ShardId for a ShardFilter of type AFTER_SHARD_ID.")
            }
            return stream.shards.filter { $0.id > shardID }
        case let type:
            if type.hasSuffix("TIMESTAMP"), try filter.double("Timestamp") == nil {
                throw .invalidArgument("Must specify Timestamp for a ShardFilter of type \(type).")
            }
            // While no shard is closed, all have been open ever since the stream was made.
            guard stream.shards.allSatisfy(\.isOpen) else {
                throw .notSupported(
                    "Millrace does not support the ShardFilter \(type) of a stream with closed shards yet.")
            }
            return stream.shards
        }
    }
}

/// Where a list of shards goes on; has the form of an iterator and its check.
private struct ShardListToken {
    let stream: StreamKey
    let last: ShardKey
    let createdAt: Timestamp

    /// Stands where iterators have a position, so that neither passes for the other.
    private static let mark: Position = -1

    init(stream: StreamKey, last: ShardKey, createdAt: Timestamp) {
        self.stream = stream
        self.last = last
        self.createdAt = createdAt
    }

    init?(_ text: String, _ secret: UInt64) {
        guard let iterator = ShardIterator(text, secret: secret), iterator.after == Self.mark else {
            return nil
        }
        self.init(stream: iterator.stream, last: iterator.shard, createdAt: iterator.createdAt)
    }

    func text(_ secret: UInt64) -> String {
        ShardIterator(stream: stream, shard: last, after: Self.mark, createdAt: createdAt).text(
            secret: secret)
    }
}
