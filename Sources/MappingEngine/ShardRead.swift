import EventModel
import MappingCore

/// What one read of a shard found.
struct ShardRead {
    /// Of the records that pass: their event JSON with a comma behind each, and what the machine is told.
    var bytes: [UInt8] = []
    var entries: [EncodedRecords.Entry] = []
    var records: [RecordSummary] = []
    /// The lane of each; empty when there is only one lane.
    var lanes: [UInt8] = []
    /// Of all records, those that were filtered out included.
    var lookedAt = 0
    /// Of these, the ones that had not been settled ahead of the checkpoint.
    var polled = 0
    var bytesLookedAt = 0
    var lastArrival: Timestamp?
    var isFull = false
    var filtered: FilteredSample?

    /// With room for so many bytes and records.
    init(bytes: Int, records: Int) {
        self.bytes.reserveCapacity(bytes)
        entries.reserveCapacity(records)
        self.records.reserveCapacity(records)
    }

    /// Counts a record, whether it passes or not.
    mutating func note(_ arrival: Timestamp, bytes: Int) {
        lookedAt += 1
        bytesLookedAt += bytes
        lastArrival = arrival
    }

    mutating func noteFiltered(_ position: Position, _ payload: Span<UInt8>) {
        if filtered == nil { filtered = FilteredSample(first: position, text: SampleText.of(payload)) }
        filtered?.count += 1
        filtered?.last = position
    }
}

/// Records that no filter matched, and how the first of them begins.
struct FilteredSample {
    let first: Position
    var last: Position
    var count = 0
    let text: String

    init(first: Position, text: String) {
        self.first = first
        last = first
        self.text = text
    }
}

enum SampleText {
    /// The beginning of a payload; of one that is no text its length.
    static func of(_ payload: Span<UInt8>) -> String {
        let count = min(payload.count, EngineLimits.filterSampleBytes)
        let bytes = payload.extracting(0..<count).withUnsafeBufferPointer { Array($0) }
        // The cut may have gone through a character.
        for end in stride(from: count, through: max(0, count - 3), by: -1) {
            guard let text = String(validating: bytes[..<end], as: UTF8.self),
                !text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
            else { continue }
            return count < payload.count ? text + "…" : text
        }
        return "\(payload.count) bytes that are no text"
    }
}
