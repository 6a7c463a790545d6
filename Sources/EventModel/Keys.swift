/// The small integer that stands for a queue inside the store, 1..<2^19; never reused.
package struct QueueKey: Hashable, Comparable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: QueueKey, right: QueueKey) -> Bool { left.rawValue < right.rawValue }
}

/// The small integer that stands for a stream (of Kinesis or of a table) inside the store; never reused.
package struct StreamKey: Hashable, Comparable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: StreamKey, right: StreamKey) -> Bool { left.rawValue < right.rawValue }
}

/// The small integer that stands for a shard inside the store, unique over all streams, 1..<2^19; never reused.
package struct ShardKey: Hashable, Comparable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: ShardKey, right: ShardKey) -> Bool { left.rawValue < right.rawValue }
}

/// The small integer that stands for a table inside the store; never reused.
package struct TableKey: Hashable, Comparable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: TableKey, right: TableKey) -> Bool { left.rawValue < right.rawValue }
}

/// A record's place in its shard: 1 for the first, one more for each next; 0 stands for "before the first".
///
/// Inside Millrace positions replace sequence numbers, which are derived from them (`SequenceNumber`).
package typealias Position = Int64
