package import EventModel

/// Which messages of one FIFO queue wait, are hidden or are leaving, group by group: a value machine without clock and
/// I/O.
///
/// Rows up to `cursor` have been read; of these the ledger knows every one that is still there, in the line of its
/// group. Rows behind it wait unread. A group gives its messages in order, and none behind one that is hidden. So it is
/// locked while a message of it is in flight. Groups that have something to give stand in a rotation.
/// Moments are milliseconds since the epoch.
package struct GroupLedger {
    enum State: UInt8 {
        /// Can be received when everything before it in its group can.
        case waiting
        /// In flight until `visibleAt`.
        case hidden
        /// Its deletion is on the way to the disk. It locks its group still, because the deletion may fail.
        case leaving
        /// Received too often and on its way to the dead-letter queue. It does not lock: nobody will receive it here.
        case spent
    }

    struct Slot {
        var position: Position
        var sentAt: Int64 = 0
        var visibleAt: Int64 = 0
        var firstReceivedAt: Int64 = 0
        var lastReceivedAt: Int64 = 0
        /// 0 while it was never received.
        var receiveCount: Int32 = 0
        /// How much of it was counted before it came to this queue as a dead letter.
        var arrivedCount: Int32 = 0
        /// `none` until its row is read: of one that was adopted only its lease is known.
        var group = GroupLedger.none
        var next = GroupLedger.none
        var previous = GroupLedger.none
        var state = State.waiting
    }

    /// Known messages of one group form a list; groups without any are forgotten.
    struct Group {
        var name: UInt64
        var head = GroupLedger.none
        var tail = GroupLedger.none
        var isInRotation = false
    }

    /// Messages that are known at a time: in flight, or waiting behind them. Messages behind so many wait unread
    /// (SQS developer guide: "looks through the first 120,000 messages to determine available message groups").
    package static let lookAhead = 120_000
    /// While fewer messages are known to wait, a receive reads on (own choice: enough to find most of a group's messages).
    package static let enoughWaiting = 1_024
    /// Longest time from a receive to the message's return, by all changes together (SQS API: 12 hours).
    private static let longestLease = Int64(Limits.visibilityTimeoutSeconds) * 1_000
    static let none: Int32 = -1

    /// The last committed position.
    package private(set) var tip: Position
    /// Rows at or before it are gone, whatever the file still holds.
    package private(set) var floor: Position
    /// The last position that was read.
    package internal(set) var cursor: Position
    /// Committed messages, hidden ones included.
    package private(set) var rows: Int
    /// The queue's own delay: what was sent less than this ago and never received waits.
    package private(set) var delay: Int64

    var slots: [Slot] = []
    private var freeSlots: [Int32] = []
    var slotOf: [Position: Int32] = [:]
    var groups: [Group] = []
    private var freeGroups: [Int32] = []
    private var groupNamed: [UInt64: Int32] = [:]
    var rotation = GroupRotation()
    /// Groups out of the rotation until the receive that goes on ends, so that it meets none twice; until when their
    /// first message is delayed, or 0.
    var resting: [(group: Int32, delayedUntil: Int64)] = []
    var hidden = VisibilityHeap()
    var inFlightCount = 0
    var leavingCount = 0
    var waitingCount = 0
    /// When the first unread message is no longer delayed.
    var scanBlockedUntil: Int64 = 0
    /// When the first message of the rotation is no longer delayed, if all of it is.
    var rotationBlockedUntil: Int64 = 0
    var attempts = ReceiveAttempts()
    private var recentSends = RecentSends()

    package init(tip: Position, floor: Position, rows: Int, delaySeconds: Int) {
        self.tip = tip
        self.floor = floor
        self.rows = rows
        cursor = floor
        delay = Int64(delaySeconds) * 1_000
    }
}

// MARK: - Lists

extension GroupLedger {
    mutating func makeSlot(_ slot: Slot) -> Int32 {
        let index: Int32
        if let free = freeSlots.popLast() {
            index = free
            slots[Int(free)] = slot
        } else {
            index = Int32(slots.count)
            slots.append(slot)
        }
        slotOf[slot.position] = index
        return index
    }

    /// Puts a message at the end of its group's line.
    mutating func link(_ index: Int32, toGroupNamed name: UInt64) {
        let group = group(named: name)
        let tail = groups[Int(group)].tail
        slots[Int(index)].group = group
        slots[Int(index)].previous = tail
        if tail == GroupLedger.none {
            groups[Int(group)].head = index
        } else {
            slots[Int(tail)].next = index
        }
        groups[Int(group)].tail = index
    }

