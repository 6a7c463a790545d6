import EventModel

/// Which rows of a queue's lease log still have the last word about a message; it follows what is committed.
///
/// The log is a queue of rows itself: rows are added at its end and removed at its beginning, where a row goes when each
/// of its messages is deleted or was noted again later. What keeps the first row there is moved to the end when too many
/// rows behind it have nothing to say (`isSparse`), so the log stays in proportion to what it knows.
struct LeaseLog {
    /// Rows before it are not in the file.
    private(set) var first: Int64
    /// Rows before it have nothing to say.
    private(set) var head: Int64
    /// The number of the next row; numbers of lost groups are left out.
    private(set) var next: Int64
    /// Rows with something to say.
    private(set) var liveRows = 0

    private var rowOf: [Position: Int64] = [:]
    /// The messages of each row from `head` on for which it has the last word; it starts at `start`.
    private var counts: [Int32] = []
    private var start = 0
    private var floor: Position = 0
    /// No message before it is noted.
    private var lowest: Position = .max

    /// Rows that may lie dead behind a living one, beyond as many as live (own choice: a few pages).
    private static let toleratedRows: Int64 = 1_024

    init(first: Int64 = 1, floor: Position) {
        self.first = first
        self.floor = floor
        head = first
        next = first
    }

    var messageCount: Int { rowOf.count }
    var deadRows: Int64 { head - first }
    var isSparse: Bool { next - head > LeaseLog.toleratedRows + 2 * Int64(liveRows) }
    func isCurrent(_ position: Position, in row: Int64) -> Bool { rowOf[position] == row }

    mutating func takeNumber() -> Int64 {
        defer { next += 1 }
        return next
    }
}

// MARK: - What commits change

extension LeaseLog {
    /// Notes what a committed row says.
    mutating func add(_ notes: Span<UInt8>, in row: Int64) {
        next = max(next, row + 1)
        while head + Int64(counts.count - start) <= row { counts.append(0) }
        LeaseNotes.read(notes) { note in
            guard note.position > floor else { return }
            forget(note.position)
            guard note.receiveCount > 0 else { return }
            rowOf[note.position] = row
            lowest = min(lowest, note.position)
            let index = start + Int(row - head)
            counts[index] += 1
            if counts[index] == 1 { liveRows += 1 }
        }
        advance()
    }

    /// Forgets messages that are gone.
    mutating func remove(_ positions: some Sequence<Position>) {
        for position in positions { forget(position) }
        advance()
    }

    mutating func raiseFloor(to position: Position) {
        floor = max(floor, position)
        guard lowest <= floor else { return }
        let gone = rowOf.keys.filter { $0 <= floor }
        remove(gone)
        lowest = rowOf.keys.min() ?? .max
    }

    /// Dead rows before `row` were removed from the file.
    mutating func trimmed(to row: Int64) { first = max(first, row) }

    private mutating func forget(_ position: Position) {
        guard let row = rowOf.removeValue(forKey: position) else { return }
        let index = start + Int(row - head)
        counts[index] -= 1
        if counts[index] == 0 { liveRows -= 1 }
    }

    private mutating func advance() {
        while start < counts.count, counts[start] == 0 {
            start += 1
            head += 1
        }
        if start > 1_024, start * 2 > counts.count {
            counts.removeFirst(start)
            start = 0
        }
    }
}

/// The queues whose lease logs have something to be tidied up.
struct LeaseChores {
    /// With enough of it to be done beside other work.
    private(set) var pressing: Set<QueueKey> = []
    /// With dead rows, be it one.
    private(set) var all: Set<QueueKey> = []

    /// Dead rows that wait for more, so that they go page by page (own choice).
    private static let rowsWorthRemoving: Int64 = 256

    /// Looks at a queue's log, `nil` for a queue that is gone.
    mutating func note(_ queue: QueueKey, _ log: LeaseLog?) {
        let deadRows = log?.deadRows ?? 0
        set(&pressing, queue, deadRows >= LeaseChores.rowsWorthRemoving || log?.isSparse == true)
        set(&all, queue, deadRows > 0 || log?.isSparse == true)
    }

    private func set(_ queues: inout Set<QueueKey>, _ queue: QueueKey, _ isMember: Bool) {
        if isMember { queues.insert(queue) } else if !queues.isEmpty { queues.remove(queue) }
    }
}
