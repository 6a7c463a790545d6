import EventModel
import Synchronization

/// The ledger of one FIFO queue.
final class FIFOLeases: Sendable {
    let groups: Mutex<GroupLedger>

    init(_ ledger: GroupLedger) { groups = Mutex(ledger) }
}

extension FIFOLeases {
    /// Takes note of a commit; true when something can be received that could not be before, sends aside.
    func publish(
        _ effects: GroupEffects, of queue: QueueKey, _ tally: QueueTally, now: Timestamp
    ) -> Bool {
        groups.withLock { ledger in
            var frees = false
            if let floor = effects.raisedFloors[queue] {
                frees = ledger.raiseFloor(to: floor.position, isPurge: floor.isPurge)
            }
            if let count = effects.groupedSends[queue] {
                ledger.committedSends(count, at: now.millisecondsSinceEpoch)
            }
            ledger.committed(tip: tally.tip, rows: tally.messageCount)
            if ledger.remove(effects.deletedMessages[queue] ?? []) { frees = true }
            return frees
        }
    }
}

extension GroupLedger {
    /// The ledger of a queue that nobody has received from since the store was opened.
    init(_ tally: QueueTally, _ queue: QueueDefinition) {
        self.init(
            tip: tally.tip, floor: tally.floor, rows: tally.messageCount,
            delaySeconds: queue.attributes.delaySeconds)
    }
}

extension FIFOLeases {
    /// Takes receives back; what has to be kept of it.
    func release(_ positions: [Position], in queue: QueueKey, now: Int64) -> LeaseNotes {
        groups.withLock { ledger in
            // From the last to the first, because each one goes before all others.
            for position in positions.reversed() { ledger.putBack(position, now: now) }
            return ledger.notes(of: positions, in: queue)
        }
    }
}

extension QueueLeases {
    /// Changes a message's visibility by a receipt; `nil` when only its row can tell.
    func changeVisibility(
        _ lease: MessageLease, in queue: QueueKey, _ fifo: FIFOLeases, milliseconds: Int64, now: Timestamp
    ) -> VisibilityChange? {
        let (change, notes) = fifo.groups.withLock { ledger in
            let change = ledger.changeVisibility(
                lease, milliseconds: milliseconds, now: now.millisecondsSinceEpoch)
            return (change, change == .changed ? ledger.notes(of: [lease.position], in: queue) : nil)
        }
        if let notes { onNotes(notes) }
        // A shorter time matters too: whoever waits has set its timer to the old one.
        if change == .changed { onSooner(queue) }
        return change
    }

    /// Hides messages that are about to be deleted, as far as their receipts are valid; in a standard queue all are.
    func beginDelete(_ leases: [MessageLease], in queue: QueueKey, now: Timestamp) -> GroupLedger.Deletion {
        if let fifo = ledger(of: queue)?.fifo {
            return fifo.groups.withLock { $0.beginDelete(leases, now: now.millisecondsSinceEpoch) }
        }
        var deletion = GroupLedger.Deletion()
        deletion.accepted = leases.map(\.position)
        beginDelete(deletion.accepted, in: queue)
        return deletion
    }
}

extension GroupLedger {
    fileprivate func notes(of positions: [Position], in queue: QueueKey) -> LeaseNotes {
        var notes = LeaseNotes(queue: queue)
        for position in positions {
            if let note = note(of: position) { notes.append(note) }
        }
        return notes
    }
}
