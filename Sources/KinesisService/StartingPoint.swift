import AWSWire
import EventModel
import EventStore

/// Where a reader of a shard is to begin: an iterator, or a subscription.
struct StartingPoint {
    private static let types: [String] = [
        "AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON",
    ]

    private let type: String
    private let sequenceNumber: String?
    private let seconds: Double?
    private let operation: String

    /// Checks the type together with what the caller has noted before.
    ///
    /// - Parameter member: What errors call the type.
    init(
        type: String?, at member: String, sequenceNumber: String?, seconds: Double?, operation: String,
        _ constraints: inout Constraints
    ) throws(AWSError) {
        constraints.required(type != nil, member)
        constraints.choice(type, at: member, Self.types)
        try constraints.check()
        self.type = type ?? ""
        self.sequenceNumber = sequenceNumber
        self.seconds = seconds
        self.operation = operation
    }

    /// The position before the first record that the reader gets.
    func position(
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
            // The number that a closed shard ends with is no record's: there is nothing at it.
            guard position != SequenceNumber.endPosition else { return tip }
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
        let moment = try Timestamp(wireSeconds: seconds)
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
            return position
        }
        if let index = SequenceNumber.shardIndex(of: text), index != shard.index,
            let other = stream.shards.first(where: { $0.index == index })
        {
            throw .invalidArgument(
                "Invalid StartingSequenceNumber. It encodes \(other.id), while it was used in a call to a shard with "
                    + shard.id)
        }
        throw .invalidArgument(
            "StartingSequenceNumber \(text) used in \(operation) on shard \(shard.id) in stream \(stream.name) "
                + "under account \(stream.location.account) is invalid.")
    }
}
