package import EventModel

extension GroupLedger {
    /// What the row of a message that is read on tells.
    package struct Row: Equatable, Sendable {
        package var position: Position
        /// A hash of the group's ID; two groups that share one are served as one.
        package var group: UInt64
        package var sentAt: Int64
        /// Until when it was hidden when the store was closed, or 0.
        package var visibleAt: Int64
        package var receiveCount: Int32
        package var firstReceivedAt: Int64
        /// Receives counted before the message came to this queue as a dead letter.
        package var arrivedCount: Int32

        package init(
            position: Position, group: UInt64, sentAt: Int64, visibleAt: Int64 = 0, receiveCount: Int32 = 0,
            firstReceivedAt: Int64 = 0, arrivedCount: Int32 = 0
        ) {
            self.position = position
            self.group = group
            self.sentAt = sentAt
            self.visibleAt = visibleAt
            self.receiveCount = receiveCount
            self.firstReceivedAt = firstReceivedAt
            self.arrivedCount = arrivedCount
        }
    }

    /// What a receive asks for.
    package struct Request: Sendable {
        package var maximum: Int
        package var now: Int64
        package var visibleAt: Int64
        package var maxReceiveCount: Int?
        /// Messages sent at or before it are past retention.
        package var oldestSent: Int64
        /// Messages moved to the dead-letter queue by one receive.
        package var spentLimit: Int
        /// Groups that get no turn, by the hashes of their IDs.
        package var passedOver: Set<UInt64>

        package init(
            maximum: Int, now: Int64, visibleAt: Int64, maxReceiveCount: Int? = nil,
            oldestSent: Int64 = .min, spentLimit: Int = .max, passedOver: Set<UInt64> = []
        ) {
            self.maximum = maximum
            self.now = now
            self.visibleAt = visibleAt
            self.maxReceiveCount = maxReceiveCount
            self.oldestSent = oldestSent
            self.spentLimit = spentLimit
            self.passedOver = passedOver
        }
    }

    /// What a receive got so far.
    package struct Taken: Equatable, Sendable {
        package var leases: [LeaseLedger.Lease] = []
        /// Received too often: they are leaving now, and whoever asked moves them.
        package var spent: [LeaseLedger.Lease] = []
        /// How many groups with something to give were passed over.
        package var passedOver = 0

        package init() {}
    }
}

// MARK: - Reading on

extension GroupLedger {
    /// Takes up rows that follow the cursor, in order. It stops early at the look-ahead's end and at a delayed message.
    ///
    /// - Returns: False when it stopped early.
    @discardableResult
    package mutating func admit(_ rows: [Row], now: Int64, oldestSent: Int64 = .min) -> Bool {
        for row in rows {
            // A purge may have overtaken the reading.
            guard row.position > cursor, row.position > floor else { continue }
            guard row.sentAt > oldestSent else {
                cursor = row.position
                continue
            }
            let adopted = slotOf[row.position]
            guard adopted != nil || hasRoom else { return false }
            // Whoever was sent later is delayed, too.
            if adopted == nil, row.receiveCount == 0, row.sentAt + delay > now {
                scanBlockedUntil = row.sentAt + delay
                return false
            }
            cursor = row.position
            let index = adopted ?? admit(row, now: now)
            slots[Int(index)].sentAt = row.sentAt
            slots[Int(index)].arrivedCount = row.arrivedCount
            link(index, toGroupNamed: row.group)
            offer(slots[Int(index)].group)
        }
        return true
    }

    private mutating func admit(_ row: Row, now: Int64) -> Int32 {
        var slot = Slot(position: row.position)
        slot.receiveCount = row.receiveCount
        slot.firstReceivedAt = row.firstReceivedAt
        slot.visibleAt = row.visibleAt
        let index = makeSlot(slot)
        waitingCount += 1
        if row.receiveCount > 0, row.visibleAt > now { hide(index, until: row.visibleAt) }
        return index
    }

    /// Ends a reading that found no more rows up to `position`.
    package mutating func finishReading(at position: Position) { cursor = max(cursor, min(position, tip)) }

    /// Takes up a message that was received before the store was opened and whose row is not read yet.
    package mutating func adopt(_ note: LeaseNote, now: Int64) {
        guard note.position > floor, note.position > cursor, note.receiveCount > 0,
            slotOf[note.position] == nil
        else { return }
        var slot = Slot(position: note.position)
        slot.receiveCount = note.receiveCount
        slot.firstReceivedAt = note.firstReceivedAt
        slot.lastReceivedAt = note.lastReceivedAt
        slot.visibleAt = note.visibleAt
        let index = makeSlot(slot)
        waitingCount += 1
        if note.visibleAt > now { hide(index, until: note.visibleAt) }
    }
}

// MARK: - Receiving

extension GroupLedger {
    /// Leases what the rotation gives, until there are `maximum` leases: all it can from the first group, then from the
    /// next ones, each in order. Ends with `endReceive`; until then it may be called again, after reading on.
    package mutating func take(_ request: Request, into taken: inout Taken) {
        while taken.leases.count < request.maximum, taken.spent.count < request.spentLimit,
            let group = rotation.pop()
        {
            guard request.passedOver.isEmpty || !request.passedOver.contains(groups[Int(group)].name) else {
                passOver(group, request, &taken)
                continue
            }
            let before = taken.leases.count
            let delayedUntil = serve(group, request, &taken)
            // With a timeout of 0 a group can be served again at once, but not by the same receive.
            let isOpen = taken.leases.count > before && request.visibleAt <= request.now
            if let delayedUntil, !isOpen {
                resting.append((group, delayedUntil))
            } else if isOpen || taken.spent.count >= request.spentLimit {
                resting.append((group, 0))
            } else {
                groups[Int(group)].isInRotation = false
                if groups[Int(group)].head == GroupLedger.none { release(group) }
            }
        }
    }

