import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func getShardIterator(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        guard let shardID = try arguments.string("ShardId") else { throw .nullMember("shardId") }
        guard let type = try arguments.string("ShardIteratorType") else {
            throw .nullMember("shardIteratorType")
        }
        let stream = try Self.tableStream(arguments, store.catalog.snapshot)
        guard let shard = stream.shard(id: shardID) else { throw .shardNotFound }
        let after: Position
        switch type {
        case "TRIM_HORIZON": after = 0
        case "LATEST": after = reader.tip(of: shard.key).position
        case "AT_SEQUENCE_NUMBER": after = try position(before: 1, arguments, shard, stream)
        case "AFTER_SEQUENCE_NUMBER": after = try position(before: 0, arguments, shard, stream)
        default:
            throw .constraint(
                type, "shardIteratorType",
                "Member must satisfy enum value set: "
                    + "[AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]")
        }
        let iterator = ShardIterator(
            streamARN: stream.arn.description, shard: shard.key, after: after, createdAt: now())
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.key("ShardIterator")
        json.value(iterator.text)
        json.endObject()
        call.succeed(json: json.bytes)
    }

    /// The position `distance` before the one that `SequenceNumber` names; 0 is the start of the shard, which the
    /// stream's description names.
    private func position(
        before distance: Position, _ arguments: CallArguments, _ shard: ShardDefinition,
        _ stream: StreamDefinition
    ) throws(AWSError) -> Position {
        guard let text = try arguments.string("SequenceNumber") else {
            throw .validation(
                "SequenceNumber must be specified for ShardIteratorType AT_SEQUENCE_NUMBER and "
                    + "AFTER_SEQUENCE_NUMBER")
        }
        guard let named = SequenceNumber(shard: shard, of: stream).position(of: text) else {
            throw .validation("Invalid SequenceNumber: \(text)")
        }
        guard named > 0 else { return 0 }
        let oldest: Position
        do throws(StoreError) {
            oldest = try reader.firstPosition(in: shard.key) ?? reader.tip(of: shard.key).position + 1
        } catch {
            throw AWSError(storeFailure: error)
        }
        guard named - distance >= oldest - 1 else {
            throw AWSError(
                "TrimmedDataAccessException",
                "The operation attempted to read past the oldest stream record in a shard.")
        }
        return named - distance
    }
}
