import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func describeStream(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let limit = try Self.streamsLimit(arguments, most: 100)
        let catalog = store.catalog.snapshot
        let stream = try Self.tableStream(arguments, catalog)
        guard case .table(let tableKey, _, let view, _) = stream.kind else {
            throw .streamNotFound(stream.arn.description)
        }
        let shards = try Self.shards(of: stream, arguments)
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("StreamDescription")
        json.beginObject()
        stream.encodeIdentity(to: &json)
        json.key("StreamStatus")
        json.value(stream.isEnabled ? "ENABLED" : "DISABLED")
        json.key("StreamViewType")
        json.value(view.rawValue)
        json.key("CreationRequestDateTime")
        json.value(thousandths: stream.createdAt.millisecondsSinceEpoch)
        // A deleted table's schema is gone, its stream stays for a day.
        if let table = catalog.table(tableKey) {
            TableDefinition.encode(keySchema: table.keyAttributes, to: &json)
        }
        json.key("Shards")
        json.beginArray()
        for shard in shards.prefix(limit) { Self.encode(shard, of: stream, to: &json) }
        json.endArray()
        if shards.count > limit {
            json.key("LastEvaluatedShardId")
            json.value(shards[limit - 1].id)
        }
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }

    private static func shards(
        of stream: StreamDefinition, _ arguments: CallArguments
    ) throws(AWSError) -> [ShardDefinition] {
        var shards = stream.shards
        if let filter = try arguments.object("ShardFilter") {
            guard try filter.string("Type") == "CHILD_SHARDS", let id = try filter.string("ShardId") else {
                throw .validation("ShardFilter must have Type CHILD_SHARDS and a ShardId")
            }
            guard let parent = stream.shard(id: id) else { throw .shardNotFound }
            shards = shards.filter { $0.parent == parent.key }
        }
        if let start = try arguments.string("ExclusiveStartShardId") {
            guard let index = shards.firstIndex(where: { $0.id == start }) else { throw .shardNotFound }
            shards.removeFirst(index + 1)
        }
        return shards
    }

    private static func encode(
        _ shard: ShardDefinition, of stream: StreamDefinition, to json: inout JSONWriter
    ) {
        let numbers = SequenceNumber(shard: shard, of: stream)
        json.beginObject()
        json.key("ShardId")
        json.value(shard.id)
        json.key("SequenceNumberRange")
        json.beginObject()
        json.key("StartingSequenceNumber")
        json.value(numbers.text(0, arrival: shard.createdAt))
        if let end = shard.endingPosition {
            json.key("EndingSequenceNumber")
            json.value(numbers.text(end, arrival: shard.createdAt))
        }
        json.endObject()
        if let parent = shard.parent.flatMap({ stream.shard($0) }) {
            json.key("ParentShardId")
            json.value(parent.id)
        }
        json.endObject()
    }
}

extension AWSError {
    static var shardNotFound: AWSError {
        AWSError("ResourceNotFoundException", "Requested resource not found: Shard does not exist")
    }
}