    private mutating func group(named name: UInt64) -> Int32 {
        if let known = groupNamed[name] { return known }
        let index: Int32
        if let free = freeGroups.popLast() {
            index = free
            groups[Int(free)] = Group(name: name)
        } else {
            index = Int32(groups.count)
            groups.append(Group(name: name))
        }
        groupNamed[name] = index
        return index
    }

    /// Forgets a message; true when its group got something to give by that.
    mutating func forget(_ index: Int32) -> Bool {
        let slot = slots[Int(index)]
        slotOf[slot.position] = nil
        uncount(slot)
        freeSlots.append(index)
        slots[Int(index)].state = .spent
        guard slot.group != GroupLedger.none else { return false }
        if slot.previous == GroupLedger.none {
            groups[Int(slot.group)].head = slot.next
        } else {
            slots[Int(slot.previous)].next = slot.next
        }
        if slot.next == GroupLedger.none {
            groups[Int(slot.group)].tail = slot.previous
        } else {
            slots[Int(slot.next)].previous = slot.previous
        }
        return offer(slot.group)
    }

    mutating func uncount(_ slot: Slot) {
        switch slot.state {
        case .waiting: waitingCount -= 1
        case .hidden: inFlightCount -= 1
        case .leaving: leavingCount -= 1
        // It is seen until it is in the other queue.
        case .spent: break
        }
    }

    mutating func count(_ state: State) {
        switch state {
        case .waiting: waitingCount += 1
        case .hidden: inFlightCount += 1
        case .leaving: leavingCount += 1
        case .spent: break
        }
    }

    mutating func setState(_ index: Int32, _ state: State) {
        uncount(slots[Int(index)])
        slots[Int(index)].state = state
        count(state)
    }

    /// Puts a group into the rotation if it has something to give and is not there yet; true when it was put.
    @discardableResult
    mutating func offer(_ group: Int32, first: Bool = false) -> Bool {
        guard group != GroupLedger.none, !groups[Int(group)].isInRotation else { return false }
        guard groups[Int(group)].head != GroupLedger.none else {
            release(group)
            return false
        }
        guard firstReceivable(of: group) != nil else { return false }
        groups[Int(group)].isInRotation = true
        rotationBlockedUntil = 0
        if first { rotation.pushFirst(group) } else { rotation.push(group) }
        return true
    }

    /// The first message of a group that may be received, delays aside.
    func firstReceivable(of group: Int32) -> Int32? {
        var index = groups[Int(group)].head
        while index != GroupLedger.none {
            switch slots[Int(index)].state {
            case .waiting: return index
            case .hidden, .leaving: return nil
            case .spent: index = slots[Int(index)].next
            }
        }
        return nil
    }

    /// Forgets a group without messages.
    mutating func release(_ group: Int32) {
        groupNamed[groups[Int(group)].name] = nil
        freeGroups.append(group)
    }

    mutating func hide(_ index: Int32, until visibleAt: Int64) {
        setState(index, .hidden)
        slots[Int(index)].visibleAt = visibleAt
        hidden.push(.init(visibleAt: visibleAt, position: slots[Int(index)].position))
        if hidden.entries.count > 2 * slotOf.count + 1_024 { compactHidden() }
    }

    private mutating func compactHidden() {
        hidden.rebuild(
            slotOf.values.compactMap { index in
                let slot = slots[Int(index)]
                return slot.state == .hidden
                    ? .init(visibleAt: slot.visibleAt, position: slot.position) : nil
            })
    }
}

// MARK: - What time and commits change

extension GroupLedger {
    /// Makes every message visible whose time has come. Every question that depends on the time starts with it.
    package mutating func promote(now: Int64) {
        while let top = hidden.top, top.visibleAt <= now {
            hidden.pop()
            guard let index = slotOf[top.position] else { continue }
            let slot = slots[Int(index)]
            guard slot.state == .hidden, slot.visibleAt == top.visibleAt else { continue }
            setState(index, .waiting)
            offer(slot.group)
        }
    }

    package mutating func committed(tip: Position, rows: Int) {
        self.tip = tip
        self.rows = rows
    }

