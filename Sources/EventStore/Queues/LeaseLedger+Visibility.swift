package import EventModel

// MARK: - Changing visibility

extension LeaseLedger {
    /// Hides a received message until `now + milliseconds`; `nil` when the ledger does not know it.
    package mutating func changeVisibility(
        _ position: Position, milliseconds: Int64, now: Int64
    ) -> VisibilityChange? {
        guard var entry = entries[position] else { return position <= cursor ? .notInFlight : nil }
        guard entry.state != .leaving, entry.receiveCount > 0 else { return .notInFlight }
        // In whole seconds, so that the longest time is there for who asks at once.
        let total = (now + milliseconds - entry.lastReceivedAt) / 1_000 * 1_000
        if entry.lastReceivedAt > 0, total > LeaseLedger.longestLease {
            return .beyondLimit
        }
        uncount(entry)
        guard milliseconds > 0 else {
            entry.state = .ready
            entry.visibleAt = now
            entries[position] = entry
            pushReady(position)
            return .changed
        }
        hide(position, entry, until: now + milliseconds)
        return .changed
    }

    /// Takes up a message behind the cursor that is hidden: delayed or received before the store was opened.
    package mutating func adopt(
        _ position: Position, receiveCount: Int32, firstReceivedAt: Int64, visibleAt: Int64,
        group: GroupMark = .none
    ) {
        guard position > cursor, position > floor, entries[position] == nil else { return }
        var entry = Entry(.ready)
        entry.receiveCount = receiveCount
        entry.firstReceivedAt = firstReceivedAt
        entry.group = group
        delays.found(at: visibleAt, position: position, isDelayed: receiveCount == 0)
        hide(position, entry, until: visibleAt)
    }

    /// Takes up a message behind the cursor that was received before the store was opened.
    package mutating func adopt(_ note: LeaseNote, group: GroupMark = .none, now: Int64) {
        guard note.position > cursor, note.position > floor, entries[note.position] == nil else { return }
        var entry = Entry(.ready)
        entry.visibleAt = note.visibleAt
        entry.receiveCount = note.receiveCount
        entry.firstReceivedAt = note.firstReceivedAt
        entry.lastReceivedAt = note.lastReceivedAt
        entry.group = group
        guard note.visibleAt <= now else { return hide(note.position, entry, until: note.visibleAt) }
        entries[note.position] = entry
        pushReady(note.position)
    }

    /// What has to be kept of a message whose receive or visibility has just changed.
    package func note(of position: Position) -> LeaseNote? {
        entries[position].map {
            LeaseNote(
                position: position, receiveCount: $0.receiveCount, firstReceivedAt: $0.firstReceivedAt,
                lastReceivedAt: $0.lastReceivedAt, visibleAt: $0.visibleAt)
        }
    }

    mutating func hide(_ position: Position, _ entry: Entry, until visibleAt: Int64) {
        var entry = entry
        entry.state = .hidden
        entry.visibleAt = visibleAt
        if entry.receiveCount > 0 {
            inFlightCount += 1
            shares.add(entry.group)
        }
        entries[position] = entry
        hidden.push(.init(visibleAt: visibleAt, position: position))
        if hidden.entries.count > 2 * entries.count + 1_024 { compactHidden() }
    }

    mutating func pushReady(_ position: Position) {
        ready.append(position)
        readyCount += 1
        guard ready.count > 2 * readyCount + 1_024 else { return }
        ready.keep { entries[$0]?.state == .ready }
    }

    private mutating func compactHidden() {
        hidden.rebuild(
            entries.compactMap { position, entry in
                entry.state == .hidden ? .init(visibleAt: entry.visibleAt, position: position) : nil
            })
    }
}
