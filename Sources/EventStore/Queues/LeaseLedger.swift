package import EventModel

/// Which messages of one queue are hidden, returned or leaving: a value machine without clock and I/O.
///
/// Rows up to `cursor` have been met by a receive; of these the ledger knows every one that is still there. Rows
/// behind it are unknown and served by reading on. So memory grows with what is in flight, not with what waits.
/// Moments are milliseconds since the epoch.
package struct LeaseLedger {
    /// Delayed messages that are remembered one by one; a scan stops at the next one (own choice, 16 to 32 MB).
    package static let delayedLimit = 1_000_000
    /// Delayed messages that a start looks for; a scan finds the others (own choice: a tenth of a second, 10 MB).
    static let delayedAtStart = 100_000
    /// Returned messages above which no new ones are received, so that memory stays bounded (own choice).
    package static let readyLimit = 120_000
    /// Longest time from a receive to the message's return, by all changes together (SQS API: 12 hours).
    static let longestLease = Int64(Limits.visibilityTimeoutSeconds) * 1_000

    /// The last committed position.
    package internal(set) var tip: Position
    /// Rows at or before it are gone, whatever the file still holds.
    package internal(set) var floor: Position
    /// The last position that a receive has met.
    package internal(set) var cursor: Position
    /// Committed messages, hidden ones included.
    package internal(set) var rows: Int

    package internal(set) var entries: [Position: Entry] = [:]
    // Shared by the topics of this type, which stand in files of their own.
    var hidden = VisibilityHeap()
    /// Delayed messages that a scan met, with no more than their time: there may be a million. They were never received, so
    /// nobody can ask for them, and they need no entry before their time.
    var delayed = VisibilityHeap()
    var ready = PositionLine()
    var readyCount = 0
    var inFlightCount = 0
    var leavingCount = 0
    /// How many of those that leave go to another queue.
    var movingCount = 0
    var delays: DelayCounts
    var scanBlockedUntil: Int64 = 0
    var shares = GroupShares()
    var aside = PositionLine()
    var asideCount = 0
    /// Messages received since the last one that had been set aside.
    var receivedSinceAside = 0

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
            uncount(entry)
            entry.state = .ready
            entries[top.position] = entry
            pushReady(top.position)
        }
        // The rest of those whose time has come waits until there is room for them.
        while readyCount < LeaseLedger.readyLimit, let top = delayed.top, top.visibleAt <= now {
            delayed.pop()
            guard top.position > floor, entries[top.position] == nil else { continue }
            entries[top.position] = Entry(.ready)
            pushReady(top.position)
        }
        delays.forget(until: now)
    }

    package var isAtInFlightLimit: Bool { inFlightCount >= Limits.inFlightMessages }
    /// True when rows behind the cursor may be received now.
    package func mayScan(now: Int64) -> Bool {
        cursor < tip && readyCount < LeaseLedger.readyLimit && asideCount < LeaseLedger.asideLimit
            && scanBlockedUntil <= now
    }
    package var returnedCount: Int { readyCount }

    /// Takes the message that has been ready for longest, setting aside those of noisy groups; `nil` when there is none.
    package mutating func takeReady(now: Int64, visibleAt: Int64, maxReceiveCount: Int?) -> Taken? {
        while let position = ready.popFirst() {
            guard let entry = entries[position], entry.state == .ready else { continue }
            readyCount -= 1
            if mustWait(entry.group) {
                setAside(position, entry)
                continue
            }
            return lease(position, entry, now: now, visibleAt: visibleAt, maxReceiveCount: maxReceiveCount)
        }
        return nil
    }

    /// Takes the next row of a scan, which moves the cursor to it.
    ///
    /// - Parameters:
    ///   - row: What the row holds: receive count, first receive, and the moment until which it is hidden.
    ///   - group: Its message group.
    package mutating func takeScanned(
        _ position: Position, row: (receiveCount: Int32, firstReceivedAt: Int64, visibleAt: Int64),
        group: GroupMark = .none, now: Int64, visibleAt: Int64, maxReceiveCount: Int?
    ) -> Taken {
        // A purge may have overtaken the scan.
        guard position > cursor, position > floor else { return .hidden }
        guard entries[position] == nil else {
            cursor = position
            return .hidden
        }
        var entry = Entry(.ready)
        entry.receiveCount = row.receiveCount
        entry.firstReceivedAt = row.firstReceivedAt
        entry.group = group
        guard row.visibleAt > now else {
            cursor = position
            if mustWait(group) {
                setAside(position, entry)
                return .aside
            }
            return lease(position, entry, now: now, visibleAt: visibleAt, maxReceiveCount: maxReceiveCount)
        }
        guard delayed.entries.count + entries.count < LeaseLedger.delayedLimit else {
            scanBlockedUntil = row.visibleAt
            return .full
        }
        cursor = position
        delays.found(at: row.visibleAt, position: position, isDelayed: row.receiveCount == 0)
        if row.receiveCount == 0, group == .none {
            delayed.push(.init(visibleAt: row.visibleAt, position: position))
        } else {
            hide(position, entry, until: row.visibleAt)
        }
        return .hidden
    }

    /// Moves the cursor over a row that must not be received any more (past retention).
    package mutating func pass(_ position: Position) { cursor = max(cursor, position) }

    /// Ends a scan that found no more rows up to `position`.
    package mutating func finishScan(at position: Position) { cursor = max(cursor, min(position, tip)) }

    /// Gives back what `takeReady` or `takeScanned` just leased, as if it had not been taken.
    package mutating func putBack(_ position: Position, now: Int64) {
        guard var entry = entries[position], entry.state == .hidden, entry.receiveCount > 0 else { return }
        uncount(entry)
        entry.receiveCount -= 1
        if entry.receiveCount == 0 { entry.firstReceivedAt = 0 }
        entry.state = .ready
        entry.visibleAt = now
        entries[position] = entry
        ready.prepend(position)
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

    mutating func lease(
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
        receivedSinceAside += 1
        entry.receiveCount += 1
        if entry.firstReceivedAt == 0 { entry.firstReceivedAt = now }
        entry.lastReceivedAt = now
        hide(position, entry, until: visibleAt)
        return .leased(
            Lease(
                position: position, receiveCount: entry.receiveCount, firstReceivedAt: entry.firstReceivedAt))
    }
}
