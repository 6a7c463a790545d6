import EventModel

/// The records of a shard that were read and are not settled, oldest first.
struct RecordBuffer: Sendable {
    private var records: [RecordSummary] = []
    /// Records before this index are gone; they leave the array in bulk.
    private var head = 0
    /// Sum of the encoded bytes.
    private(set) var bytes = 0

    var count: Int { records.count - head }
    var isEmpty: Bool { count == 0 }

    /// The record at this place, 0 for the oldest.
    subscript(index: Int) -> RecordSummary { records[head + index] }

    mutating func append(_ record: RecordSummary) {
        records.append(record)
        bytes += record.encodedBytes
    }

    mutating func removeFirst(_ removed: Int) {
        precondition(removed <= count, "only what is held can be removed")
        for index in head..<head + removed { bytes -= records[index].encodedBytes }
        head += removed
        guard head == records.count || head > 1_024 else { return }
        records.removeFirst(head)
        head = 0
    }

    /// The records at these places; the range holds at least one.
    func span(_ range: Range<Int>) -> RecordSpan {
        RecordSpan(
            first: self[range.lowerBound].position, last: self[range.upperBound - 1].position,
            count: range.count)
    }
}
