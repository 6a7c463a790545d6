package import EventModel

// MARK: - Changing visibility

extension GroupLedger {
    /// Hides a message until `now + milliseconds` by the receipt of its current receive; `nil` when only its row can tell
    /// whether it is there.
    package mutating func changeVisibility(
        _ lease: MessageLease, milliseconds: Int64, now: Int64
    ) -> VisibilityChange? {
        guard let index = slotOf[lease.position] else { return lease.position <= cursor ? .notInFlight : nil }
        let slot = slots[Int(index)]
        switch slot.state {
        case .leaving, .spent: return .notInFlight
        case .waiting: return .expired
        case .hidden: break
        }
        guard isCurrent(lease, slot, now: now) else { return .expired }
        guard !isBeyondLongestLease(slot, now + milliseconds) else { return .beyondLimit }
        setVisibility(index, until: now + milliseconds, now: now)
        return .changed
    }

    mutating func setVisibility(_ index: Int32, until visibleAt: Int64, now: Int64) {
        guard visibleAt <= now else { return hide(index, until: visibleAt) }
        setState(index, .waiting)
        slots[Int(index)].visibleAt = now
        offer(slots[Int(index)].group)
    }

    private func isCurrent(_ lease: MessageLease, _ slot: Slot, now: Int64) -> Bool {
        slot.visibleAt > now && UInt32(bitPattern: slot.receiveCount) == lease.serial
    }
}

// MARK: - Leaving

extension GroupLedger {
    /// What a deletion by receipts may do.
    package struct Deletion: Equatable, Sendable {
        /// Messages to delete. Those that are gone already are among them.
        package var accepted: [Position] = []
        /// Receipts that expired, or that a later receive has followed.
        package var refused: [MessageLease] = []
        /// Not known and not read: to be refused if their rows are there.
        package var unread: [MessageLease] = []

        package init() {}
    }

    /// Hides messages whose deletion was asked for by receipts that are valid.
    package mutating func beginDelete(_ leases: [MessageLease], now: Int64) -> Deletion {
        var deletion = Deletion()
        for lease in leases {
            guard let index = slotOf[lease.position] else {
                if lease.position <= cursor {
                    deletion.accepted.append(lease.position)
                } else {
                    deletion.unread.append(lease)
                }
                continue
            }
            let slot = slots[Int(index)]
            let isLeaving = slot.state == .leaving && UInt32(bitPattern: slot.receiveCount) == lease.serial
            guard isLeaving || slot.state == .hidden && isCurrent(lease, slot, now: now) else {
                deletion.refused.append(lease)
                continue
            }
            if !isLeaving { setState(index, .leaving) }
            deletion.accepted.append(lease.position)
        }
        return deletion
    }

    /// Hides messages that are about to be deleted, whatever their state.
    package mutating func beginDelete(_ positions: [Position]) {
        for position in positions {
            guard let index = slotOf[position], slots[Int(index)].state != .spent else { continue }
            setState(index, .leaving)
        }
    }

    /// Makes messages whose deletion or move failed what they were before.
    package mutating func cancelLeave(_ positions: [Position], now: Int64) {
        for position in positions {
            guard let index = slotOf[position] else { continue }
            let slot = slots[Int(index)]
            switch slot.state {
            case .waiting, .hidden: continue
            case .leaving where slot.visibleAt > now: hide(index, until: slot.visibleAt)
            case .leaving, .spent:
                setState(index, .waiting)
                offer(slot.group)
            }
        }
    }
}
