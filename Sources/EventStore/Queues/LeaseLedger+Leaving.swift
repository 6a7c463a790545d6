package import EventModel

// MARK: - Leaving

extension LeaseLedger {
    /// Hides messages whose deletion was asked for.
    package mutating func beginDelete(_ positions: [Position]) {
        for position in positions where position > floor {
            if var entry = entries[position] {
                guard entry.state != .leaving else { continue }
                uncount(entry)
                entry.state = .leaving
                entries[position] = entry
            } else {
                // Known rows up to the cursor have entries, so this one is gone already.
                guard position > cursor else { continue }
                var placeholder = Entry(.leaving)
                placeholder.isPlaceholder = true
                entries[position] = placeholder
            }
            leavingCount += 1
        }
    }

    /// Makes messages whose deletion or move failed what they were before.
    package mutating func cancelLeave(_ positions: [Position], now: Int64) {
        for position in positions {
            guard var entry = entries[position], entry.state == .leaving else { continue }
            uncount(entry)
            entry.isMoving = false
            if entry.isPlaceholder, position > cursor {
                entries[position] = nil
            } else if entry.visibleAt > now {
                hide(position, entry, until: entry.visibleAt)
            } else {
                entry.state = .ready
                entry.isPlaceholder = false
                entries[position] = entry
                pushReady(position)
            }
        }
    }

    /// Forgets messages whose rows are gone.
    package mutating func remove(_ positions: some Sequence<Position>) {
        for position in positions {
            guard let entry = entries.removeValue(forKey: position) else { continue }
            uncount(entry)
        }
        if entries.isEmpty, hidden.entries.count + ready.count + aside.count > 4_096 {
            hidden = VisibilityHeap()
            ready = PositionLine()
            aside = PositionLine()
        }
    }

    /// Takes a message out of the counter that its state stands in.
    mutating func uncount(_ entry: Entry) {
        switch entry.state {
        case .hidden:
            guard entry.receiveCount > 0 else { return }
            inFlightCount -= 1
            shares.remove(entry.group)
        case .aside: asideCount -= 1
        case .ready: readyCount -= 1
        case .leaving:
            leavingCount -= 1
            if entry.isMoving { movingCount -= 1 }
        }
    }
}

// MARK: - What commits change

extension LeaseLedger {
    package mutating func committed(tip: Position, rows: Int) {
        self.tip = tip
        self.rows = rows
    }

    /// Notes a message that was sent with a delay.
    package mutating func committedDelay(until visibleAt: Int64) { delays.sent(until: visibleAt) }

    /// Forgets every message up to a position: purged, or past retention.
    package mutating func raiseFloor(to position: Position, isPurge: Bool) {
        floor = max(floor, position)
        cursor = max(cursor, position)
        guard !entries.isEmpty || isPurge else { return }
        if isPurge {
            delays = DelayCounts(countedAfter: position)
            delayed = VisibilityHeap()
        }
        remove(entries.keys.filter { $0 <= position })
    }
}

// MARK: - Questions

extension LeaseLedger {
    package mutating func counters(now: Int64) -> QueueCounters {
        promote(now: now)
        let delayed = delays.total
        return QueueCounters(
            visible: max(0, rows - inFlightCount - leavingCount + movingCount - delayed),
            inFlight: inFlightCount, delayed: delayed)
    }

    /// `now` when a receive may find something, else the next moment it may, or `nil` for "after a send".
    package mutating func nextVisible(now: Int64) -> Int64? {
        promote(now: now)
        if !isAtInFlightLimit, readyCount > 0 || asideCount > 0 || mayScan(now: now) { return now }
        while let top = hidden.top {
            if let entry = entries[top.position], entry.state == .hidden, entry.visibleAt == top.visibleAt {
                break
            }
            hidden.pop()
        }
        let blocked = cursor < tip && scanBlockedUntil > now ? scanBlockedUntil : nil
        // With as much in flight as there may be, only the end of a lease changes anything.
        let due = isAtInFlightLimit ? nil : delayed.top?.visibleAt
        return [hidden.top?.visibleAt, due, isAtInFlightLimit ? nil : blocked].compactMap(\.self).min()
    }
}
