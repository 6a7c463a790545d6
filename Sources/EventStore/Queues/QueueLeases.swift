package import EventModel
import Synchronization

/// Which messages are hidden, returned or being deleted; in memory, shared by all threads.
package final class QueueLeases: Sendable {
    private let ledgers = Mutex<[QueueKey: QueueLedger]>([:])
    /// Told about queues whose messages may be received sooner than before, on the thread that changed it.
    let onSooner: @Sendable (QueueKey) -> Void

    /// Given what has to be kept of messages whose receives or visibility changed.
    let onNotes: @Sendable (LeaseNotes) -> Void

    init(
        onSooner: @escaping @Sendable (QueueKey) -> Void, onNotes: @escaping @Sendable (LeaseNotes) -> Void
    ) {
        self.onSooner = onSooner
        self.onNotes = onNotes
    }

    func ledger(of queue: QueueKey) -> QueueLedger? { ledgers.withLock { $0[queue] } }
    func add(_ ledger: QueueLedger, for queue: QueueKey) { ledgers.withLock { $0[queue] = ledger } }
    func remove(_ queue: QueueKey) { ledgers.withLock { $0[queue] = nil } }
    var all: [QueueKey: QueueLedger] { ledgers.withLock { $0 } }
}

/// The ledger of one queue, and the turn of whoever reads on behind its cursor.
final class QueueLedger: Sendable {
    let state: Mutex<LeaseLedger>
    /// Held during a receive, so that two receives never read the same rows. The writer never takes it.
    let turn = Mutex<Void>(())
    /// Stands for `state`, which has no part in it, when the queue is a FIFO queue.
    let fifo: FIFOLeases?

    init(_ ledger: LeaseLedger) {
        state = Mutex(ledger)
        fifo = nil
    }

    init(groups ledger: GroupLedger) {
        state = Mutex(LeaseLedger(tip: 0, floor: 0, rows: 0))
        fifo = FIFOLeases(ledger)
    }
}

// MARK: - Questions

extension QueueLeases {
    /// The groups of messages of a FIFO queue, by `GroupName.hash`, in the order given; `nil` where that is not known,
    /// as of a message that is gone.
    package func groups(of positions: [Position], in queue: QueueKey) -> [UInt64?] {
        guard let fifo = ledger(of: queue)?.fifo else { return positions.map { _ in nil } }
        return fifo.groups.withLock { ledger in positions.map { ledger.groupName(of: $0) } }
    }

    /// The three counters of a queue; zeros when it is gone. Cheap.
    package func counters(of queue: QueueKey, now: Timestamp) -> QueueCounters {
        guard let ledger = ledger(of: queue) else { return QueueCounters() }
        let moment = now.millisecondsSinceEpoch
        return ledger.fifo?.groups.withLock { $0.counters(now: moment) }
            ?? ledger.state.withLock { $0.counters(now: moment) }
    }

    /// When a receive may find a message: `now` when one may be there, a later moment when the next one is hidden
    /// until then, `nil` when there is nothing to wait for but a send.
    package func nextVisible(in queue: QueueKey, now: Timestamp) -> Timestamp? {
        guard let ledger = ledger(of: queue) else { return nil }
        let now = now.millisecondsSinceEpoch
        let moment =
            if let fifo = ledger.fifo {
                fifo.groups.withLock { $0.nextVisible(now: now) }
            } else {
                ledger.state.withLock { $0.nextVisible(now: now) }
            }
        return moment.map { Timestamp(millisecondsSinceEpoch: $0) }
    }
}

// MARK: - Changes

extension QueueLeases {
    /// Hides messages that are about to be deleted, until their deletion is committed or `cancelDelete`.
    package func beginDelete(_ positions: [Position], in queue: QueueKey) {
        guard let ledger = ledger(of: queue) else { return }
        if let fifo = ledger.fifo { return fifo.groups.withLock { $0.beginDelete(positions) } }
        let makesRoom = ledger.state.withLock { ledger in
            let wasFull = ledger.isAtInFlightLimit
            ledger.beginDelete(positions)
            return wasFull && !ledger.isAtInFlightLimit
        }
        if makesRoom { onSooner(queue) }
    }

    /// Makes messages whose deletion failed what they were before `beginDelete`.
    package func cancelDelete(_ positions: [Position], in queue: QueueKey, now: Timestamp) {
        guard let ledger = ledger(of: queue) else { return }
        let moment = now.millisecondsSinceEpoch
        if let fifo = ledger.fifo {
            fifo.groups.withLock { $0.cancelLeave(positions, now: moment) }
        } else {
            ledger.state.withLock { $0.cancelLeave(positions, now: moment) }
        }
        onSooner(queue)
    }

    /// Makes leased messages visible again at once, as if they had not been received: their receive count goes back.
    /// For messages that were received and never given to a function.
    package func release(_ positions: [Position], in queue: QueueKey, now: Timestamp) {
        if let fifo = ledger(of: queue)?.fifo {
            let notes = fifo.release(positions, in: queue, now: now.millisecondsSinceEpoch)
            if !notes.isEmpty { onNotes(notes) }
            return onSooner(queue)
        }
        let notes = ledger(of: queue)?.state.withLock { ledger in
            // From the last to the first, because each one goes before all others.
            for position in positions.reversed() { ledger.putBack(position, now: now.millisecondsSinceEpoch) }
            return ledger.notes(of: positions, in: queue)
        }
        if let notes, !notes.isEmpty { onNotes(notes) }
        onSooner(queue)
    }

    /// Changes a known message's visibility; `nil` when only its row can tell.
    func changeVisibility(
        _ position: Position, in queue: QueueKey, milliseconds: Int64, now: Timestamp
    ) -> VisibilityChange? {
        guard let ledger = ledger(of: queue) else { return .notInFlight }
        let (change, notes) = ledger.state.withLock { ledger in
            let change = ledger.changeVisibility(
                position, milliseconds: milliseconds, now: now.millisecondsSinceEpoch)
            return (change, change == .changed ? ledger.notes(of: [position], in: queue) : nil)
        }
        if let notes { onNotes(notes) }
        // A shorter time matters too: whoever waits has set its timer to the old one.
        if change == .changed { onSooner(queue) }
        return change
    }

    /// Takes up a message whose row alone told that it was received, because its visibility changed.
    func adopt(_ note: LeaseNote, in queue: QueueKey, now: Timestamp) {
        guard let ledger = ledger(of: queue) else { return }
        ledger.state.withLock { $0.adopt(note, now: now.millisecondsSinceEpoch) }
        var notes = LeaseNotes(queue: queue)
        notes.append(note)
        onNotes(notes)
        onSooner(queue)
    }
}

extension LeaseLedger {
    fileprivate func notes(of positions: [Position], in queue: QueueKey) -> LeaseNotes {
        var notes = LeaseNotes(queue: queue)
        for position in positions {
            if let note = note(of: position) { notes.append(note) }
        }
        return notes
    }
}
