package import EventModel

/// What a machine has to know of a stream record; its bytes stay with the shell.
package struct RecordSummary: Equatable, Sendable {
    package let position: Position
    package let arrival: Timestamp
    /// Bytes of the record's JSON inside the event's `Records` list, without the comma between two records.
    package let encodedBytes: Int

    package init(position: Position, arrival: Timestamp, encodedBytes: Int) {
        self.position = position
        self.arrival = arrival
        self.encodedBytes = encodedBytes
    }
}

/// Consecutive records of one shard: what one batch carries.
///
/// Positions between `first` and `last` may be missing (filtered or trimmed), so `count` is stated beside them.
package struct RecordSpan: Equatable, Sendable {
    package let first: Position
    package let last: Position
    /// At least 1.
    package let count: Int

    package init(first: Position, last: Position, count: Int) {
        precondition(count > 0 && first <= last, "a span holds at least one record")
        self.first = first
        self.last = last
        self.count = count
    }
}
