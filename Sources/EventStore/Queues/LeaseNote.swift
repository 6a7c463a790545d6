package import EventModel

/// What is known of one message because it was received: when, how often, and until when it is hidden.
///
/// Moments are milliseconds since the epoch; 0 where they are not known.
package struct LeaseNote: Equatable, Sendable {
    package var position: Position
    /// 0 when its only receive was taken back: as if it had never been received.
    package var receiveCount: Int32
    package var firstReceivedAt: Int64
    package var lastReceivedAt: Int64
    package var visibleAt: Int64

    package init(
        position: Position, receiveCount: Int32, firstReceivedAt: Int64, lastReceivedAt: Int64,
        visibleAt: Int64
    ) {
        self.position = position
        self.receiveCount = receiveCount
        self.firstReceivedAt = firstReceivedAt
        self.lastReceivedAt = lastReceivedAt
        self.visibleAt = visibleAt
    }
}

/// A receive whose messages may be handed over only after `EventStore.keep` succeeded.
package struct PendingReceive: Equatable, Sendable {
    let notes: LeaseNotes

    package init(notes: LeaseNotes) { self.notes = notes }

    package var queue: QueueKey { notes.queue }
    package var positions: [Position] { notes.all.map(\.position) }
}

/// Notes about messages of one queue as the bytes of the lease log: a later note of a message replaces an earlier one.
///
/// Runs of notes with the same receive and the same end of hiding share a head: both moments, then per message the
/// distance of its position to the one before, doubled, plus one when count and first receive follow because it was
/// received before. A zero ends a run. Numbers have seven bits a byte, lowest first; what may be negative is folded,
/// so that small distances in both directions are short. Ten new messages of one receive take 18 to 30 bytes.
package struct LeaseNotes: Equatable, Sendable {
    package let queue: QueueKey
    private(set) var bytes: [UInt8] = []
    private var receivedAt: Int64 = 0
    private var visibleAt: Int64 = 0
    private var position: Position = 0

    package init(queue: QueueKey) { self.queue = queue }

    package var isEmpty: Bool { bytes.isEmpty }

    package mutating func append(_ note: LeaseNote) {
        if bytes.isEmpty || note.lastReceivedAt != receivedAt || note.visibleAt != visibleAt {
            if bytes.isEmpty { bytes.reserveCapacity(32) } else { bytes.append(0) }
            receivedAt = note.lastReceivedAt
            visibleAt = note.visibleAt
            position = 0
            LeaseNotes.write(LeaseNotes.folded(receivedAt), to: &bytes)
            LeaseNotes.write(LeaseNotes.folded(visibleAt - receivedAt), to: &bytes)
        }
        let isFirst = note.receiveCount == 1 && note.firstReceivedAt == receivedAt
        precondition(note.position != position, "a receive has a message once")
        LeaseNotes.write(
            LeaseNotes.folded(note.position - position) << 1 | (isFirst ? 0 : 1), to: &bytes)
        position = note.position
        guard !isFirst else { return }
        LeaseNotes.write(UInt64(UInt32(bitPattern: note.receiveCount)), to: &bytes)
        LeaseNotes.write(LeaseNotes.folded(receivedAt - note.firstReceivedAt), to: &bytes)
    }

    /// Adds later notes of the same queue.
    mutating func append(_ later: LeaseNotes) {
        precondition(later.queue == queue, "a row of the log is about one queue")
        guard !later.isEmpty else { return }
        if !bytes.isEmpty { bytes.append(0) }
        bytes.append(contentsOf: later.bytes)
        receivedAt = later.receivedAt
        visibleAt = later.visibleAt
        position = later.position
    }

    package var all: [LeaseNote] {
        var notes: [LeaseNote] = []
        LeaseNotes.read(bytes.span) { notes.append($0) }
        return notes
    }
}

// MARK: - Bytes

extension LeaseNotes {
    /// Visits the notes of a row; of bytes that were never written here, what can be read.
    static func read(_ bytes: Span<UInt8>, _ visit: (LeaseNote) -> Void) {
        var index = 0
        while index < bytes.count {
            guard let first = number(bytes, &index), let second = number(bytes, &index) else { return }
            let receivedAt = unfolded(first)
            let visibleAt = receivedAt &+ unfolded(second)
            var position: Position = 0
            while let code = number(bytes, &index), code > 0 {
                position &+= unfolded(code >> 1)
                var note = LeaseNote(
                    position: position, receiveCount: 1, firstReceivedAt: receivedAt,
                    lastReceivedAt: receivedAt, visibleAt: visibleAt)
                if code & 1 == 1 {
                    guard let count = number(bytes, &index), let age = number(bytes, &index) else { return }
                    note.receiveCount = Int32(truncatingIfNeeded: count)
                    note.firstReceivedAt = receivedAt &- unfolded(age)
                }
                visit(note)
            }
        }
    }

    private static func number(_ bytes: Span<UInt8>, _ index: inout Int) -> UInt64? {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        return nil
    }

    private static func write(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func folded(_ number: Int64) -> UInt64 { UInt64(bitPattern: number << 1 ^ number >> 63) }
    private static func unfolded(_ number: UInt64) -> Int64 {
        Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }
}
