package import EventModel

/// Which messages of one queue are hidden, returned or leaving: a value machine without clock and I/O.
///
/// Rows up to `cursor` have been met by a receive; of these the ledger knows every one that is still there. Rows
/// behind it are unknown and served by reading on. So memory grows with what is in flight, not with what waits.
/// Moments are milliseconds since the epoch.
package struct LeaseLedger {
    /// Delayed messages that are remembered one by one; a scan stops at the next one (own choice, about 60 MB).
    package static let delayedLimit = 500_000
    /// Returned messages above which no new ones are received, so that memory stays bounded (own choice).
    package static let readyLimit = 120_000
    /// Longest time from a receive to the message's return, by all changes together (SQS API: 12 hours).
    private static let longestLease = Int64(Limits.visibilityTimeoutSeconds) * 1_000

    /// The last committed position.
    package private(set) var tip: Position
    /// Rows at or before it are gone, whatever the file still holds.
    package private(set) var floor: Position
    /// The last position that a receive has met.
    package private(set) var cursor: Position
    /// Committed messages, hidden ones included.
    package private(set) var rows: Int

    package private(set) var entries: [Position: Entry] = [:]
    private var hidden = VisibilityHeap()
    private var ready: [Position] = []
    private var readyStart = 0
    private var readyCount = 0
    private var inFlightCount = 0
    private var leavingCount = 0
    /// How many of those that leave go to another queue.
    private var movingCount = 0
    private var delays: DelayCounts
    private var scanBlockedUntil: Int64 = 0

    package init(tip: Position, floor: Position, rows: Int) {
        self.tip = tip
        self.floor = floor
        self.rows = rows
        cursor = floor
        delays = DelayCounts(countedAfter: tip)
    }
}

// MARK: - Receiving

extension LeaseLedger {
    /// Makes everything ready whose time has come. Every question that depends on the time starts with it.
    package mutating func promote(now: Int64) {
        while let top = hidden.top, top.visibleAt <= now {
            hidden.pop()
            guard var entry = entries[top.position], entry.state == .hidden, entry.visibleAt == top.visibleAt
            else { continue }
            if entry.receiveCount > 0 { inFlightCount -= 1 }
            entry.state = .ready
            entries[top.position] = entry
            pushReady(top.position)
        }
        delays.forget(until: now)
    }

    package var isAtInFlightLimit: Bool { inFlightCount >= Limits.inFlightMessages }
    /// True when rows behind the cursor may be received now.
    package func mayScan(now: Int64) -> Bool {
        cursor < tip && readyCount < LeaseLedger.readyLimit && scanBlockedUntil <= now
    }
    package var returnedCount: Int { readyCount }

    /// Takes the message that has been ready for longest; `nil` when there is none.
    package mutating func takeReady(now: Int64, visibleAt: Int64, maxReceiveCount: Int?) -> Taken? {
        while readyStart < ready.count {
            let position = ready[readyStart]
            readyStart += 1
            if readyStart > 1_024, readyStart * 2 > ready.count {
                ready.removeFirst(readyStart)
                readyStart = 0
            }
            guard let entry = entries[position], entry.state == .ready else { continue }
            readyCount -= 1
            return lease(position, entry, now: now, visibleAt: visibleAt, maxReceiveCount: maxReceiveCount)
        }
        return nil
    }

    /// Takes the next row of a scan, which moves the cursor to it.
    ///
    /// - Parameters:
    ///   - row: What the row holds: receive count, first receive, and the moment until which it is hidden.
    package mutating func takeScanned(
        _ position: Position, row: (receiveCount: Int32, firstReceivedAt: Int64, visibleAt: Int64),
        now: Int64,
        visibleAt: Int64, maxReceiveCount: Int?
    ) -> Taken {
        // A purge may have overtaken the scan.
        guard position > cursor, position > floor else { return .hidden }
        guard entries[position] == nil else {
            cursor = position
            return .hidden
        }
        let entry = Entry(
            state: .ready, visibleAt: 0, receiveCount: row.receiveCount, firstReceivedAt: row.firstReceivedAt,
            lastReceivedAt: 0)
        guard row.visibleAt > now else {
            cursor = position
            return lease(position, entry, now: now, visibleAt: visibleAt, maxReceiveCount: maxReceiveCount)
        }
        guard entries.count < LeaseLedger.delayedLimit else {
            scanBlockedUntil = row.visibleAt
            return .full
        }
        cursor = position
        delays.found(at: row.visibleAt, position: position, isDelayed: row.receiveCount == 0)
        hide(position, entry, until: row.visibleAt)
        return .hidden
    }

    /// Moves the cursor over a row that must not be received any more (past retention).
    package mutating func pass(_ position: Position) { cursor = max(cursor, position) }

    /// Ends a scan that found no more rows up to `position`.
    package mutating func finishScan(at position: Position) { cursor = max(cursor, min(position, tip)) }

