import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func getShardIterator(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let shardID = try arguments.string("ShardId")
        var constraints = Constraints()
        constraints.required(shardID != nil, "shardId")
        constraints.name(shardID, at: "shardId")
        let start = try StartingPoint(
            type: arguments.string("ShardIteratorType"), at: "shardIteratorType",
            sequenceNumber: arguments.string("StartingSequenceNumber"),
            seconds: arguments.double("Timestamp"), operation: call.operation, &constraints)
        let stream = try stream(of: arguments, call)
        guard let shard = shardID.flatMap({ stream.shard(id: $0) }) else {
            throw .shardNotFound(shardID ?? "", stream)
        }
        let now = now()
        let after = try start.position(in: shard, of: stream, reader, now: now)
        if try arguments.bool("DryRun") ?? false { throw .dryRun }
        guard throttle?.makeIterator(of: shard.key, now: now) ?? true else {
            throw .rateExceeded(shard.id, stream)
        }
        let iterator = ShardIterator(stream: stream.key, shard: shard.key, after: after, createdAt: now)
        var json = JSONWriter()
        json.beginObject()
        json.key("ShardIterator")
        json.value(iterator.text(secret: store.secret))
        json.endObject()
        call.succeed(json: json.bytes)
    }
}
