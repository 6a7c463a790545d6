package import EventModel

/// The records of one shard that are fetched and not yet settled, as the JSON that handlers will receive.
///
/// A record is encoded once, when it is fetched. Batches, retries, suffixes and bisected halves are runs of
/// neighbouring records, so each of them is a slice of these bytes.
package struct EncodedRecords {
    /// One fetch: `{…},{…},{…},` and where each record lies in it.
    fileprivate struct Chunk {
        let bytes: [UInt8]
        let entries: [Entry]
    }

    package struct Entry: Equatable {
        package let position: Position
        package let arrival: Timestamp
        /// Where the record starts in its chunk, and where its closing brace ends; a comma follows.
        let start: Int
        let end: Int
        /// The lane that its key leads to.
        let lane: UInt8

        package init(position: Position, arrival: Timestamp, start: Int, end: Int, lane: UInt8 = 0) {
            self.position = position
            self.arrival = arrival
            self.start = start
            self.end = end
            self.lane = lane
        }

        fileprivate func isIn(_ wanted: Int?) -> Bool { wanted.map { $0 == Int(lane) } ?? true }
    }

    private var chunks: [Chunk] = []

    package init() {}

    package var isEmpty: Bool { chunks.isEmpty }

    /// Bytes held, for the bounds of the buffer and for tests.
    package var byteCount: Int { chunks.reduce(0) { $0 + $1.bytes.count } }

    package mutating func append(bytes: [UInt8], entries: [Entry]) {
        guard let first = entries.first else { return }
        if let last = chunks.last?.entries.last {
            precondition(first.position > last.position, "records are fetched in order")
        }
        chunks.append(Chunk(bytes: bytes, entries: entries))
    }

    /// Forgets the chunks that hold nothing behind the given position.
    package mutating func release(through position: Position) {
        let kept = chunks.firstIndex { ($0.entries.last?.position ?? 0) > position } ?? chunks.count
        if kept > 0 { chunks.removeFirst(kept) }
    }

    package mutating func removeAll() {
        chunks.removeAll()
    }

    /// The bytes of a lane's records from one to another, commas between them and none behind the last.
    ///
    /// A run of neighbours is one slice of what was fetched. Where records of other lanes lie between, short pieces are
    /// copied together, because many tiny slices cost more than the copy.
    ///
    /// - Parameter lane: `nil` for all lanes.
    package func slices(
        from first: Position, through last: Position, lane: Int? = nil
    ) -> [ArraySlice<UInt8>] {
        var pieces = EventPieces()
        for chunk in chunks {
            guard let range = chunk.indices(from: first, through: last) else { continue }
            guard let lane else {
                let end = chunk.entries[range.upperBound - 1].end
                pieces.append(chunk.bytes[chunk.entries[range.lowerBound].start...end])
                continue
            }
            var index = range.lowerBound
            while index < range.upperBound {
                let start = index
                while index < range.upperBound, chunk.entries[index].isIn(lane) { index += 1 }
                if index > start {
                    pieces.append(chunk.bytes[chunk.entries[start].start...chunk.entries[index - 1].end])
                }
                while index < range.upperBound, !chunk.entries[index].isIn(lane) { index += 1 }
            }
        }
        return pieces.finish()
    }

    /// Positions and arrivals of a lane's records from one to another; `nil` for all lanes.
    package func entries(from first: Position, through last: Position, lane: Int? = nil) -> [Entry] {
        var found: [Entry] = []
        for chunk in chunks {
            guard let range = chunk.indices(from: first, through: last) else { continue }
            found.append(contentsOf: chunk.entries[range].lazy.filter { $0.isIn(lane) })
        }
        return found
    }

    /// How many of the held records lie behind `floor`, up to and with `position`; `nil` for all lanes.
    package func count(through position: Position, after floor: Position, lane: Int? = nil) -> Int {
        guard position > floor else { return 0 }
        if let lane { return entries(from: floor + 1, through: position, lane: lane).count }
        return chunks.reduce(0) { $0 + ($1.indices(from: floor + 1, through: position)?.count ?? 0) }
    }

    package func arrival(of position: Position) -> Timestamp? {
        entries(from: position, through: position).first?.arrival
    }

    /// The first record held behind a position.
    package func first(after position: Position) -> Entry? {
        for chunk in chunks {
            if let range = chunk.indices(from: position + 1, through: .max) {
                return chunk.entries[range.lowerBound]
            }
        }
        return nil
    }

    /// The last record held up to and with a position; what was filtered out is not held.
    package func last(through position: Position) -> Entry? {
        for chunk in chunks.reversed() {
            if let range = chunk.indices(from: 0, through: position) {
                return chunk.entries[range.upperBound - 1]
            }
        }
        return nil
    }
}

extension EncodedRecords.Chunk {
    /// The entries whose positions lie between the two, both included; `nil` when there are none.
    fileprivate func indices(from first: Position, through last: Position) -> Range<Int>? {
        guard let low = entries.first?.position, let high = entries.last?.position else { return nil }
        guard low <= last, high >= first else { return nil }
        let start = lowerBound(first)
        let end = last >= high ? entries.count : lowerBound(last + 1)
        return start < end ? start..<end : nil
    }

    /// The index of the first entry at or behind a position. Positions are nearly always without gaps, so the
    /// first guess is nearly always right.
    private func lowerBound(_ position: Position) -> Int {
        guard let low = entries.first?.position, position > low else { return 0 }
        let guess = Int(position - low)
        if guess < entries.count, entries[guess].position == position { return guess }
        var lower = 0
        var upper = entries.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if entries[middle].position < position { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}

/// Pieces of records, each with the comma behind it, on their way to become one event.
private struct EventPieces {
    /// A piece that is at least so long goes out as it is.
    private static let worthASlice = 4_096

    private var slices: [ArraySlice<UInt8>] = []
    /// Short pieces since the last slice.
    private var joined: [UInt8] = []

    mutating func append(_ piece: ArraySlice<UInt8>) {
        guard piece.count >= Self.worthASlice || slices.isEmpty && joined.isEmpty else {
            // The first piece waits as a slice: often it is the only one.
            if joined.isEmpty, let last = slices.last, last.count < Self.worthASlice {
                slices.removeLast()
                joined.append(contentsOf: last)
            }
            return joined.append(contentsOf: piece)
        }
        flush()
        slices.append(piece)
    }

    private mutating func flush() {
        guard !joined.isEmpty else { return }
        slices.append(joined[...])
        joined = []
    }

    /// Without the comma behind the last record.
    mutating func finish() -> [ArraySlice<UInt8>] {
        flush()
        guard let last = slices.popLast() else { return [] }
        return slices + [last.dropLast()]
    }
}
