import AWSWire
import ByteCoding
import EventModel

/// A place in one shard of a table's stream, as text: `<stream ARN>|1|<base64>`.
struct ShardIterator: Equatable, Sendable {
    let streamARN: String
    let shard: ShardKey
    /// Records after this position come next.
    let after: Position
    let createdAt: Timestamp

    private static let separator = "|1|"

    var text: String {
        var bytes: [UInt8] = []
        for value in [shard.rawValue, after, createdAt.millisecondsSinceEpoch] {
            for shift in stride(from: Int64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        return streamARN + Self.separator + Base64.encode(bytes)
    }

    init(streamARN: String, shard: ShardKey, after: Position, createdAt: Timestamp) {
        self.streamARN = streamARN
        self.shard = shard
        self.after = after
        self.createdAt = createdAt
    }

    /// - Throws: DynamoDB's error for a text that is no iterator.
    init(parsing text: String) throws(AWSError) {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "1", let bytes = Base64.decode(String(parts[2])),
            bytes.count == 24
        else { throw .validation("Invalid ShardIterator: \(text)") }
        let values = stride(from: 0, to: 24, by: 8).map { start in
            bytes[start..<(start + 8)].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        guard values.allSatisfy({ $0 >= 0 }) else { throw .validation("Invalid ShardIterator: \(text)") }
        self.init(
            streamARN: String(parts[0]), shard: ShardKey(rawValue: values[0]), after: values[1],
            createdAt: Timestamp(millisecondsSinceEpoch: values[2]))
    }

    /// - Throws: `ExpiredIteratorException` 15 minutes after the iterator was made.
    func checkAge(now: Timestamp) throws(AWSError) {
        guard now - createdAt > Limits.tableStreamIteratorLifetime else { return }
        throw AWSError(
            "ExpiredIteratorException",
            "Iterator expired. The iterator was created at time \(createdAt.iso8601Milliseconds) while right now "
                + "it is \(now.iso8601Milliseconds) which is further in the future than the tolerated delay of "
                + "\(Limits.tableStreamIteratorLifetime.wholeMilliseconds) milliseconds.")
    }
}
