import AWSWire
import ByteCoding
import EventModel
import EventStore

extension KinesisService {
    func getShardIterator(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let request = try IteratorRequest(arguments)
        let stream = try stream(of: arguments, call)
        guard let shard = stream.shard(id: request.shardID) else {
            throw .shardNotFound(request.shardID, stream)
        }
        let now = now()
        let after = try request.start(in: shard, of: stream, reader, now: now)
        let iterator = ShardIterator(stream: stream.key, shard: shard.key, after: after, createdAt: now)
        var json = JSONWriter()
        json.beginObject()
        json.key("ShardIterator")
        json.value(iterator.text(secret: store.secret))
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

/// Where an iterator is to begin.
private struct IteratorRequest {
    private static let types: [String] = [
        "AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON",
    ]

    let shardID: String
    private let type: String
    private let sequenceNumber: String?
    private let seconds: Double?

    init(_ arguments: CallArguments) throws(AWSError) {
        let shardID = try arguments.string("ShardId")
        let type = try arguments.string("ShardIteratorType")
        var constraints = Constraints()
        constraints.required(shardID != nil, "shardId")
        constraints.name(shardID, at: "shardId")
        constraints.required(type != nil, "shardIteratorType")
        constraints.choice(type, at: "shardIteratorType", Self.types)
        try constraints.check()
        self.shardID = shardID ?? ""
        self.type = type ?? ""
        sequenceNumber = try arguments.string("StartingSequenceNumber")
        seconds = try arguments.double("Timestamp")
    }

    /// The position before the first record that the iterator will return.
    func start(
        in shard: ShardDefinition, of stream: StreamDefinition, _ reader: StoreReader, now: Timestamp
    ) throws(AWSError) -> Position {
        let tip = reader.tip(of: shard.key).position
        let takesNumber = type == "AT_SEQUENCE_NUMBER" || type == "AFTER_SEQUENCE_NUMBER"
        guard takesNumber == (sequenceNumber != nil) else { throw misplacedNumber }
        switch type {
        case "TRIM_HORIZON": return 0
        case "LATEST": return tip
        case "AT_TIMESTAMP":
            let moment = try moment(now: now)
            do throws(StoreError) {
                // Nothing that late yet: begin with what is written next.
                return try reader.firstPosition(at: moment, in: shard.key).map { $0 - 1 } ?? tip
            } catch {
                throw error.wireError
            }
        default:
            let position = try position(in: shard, of: stream, tip: tip)
            return type == "AT_SEQUENCE_NUMBER" ? max(0, position - 1) : position
        }
    }

    private var misplacedNumber: AWSError {
        let also = sequenceNumber == nil ? "no StartingSequenceNumber" : "also a StartingSequenceNumber"
        return .invalidArgument(
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "
                + "(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified \(type) and \(also)."
        )
    }

    private func moment(now: Timestamp) throws(AWSError) -> Timestamp {
        guard let seconds else {
            throw .invalidArgument(
                "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                    + "Current request has no timestamp parameter.")
        }
        // The bound keeps the conversion from trapping; it is far behind any clock.
        guard seconds.isFinite, abs(seconds) < 1e12 else { throw .serialization("Timestamp is out of range") }
        let moment = Timestamp(millisecondsSinceEpoch: Int64((seconds * 1_000).rounded()))
        guard moment <= now else {
            throw .invalidArgument(
                "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
                    + "timestampInMillis: \(moment.millisecondsSinceEpoch), "
                    + "currentTimestampInMillis: \(now.millisecondsSinceEpoch)")
        }
        return moment
    }

    private func position(
        in shard: ShardDefinition, of stream: StreamDefinition, tip: Position
    ) throws(AWSError) -> Position {
        let text = sequenceNumber ?? ""
        let numbers = SequenceNumber(shard: shard, of: stream)
        if let position = numbers.position(of: text),
            position <= tip || position == SequenceNumber.endPosition
        {
            return min(position, tip)
        }
        if let index = SequenceNumber.shardIndex(of: text), index != shard.index,
            let other = stream.shards.first(where: { $0.index == index })
        {
            throw .invalidArgument(
                "Invalid StartingSequenceNumber. It encodes \(other.id), while it was used in a call to a shard with "
                    + shard.id)
        }
        throw .invalidArgument(
            "StartingSequenceNumber \(text) used in GetShardIterator on shard \(shard.id) in stream \(stream.name) "
                + "under account \(stream.location.account) is invalid.")
    }
}
