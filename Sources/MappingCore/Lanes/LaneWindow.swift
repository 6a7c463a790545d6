import EventModel

/// What was read of a shard and lies above its checkpoint, settled or not, in order: the bound of the read-ahead.
struct LaneWindow: Sendable {
    struct Entry: Equatable, Sendable {
        let position: Position
        let encodedBytes: Int32
        let lane: UInt8
    }

    private var entries: [Entry] = []
    /// Entries before this index are gone; they leave the array in bulk.
    private var head = 0
    /// Sum of the encoded bytes.
    private(set) var bytes = 0

    var count: Int { entries.count - head }
    var held: ArraySlice<Entry> { entries[head...] }

    mutating func append(_ record: RecordSummary, lane: Int) {
        entries.append(
            Entry(
                position: record.position, encodedBytes: Int32(clamping: record.encodedBytes),
                lane: UInt8(lane)))
        bytes += record.encodedBytes
    }

    mutating func remove(through position: Position) {
        while head < entries.count, entries[head].position <= position {
            bytes -= Int(entries[head].encodedBytes)
            head += 1
        }
        guard head == entries.count || head > 1_024 else { return }
        entries.removeFirst(head)
        head = 0
    }
}