    /// Notes messages that were sent, for the counter of delayed ones.
    package mutating func committedSends(_ count: Int, at sentAt: Int64) {
        recentSends.add(count, at: sentAt)
    }

    /// A new delay counts for what was sent already, too.
    package mutating func setDelay(seconds: Int) {
        delay = Int64(seconds) * 1_000
        scanBlockedUntil = 0
        rotationBlockedUntil = 0
    }

    /// Forgets messages whose rows are gone; true when something can be received that could not be before.
    package mutating func remove(_ positions: some Sequence<Position>) -> Bool {
        let wasFull = !hasRoom && cursor < tip
        var frees = false
        for position in positions {
            if let index = slotOf[position], forget(index) { frees = true }
        }
        if slotOf.isEmpty { forgetAll() }
        return frees || wasFull && hasRoom
    }

    /// Forgets every message up to a position: purged, or past retention.
    package mutating func raiseFloor(to position: Position, isPurge: Bool) -> Bool {
        floor = max(floor, position)
        cursor = max(cursor, position)
        scanBlockedUntil = 0
        if isPurge {
            recentSends = RecentSends()
            attempts = ReceiveAttempts()
        }
        return remove(slotOf.keys.filter { $0 <= position })
    }

    /// Gives memory back after a large backlog.
    private mutating func forgetAll() {
        guard slots.count > 4_096, resting.isEmpty else { return }
        slots = []
        freeSlots = []
        groups = []
        freeGroups = []
        groupNamed = [:]
        rotation = GroupRotation()
        hidden = VisibilityHeap()
    }
}

// MARK: - Questions

extension GroupLedger {
    /// The hash of the group of a message that is known and whose row was read.
    package func groupName(of position: Position) -> UInt64? {
        guard let index = slotOf[position], slots[Int(index)].group != GroupLedger.none else { return nil }
        return groups[Int(slots[Int(index)].group)].name
    }

    var hasRoom: Bool { slotOf.count < GroupLedger.lookAhead }

    /// True when unread rows may be read now.
    package func mayReadOn(now: Int64) -> Bool { cursor < tip && hasRoom && scanBlockedUntil <= now }

    /// Messages behind a locked group count as visible, as on AWS.
    package mutating func counters(now: Int64) -> QueueCounters {
        promote(now: now)
        let delayed = delay > 0 ? recentSends.count(after: now - delay) : 0
        return QueueCounters(
            visible: max(0, rows - inFlightCount - leavingCount - delayed), inFlight: inFlightCount,
            delayed: min(delayed, rows))
    }

    /// `now` when a receive may find something, else the next moment it may, or `nil` for "after a commit".
    package mutating func nextVisible(now: Int64) -> Int64? {
        promote(now: now)
        var moments: [Int64] = []
        dropFirstIdle()
        if !rotation.isEmpty {
            guard rotationBlockedUntil > now else { return now }
            moments.append(rotationBlockedUntil)
        }
        if mayReadOn(now: now) { return now }
        if cursor < tip, scanBlockedUntil > now { moments.append(scanBlockedUntil) }
        while let top = hidden.top {
            if let index = slotOf[top.position], slots[Int(index)].state == .hidden,
                slots[Int(index)].visibleAt == top.visibleAt
            {
                moments.append(top.visibleAt)
                break
            }
            hidden.pop()
        }
        return moments.min()
    }

    /// Takes groups out of the rotation's front that have lost what they had to give.
    private mutating func dropFirstIdle() {
        while let group = rotation.first, firstReceivable(of: group) == nil {
            _ = rotation.pop()
            groups[Int(group)].isInRotation = false
            if groups[Int(group)].head == GroupLedger.none { release(group) }
        }
    }

    /// What has to be kept of a message whose receive or visibility has just changed.
    package func note(of position: Position) -> LeaseNote? {
        slotOf[position].map { index in
            let slot = slots[Int(index)]
            return LeaseNote(
                position: position, receiveCount: slot.receiveCount, firstReceivedAt: slot.firstReceivedAt,
                lastReceivedAt: slot.lastReceivedAt, visibleAt: slot.visibleAt)
        }
    }

    func isBeyondLongestLease(_ slot: Slot, _ visibleAt: Int64) -> Bool {
        // In whole seconds, so that the longest time is there for who asks at once.
        let total = (visibleAt - slot.lastReceivedAt) / 1_000 * 1_000
        return slot.lastReceivedAt > 0 && total > GroupLedger.longestLease
    }
}
