import EventModel

// What becomes of a slot from its first message to its last.

extension QueueMachine {
    struct SlotState {
        var stage = Stage.free
        /// Received since the slot was last free.
        var held: [HeldMessage] = []
        /// When the slot's last invocation ended, or the machine started.
        var windowStart: Timestamp
        /// When something is due here; its entry in the heap says the same.
        var due: Timestamp?
        /// Some of the held messages are of a message group.
        var hasGroups = false
        /// Groups of which a message was left: what is held of them must not overtake it.
        var leftGroups: [Int32] = []
    }

    struct HeldMessage {
        let leaseDeadline: Timestamp
        let encodedBytes: Int32
        /// -1 for none.
        let group: Int32

        static let noGroup: Int32 = -1

        init(_ message: MessageSummary, leaseDeadline: Timestamp) {
            self.leaseDeadline = leaseDeadline
            encodedBytes = Int32(message.encodedBytes)
            group = message.group.map { Int32($0) } ?? Self.noGroup
        }
    }

    enum Stage: Equatable {
        case free
        /// The answer to a permit request is outstanding.
        case asking(Errand)
        /// No permit was free to gather with.
        case parked
        /// With a permit; `changed` tells that the answer may be older than the newest messages.
        case receiving(BatchFill, changed: Bool)
        /// With a permit and at least one message; the batching window is open.
        case gathering(BatchFill)
        case invoking(Batch, InvocationOrdinal)
        /// The function was not reached; without a permit until then.
        case holding(Batch, until: Timestamp)
        /// In line for a permit, or for the concurrency to rise.
        case ready(Batch)
        /// Another slot is still at work on one of its groups.
        case behind(Batch)
    }
}

// MARK: - Taking and leaving

extension QueueMachine {
    mutating func takeFreeSlot() -> Slot {
        if let slot = free.popLast() { return slot }
        slots.append(SlotState(windowStart: startedAt))
        return slots.count - 1
    }

    mutating func vacate(_ slot: Slot, into effects: inout [Effect]) {
        if !slots[slot].held.isEmpty {
            // Room for a large batch is not kept for each of a thousand slots.
            slots[slot].held.removeAll(keepingCapacity: slots[slot].held.count <= Self.keptMessages)
            effects.append(.release(slot))
        }
        slots[slot].stage = .free
        slots[slot].due = nil
        if slots[slot].hasGroups {
            slots[slot].hasGroups = false
            slots[slot].leftGroups = []
        }
        if gatherer == slot { gatherer = nil }
        free.append(slot)
    }

    /// After a time with many batches, an idle machine lets go of the room for them.
    mutating func shrinkWhenIdle() {
        guard free.count == slots.count, free.count > Self.keptSlots else { return }
        slots = []
        free = []
        deadlines.removeAll()
    }

    /// Messages whose room an idle slot keeps (our own).
    private static let keptMessages = 1_024
    /// Slots that an idle machine keeps (our own).
    private static let keptSlots = 64

    /// Ends what a slot without permit was doing; its messages return by visibility.
    mutating func abandon(_ slot: Slot, into effects: inout [Effect]) {
        giveBack(unconcluded(in: slot), of: slot, into: &effects)
    }

    mutating func giveBack(_ messages: Range<Int>, of slot: Slot, into effects: inout [Effect]) {
        if !messages.isEmpty {
            effects.append(.explain(.leftAtStop(count: messages.count)))
            effects.append(.leave(slot, .range(messages), wasExecuted: false))
        }
        vacate(slot, into: &effects)
    }

    func unconcluded(in slot: Slot) -> Range<Int> {
        let held = slots[slot].held.count
        switch slots[slot].stage {
        case .holding(let batch, _), .asking(.send(let batch)), .ready(let batch), .behind(let batch),
            .invoking(let batch, _):
            return batch.messages.lowerBound..<held
        case .free, .asking(.gather), .parked, .receiving, .gathering: return 0..<held
        }
    }
}

// MARK: - Deadlines

extension QueueMachine {
    mutating func watch(_ slot: Slot, until time: Timestamp) {
        guard slots[slot].due != time else { return }
        slots[slot].due = time
        if deadlines.count > 4 * slots.count + 64 { sweepDeadlines() }
        deadlines.insert(.init(time: time, slot: slot))
    }

    /// The first deadline that still holds.
    mutating func firstDeadline() -> Timestamp? {
        while let entry = deadlines.first {
            if slots[entry.slot].due == entry.time { return entry.time }
            deadlines.removeFirst()
        }
        return nil
    }

    private mutating func sweepDeadlines() {
        deadlines.removeAll()
        for slot in slots.indices {
            if let due = slots[slot].due { deadlines.insert(.init(time: due, slot: slot)) }
        }
    }

    /// Tries held batches again that are due, and gives up those whose receipts have ended.
    mutating func wakeDue(now: Timestamp, into effects: inout [Effect]) {
        while let due = firstDeadline(), due <= now, let slot = deadlines.first?.slot {
            deadlines.removeFirst()
            slots[slot].due = nil
            switch slots[slot].stage {
            case .holding(let batch, _), .ready(let batch), .behind(let batch):
                if batch.leaseDeadline <= now {
                    leaveExpired(batch, in: slot, now: now, into: &effects)
                } else {
                    lineUp(batch, in: slot)
                }
            case .free, .asking, .parked, .receiving, .gathering, .invoking:
                preconditionFailure("only batches that wait have a deadline")
            }
        }
    }
}