    /// Gives back what `takeReady` or `takeScanned` just leased, as if it had not been taken.
    package mutating func putBack(_ position: Position, now: Int64) {
        guard var entry = entries[position], entry.state == .hidden, entry.receiveCount > 0 else { return }
        inFlightCount -= 1
        entry.receiveCount -= 1
        if entry.receiveCount == 0 { entry.firstReceivedAt = 0 }
        entry.state = .ready
        entry.visibleAt = now
        entries[position] = entry
        if readyStart > 0 {
            readyStart -= 1
            ready[readyStart] = position
        } else {
            ready.insert(position, at: 0)
        }
        readyCount += 1
    }

    /// Receives a message after all that was just taken for spent; `nil` when it is not leaving any more.
    package mutating func receiveSpent(_ position: Position, now: Int64, visibleAt: Int64) -> Lease? {
        guard var entry = entries[position], entry.state == .leaving, entry.isMoving else { return nil }
        uncount(entry)
        entry.isMoving = false
        guard
            case .leased(let lease) = lease(
                position, entry, now: now, visibleAt: visibleAt, maxReceiveCount: nil)
        else { return nil }
        return lease
    }

    private mutating func lease(
        _ position: Position, _ entry: Entry, now: Int64, visibleAt: Int64, maxReceiveCount: Int?
    ) -> Taken {
        var entry = entry
        if let maxReceiveCount, entry.receiveCount >= maxReceiveCount {
            entry.state = .leaving
            entry.isMoving = true
            entries[position] = entry
            leavingCount += 1
            movingCount += 1
            return .spent(
                Lease(
                    position: position, receiveCount: entry.receiveCount,
                    firstReceivedAt: entry.firstReceivedAt))
        }
        entry.receiveCount += 1
        if entry.firstReceivedAt == 0 { entry.firstReceivedAt = now }
        entry.lastReceivedAt = now
        hide(position, entry, until: visibleAt)
        return .leased(
            Lease(
                position: position, receiveCount: entry.receiveCount, firstReceivedAt: entry.firstReceivedAt))
    }
}

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
        if entry.state == .hidden { inFlightCount -= 1 } else { readyCount -= 1 }
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
        _ position: Position, receiveCount: Int32, firstReceivedAt: Int64, visibleAt: Int64
    ) {
        guard position > cursor, position > floor, entries[position] == nil else { return }
        let entry = Entry(
            state: .ready, visibleAt: 0, receiveCount: receiveCount, firstReceivedAt: firstReceivedAt,
            lastReceivedAt: 0)
        delays.found(at: visibleAt, position: position, isDelayed: receiveCount == 0)
        hide(position, entry, until: visibleAt)
    }

    /// Takes up a message behind the cursor that was received before the store was opened.
    package mutating func adopt(_ note: LeaseNote, now: Int64) {
        guard note.position > cursor, note.position > floor, entries[note.position] == nil else { return }
        let entry = Entry(
            state: .ready, visibleAt: note.visibleAt, receiveCount: note.receiveCount,
            firstReceivedAt: note.firstReceivedAt, lastReceivedAt: note.lastReceivedAt)
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

    private mutating func hide(_ position: Position, _ entry: Entry, until visibleAt: Int64) {
        var entry = entry
        entry.state = .hidden
        entry.visibleAt = visibleAt
        if entry.receiveCount > 0 { inFlightCount += 1 }
        entries[position] = entry
        hidden.push(.init(visibleAt: visibleAt, position: position))
        if hidden.entries.count > 2 * entries.count + 1_024 { compactHidden() }
    }

    private mutating func pushReady(_ position: Position) {
        ready.append(position)
        readyCount += 1
        guard ready.count - readyStart > 2 * readyCount + 1_024 else { return }
        ready = ready[readyStart...].filter { entries[$0]?.state == .ready }
        readyStart = 0
    }

    private mutating func compactHidden() {
        hidden.rebuild(
            entries.compactMap { position, entry in
                entry.state == .hidden ? .init(visibleAt: entry.visibleAt, position: position) : nil
            })
    }
}

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
                entries[position] = Entry(
                    state: .leaving, visibleAt: 0, receiveCount: 0, firstReceivedAt: 0, lastReceivedAt: 0,
                    isPlaceholder: true)
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
        if entries.isEmpty, hidden.entries.count + ready.count > 4_096 {
            hidden = VisibilityHeap()
            ready = []
            readyStart = 0
        }
    }

    private mutating func uncount(_ entry: Entry) {
        switch entry.state {
        case .hidden: if entry.receiveCount > 0 { inFlightCount -= 1 }
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
        if isPurge { delays = DelayCounts(countedAfter: position) }
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
        if !isAtInFlightLimit, readyCount > 0 || mayScan(now: now) { return now }
        while let top = hidden.top {
            if let entry = entries[top.position], entry.state == .hidden, entry.visibleAt == top.visibleAt {
                break
            }
            hidden.pop()
        }
        let blocked = cursor < tip && scanBlockedUntil > now ? scanBlockedUntil : nil
        guard let top = hidden.top?.visibleAt else { return blocked }
        return min(top, blocked ?? top)
    }
}
