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

        package init(position: Position, arrival: Timestamp, start: Int, end: Int) {
            self.position = position
            self.arrival = arrival
            self.start = start
            self.end = end
        }
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

    /// The bytes of a run of records, commas between them and none behind the last.
    package func slices(from first: Position, through last: Position) -> [ArraySlice<UInt8>] {
        var slices: [ArraySlice<UInt8>] = []
        for chunk in chunks {
            guard let range = chunk.indices(from: first, through: last) else { continue }
            let start = chunk.entries[range.lowerBound].start
            let lastEntry = chunk.entries[range.upperBound - 1]
            let isEnd = lastEntry.position == last
            slices.append(chunk.bytes[start..<(isEnd ? lastEntry.end : lastEntry.end + 1)])
        }
        return slices
    }

    /// Positions and arrivals of a run of records.
    package func entries(from first: Position, through last: Position) -> [Entry] {
        var found: [Entry] = []
        for chunk in chunks {
            guard let range = chunk.indices(from: first, through: last) else { continue }
            found.append(contentsOf: chunk.entries[range])
        }
        return found
    }

    /// How many of the held records lie behind `floor`, up to and with `position`.
    package func count(through position: Position, after floor: Position) -> Int {
        guard position > floor else { return 0 }
        return chunks.reduce(0) { $0 + ($1.indices(from: floor + 1, through: position)?.count ?? 0) }
    }

    package func arrival(of position: Position) -> Timestamp? {
        entries(from: position, through: position).first?.arrival
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
