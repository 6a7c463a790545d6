import EventModel

/// The deduplication IDs that a FIFO queue has seen in the last five minutes, as 128-bit digests.
///
/// Records come and go in the order of sending, so they are a ring; an index beside it finds them by key. About 45 bytes
/// an ID.
struct DeduplicationTable {
    /// How long an ID is remembered after its first sending, in milliseconds (SQS developer guide: 5 minutes).
    static let memory: Int64 = 300_000

    struct Record: Equatable {
        let key: UInt128
        let position: Position
        let sentAt: Int64
        let scope: FIFOSettings.DeduplicationScope
    }

    private var ring: [Record?] = []
    private var start = 0
    private(set) var count = 0
    /// Places of the ring by key, open addressing; -1 for empty. Twice as long as the ring.
    private var index: [Int32] = []
    private var queueScoped = 0

    /// Whether IDs were sent under a scope, so that it has to be looked at.
    func has(_ scope: FIFOSettings.DeduplicationScope) -> Bool {
        switch scope {
        case .queue: queueScoped > 0
        case .messageGroup: queueScoped < count
        }
    }

    /// The first position that is remembered.
    var firstPosition: Position? { count == 0 ? nil : ring[start]?.position }
}

// MARK: - Changes

extension DeduplicationTable {
    func find(_ key: UInt128) -> Record? {
        guard !index.isEmpty else { return nil }
        var place = home(of: key)
        while index[place] >= 0 {
            if let record = ring[Int(index[place])], record.key == key { return record }
            place = (place + 1) & (index.count - 1)
        }
        return nil
    }

    /// Adds a key that is not there.
    mutating func append(_ record: Record) {
        if count == ring.count { grow() }
        let place = (start + count) & (ring.count - 1)
        ring[place] = record
        count += 1
        if record.scope == .queue { queueScoped += 1 }
        enter(place, record.key)
    }

    /// Forgets what was sent so long ago that it is no duplicate any more.
    mutating func expire(now: Int64) {
        while count > 0, let first = ring[start], first.sentAt + DeduplicationTable.memory <= now {
            leave(first.key)
            ring[start] = nil
            start = (start + 1) & (ring.count - 1)
            count -= 1
            if first.scope == .queue { queueScoped -= 1 }
        }
        if count == 0, ring.count > 4_096 { self = DeduplicationTable() }
    }

    /// Takes back the latest ones.
    mutating func removeLast(_ number: Int) {
        for _ in 0..<min(number, count) {
            let place = (start + count - 1) & (ring.count - 1)
            guard let last = ring[place] else { return }
            leave(last.key)
            ring[place] = nil
            count -= 1
            if last.scope == .queue { queueScoped -= 1 }
        }
    }
}

// MARK: - The index

extension DeduplicationTable {
    private func home(of key: UInt128) -> Int {
        // Keys are digests, so any of their bits will do.
        Int(truncatingIfNeeded: key) & (index.count - 1)
    }

    private mutating func enter(_ place: Int, _ key: UInt128) {
        var slot = home(of: key)
        while index[slot] >= 0 { slot = (slot + 1) & (index.count - 1) }
        index[slot] = Int32(place)
    }

    /// Empties a key's place and closes the gap, so that what was pushed on is still found.
    private mutating func leave(_ key: UInt128) {
        let mask = index.count - 1
        var gap = home(of: key)
        while index[gap] < 0 || ring[Int(index[gap])]?.key != key { gap = (gap + 1) & mask }
        var next = (gap + 1) & mask
        while index[next] >= 0, let record = ring[Int(index[next])] {
            let home = home(of: record.key)
            if (next - home) & mask >= (next - gap) & mask {
                index[gap] = index[next]
                gap = next
            }
            next = (next + 1) & mask
        }
        index[gap] = -1
    }

    private mutating func grow() {
        let old = ring
        let size = max(64, 2 * old.count)
        ring = Array(repeating: nil, count: size)
        index = Array(repeating: -1, count: 2 * size)
        for offset in 0..<count {
            ring[offset] = old[(start + offset) & (old.count - 1)]
        }
        start = 0
        for offset in 0..<count {
            if let record = ring[offset] { enter(offset, record.key) }
        }
    }
}