    /// Keeps a group's turn for the next receive.
    private mutating func passOver(_ group: Int32, _ request: Request, _ taken: inout Taken) {
        let first = firstReceivable(of: group).map { slots[Int($0)] }
        let delayedUntil = first.map { $0.receiveCount == 0 ? $0.sentAt + delay : 0 } ?? 0
        if first != nil, delayedUntil <= request.now { taken.passedOver += 1 }
        resting.append((group, delayedUntil > request.now ? delayedUntil : 0))
    }

    /// Ends a receive: groups that were served and have more to give already go to the back.
    package mutating func endReceive() {
        let isBlocked = rotation.isEmpty && resting.allSatisfy { $0.delayedUntil > 0 }
        let blockedUntil = isBlocked ? resting.map(\.delayedUntil).min() ?? 0 : 0
        for (group, _) in resting {
            groups[Int(group)].isInRotation = false
            offer(group)
        }
        resting.removeAll(keepingCapacity: resting.count <= 1_024)
        rotationBlockedUntil = blockedUntil
    }

    /// Walks along a group's line as far as it may.
    ///
    /// - Returns: When its next message is no longer delayed, if that is what ended the walk.
    private mutating func serve(_ group: Int32, _ request: Request, _ taken: inout Taken) -> Int64? {
        var index = groups[Int(group)].head
        while index != GroupLedger.none {
            let slot = slots[Int(index)]
            defer { index = slot.next }
            switch slot.state {
            case .spent: continue
            case .hidden, .leaving: return nil
            case .waiting: break
            }
            guard taken.leases.count < request.maximum, taken.spent.count < request.spentLimit else {
                return nil
            }
            if slot.receiveCount == 0, slot.sentAt + delay > request.now { return slot.sentAt + delay }
            if slot.sentAt <= request.oldestSent {
                _ = forget(index)
            } else if let limit = request.maxReceiveCount,
                Int(slot.receiveCount) >= limit + Int(slot.arrivedCount)
            {
                setState(index, .spent)
                taken.spent.append(lease(of: slot))
            } else {
                // What this receive leases does not stop its own walk.
                lease(index, request)
                taken.leases.append(lease(of: slots[Int(index)]))
            }
        }
        return nil
    }

    private mutating func lease(_ index: Int32, _ request: Request) {
        slots[Int(index)].receiveCount += 1
        if slots[Int(index)].firstReceivedAt == 0 { slots[Int(index)].firstReceivedAt = request.now }
        slots[Int(index)].lastReceivedAt = request.now
        if request.visibleAt > request.now {
            hide(index, until: request.visibleAt)
        } else {
            slots[Int(index)].visibleAt = request.visibleAt
        }
    }

    private func lease(of slot: Slot) -> LeaseLedger.Lease {
        LeaseLedger.Lease(
            position: slot.position, receiveCount: slot.receiveCount, firstReceivedAt: slot.firstReceivedAt)
    }

    /// Gives back what was just leased, as if it had not been taken; the last one first.
    package mutating func putBack(_ position: Position, now: Int64) {
        guard let index = slotOf[position], slots[Int(index)].receiveCount > 0 else { return }
        let slot = slots[Int(index)]
        guard slot.state == .hidden || slot.state == .waiting && slot.visibleAt <= now else { return }
        slots[Int(index)].receiveCount -= 1
        if slot.receiveCount == 1 { slots[Int(index)].firstReceivedAt = 0 }
        slots[Int(index)].visibleAt = now
        setState(index, .waiting)
        offer(slot.group, first: true)
    }
}

// MARK: - Receiving again

extension GroupLedger {
    /// Remembers what a receive with an attempt's ID got.
    package mutating func remember(_ attempt: String, _ leases: [LeaseLedger.Lease], _ request: Request) {
        guard !leases.isEmpty else { return }
        attempts.add(
            leases.map {
                .init(position: $0.position, serial: $0.receiveCount, visibleAt: request.visibleAt)
            }, for: attempt, now: request.now)
    }

    /// The leases of an attempt of the last five minutes, hidden anew; `nil` when there was none, or when one of them
    /// expired, was deleted or had its visibility changed since.
    package mutating func repeated(_ attempt: String, _ request: Request) -> [LeaseLedger.Lease]? {
        guard let known = attempts[attempt] else { return nil }
        let isWhole =
            request.now < known.madeAt + ReceiveAttempts.memory
            && known.leases.allSatisfy { lease in
                guard let index = slotOf[lease.position] else { return false }
                let slot = slots[Int(index)]
                return slot.state == .hidden && slot.receiveCount == lease.serial
                    && slot.visibleAt == lease.visibleAt && slot.visibleAt > request.now
            }
        guard isWhole else {
            attempts[attempt] = nil
            return nil
        }
        var leases: [LeaseLedger.Lease] = []
        for place in known.leases.indices {
            guard let index = slotOf[known.leases[place].position] else { continue }
            setVisibility(index, until: request.visibleAt, now: request.now)
            attempts[attempt]?.leases[place].visibleAt = request.visibleAt
            leases.append(lease(of: slots[Int(index)]))
        }
        return leases
    }
}
