/// Writes and reads the sequence numbers of one shard; nothing is stored, everything is derived from positions.
///
/// Kinesis: hexadecimal `2` · creation second (9) · low digit of the shard's index (1) · position (16) · `00` ·
/// arrival second (9) · shard index (8) · `2`, written as a decimal number (spec: sources-api.md B2).
/// Table streams: ten digits of the shard's creation second, then eighteen of the position.
package struct SequenceNumber: Equatable, Sendable {
    private let isKinesis: Bool
    private let creationSecond: UInt64
    private let shardIndex: UInt64

    package init(shard: ShardDefinition, of stream: StreamDefinition) {
        self.init(shard: shard, kind: stream.kind)
    }

    package init(shard: ShardDefinition, kind: StreamDefinition.Kind) {
        switch kind {
        case .kinesis: isKinesis = true
        case .table: isKinesis = false
        }
        creationSecond = UInt64(max(0, shard.createdAt.millisecondsSinceEpoch / 1_000))
        shardIndex = UInt64(shard.index)
    }

    /// The position that stands for "after everything" in a closed shard's ending sequence number.
    package static let endPosition = Position(0x7fff_ffff_ffff_ffff)

    /// Appends the number's digits without making a string.
    package func append(_ position: Position, arrival: Timestamp, to out: inout [UInt8]) {
        fatalError("pending")
    }

    package func text(_ position: Position, arrival: Timestamp) -> String {
        var bytes: [UInt8] = []
        append(position, arrival: arrival, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The position that a text stands for; `nil` when it is no sequence number of this shard.
    package func position(of text: some StringProtocol) -> Position? {
        fatalError("pending")
    }

    /// The shard's index in a Kinesis sequence number, for error texts; `nil` when it is none.
    package static func shardIndex(of text: some StringProtocol) -> Int? {
        fatalError("pending")
    }
}
