import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func getRecords(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let limit = try arguments.int("Limit")
        let text = try arguments.string("ShardIterator")
        var constraints = Constraints()
        constraints.required(text != nil, "shardIterator")
        constraints.range(limit, at: "limit", 1...KinesisLimits.listResults)
        try constraints.check()
        let now = now()
        guard let iterator = ShardIterator(text ?? "", secret: store.secret), iterator.after >= 0 else {
            throw .invalidArgument("Invalid ShardIterator.")
        }
        guard !iterator.isExpired(at: now) else {
            throw .expiredIterator(created: iterator.createdAt, now: now)
        }
        guard let stream = store.catalog.stream(iterator.stream) else {
            throw AWSError("ResourceNotFoundException", "The stream of this iterator does not exist.")
        }
        guard let shard = stream.shard(iterator.shard) else {
            throw AWSError(
                "ResourceNotFoundException",
                "The shard of this iterator in stream \(stream.name) under account "
                    + "\(stream.location.account) does not exist any more: all its records are past retention."
            )
        }
        if try arguments.bool("DryRun") ?? false { throw .dryRun }
        guard throttle?.read(from: shard.key, now: now) ?? true else { throw .rateExceeded(shard.id, stream) }
        let page = try RecordPage(
            of: shard, in: stream, after: iterator.after, limit: limit ?? KinesisLimits.listResults,
            maxBytes: KinesisLimits.readBytes, reader)
        throttle?.noteRead(page.bytes, from: shard.key)
        var json = page.json
        if page.isAtEnd {
            json.childShards(of: shard, in: stream)
        } else {
            let following = ShardIterator(
                stream: iterator.stream, shard: iterator.shard, after: page.last, createdAt: now)
            json.key("NextShardIterator")
            json.value(following.text(secret: store.secret))
        }
        json.key("MillisBehindLatest")
        json.value(page.millisecondsBehind(now: now))
        json.endObject()
        call.succeed(json: json.bytes)
    }
}
