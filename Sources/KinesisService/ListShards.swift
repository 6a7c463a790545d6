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
        constraints.name(try arguments.string("ExclusiveStartShardId"), at: "exclusiveStartShardId")
        try constraints.check()
        let now = now()
        let list = try ShardListing(arguments, call, self, now: now)
        let rest = list.stream.shards.filter { shard in
            list.filter.lists(shard, of: list.stream, now: now) && list.start.map { shard.id > $0 } ?? true
        }
        let page = rest.prefix(maximum ?? KinesisLimits.listedShards)
        var json = JSONWriter(capacity: 128 + page.count * 320)
        json.beginObject()
        json.key("Shards")
        json.beginArray()
        for shard in page { json.shard(shard, of: list.stream) }
        json.endArray()
        if page.count < rest.count, let last = page.last {
            let token = PageToken(
                list: .shards, stream: list.stream.key, createdAt: now,
                fields: [last.id, list.filter.text])
            json.key("NextToken")
            json.value(token.text(store.secret))
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

/// What a call of ListShards lists: a stream, which of its shards, and behind which of them.
private struct ShardListing {
    let stream: StreamDefinition
    let filter: ShardFilter
    let start: String?

    init(
        _ arguments: CallArguments, _ call: ServiceCall, _ service: KinesisService, now: Timestamp
    ) throws(AWSError) {
        let given = try arguments.object("ShardFilter")
        let start = try arguments.string("ExclusiveStartShardId")
        guard let text = try arguments.string("NextToken") else {
            guard arguments["StreamName"] != nil || arguments["StreamARN"] != nil else {
                throw .invalidArgument("Either NextToken or StreamName should be provided.")
            }
            stream = try service.stream(of: arguments, call)
            try service.checkCreation(of: stream, arguments.double("StreamCreationTimestamp"))
            filter = try given.map { given throws(AWSError) in try ShardFilter(given) } ?? .fromTrimHorizon
            self.start = start
            return
        }
        for name in ["StreamName", "StreamCreationTimestamp", "ExclusiveStartShardId", "ShardFilter"]
        where arguments[name] != nil {
            throw .invalidArgument("NextToken and \(name) cannot be provided together.")
        }
        let token = try PageToken(text, of: .shards, service.store.secret, now: now)
        guard let stream = service.store.catalog.stream(token.stream), token.fields.count == 2,
            let filter = ShardFilter(text: token.fields[1])
        else { throw .invalidArgument("Invalid NextToken.") }
        self.stream = stream
        self.filter = filter
        self.start = token.fields[0]
    }
}
