import EventModel

// Message groups of FIFO queues: one batch of a group at a time, and never one that overtakes another.
//
// The queue locks a group while a receipt of it is valid, so two batches of it meet only when an invocation outlives its
// receipts: the messages come again while the function still works on them.

extension QueueMachine {
    /// Whether another slot is at work on a group of this batch.
    func isBehindOthers(_ batch: Batch, in slot: Slot) -> Bool {
        guard slots[slot].hasGroups, !groupsAtWork.isEmpty else { return false }
        return batch.messages.contains { groupsAtWork[slots[slot].held[$0].group] != nil }
    }

    mutating func waitBehindOthers(_ batch: Batch, in slot: Slot, into effects: inout [Effect]) {
        effects.append(.explain(.waitingForGroup(count: batch.messages.count, request: batch.request)))
        slots[slot].stage = .behind(batch)
        behindOthers.append(slot)
        watch(slot, until: batch.leaseDeadline)
    }

    mutating func beginWork(on batch: Batch, in slot: Slot) {
        guard slots[slot].hasGroups else { return }
        for index in batch.messages {
            let group = slots[slot].held[index].group
            if group != HeldMessage.noGroup { groupsAtWork[group] = slot }
        }
    }

    /// Ends it, and lets those who waited for it look again.
    mutating func endWork(on batch: Batch, in slot: Slot) {
        guard slots[slot].hasGroups else { return }
        for index in batch.messages { groupsAtWork[slots[slot].held[index].group] = nil }
        guard !behindOthers.isEmpty else { return }
        let waiting = behindOthers
        behindOthers.removeAll(keepingCapacity: true)
        for slot in waiting {
            // Some have been given up since.
            if slots.indices.contains(slot), case .behind(let batch) = slots[slot].stage {
                lineUp(batch, in: slot)
            }
        }
    }

    /// What is held of the groups of these messages stays behind them.
    mutating func noteLeft(_ message: Int, of slot: Slot) {
        guard slots[slot].hasGroups else { return }
        let group = slots[slot].held[message].group
        if group != HeldMessage.noGroup, !slots[slot].leftGroups.contains(group) {
            slots[slot].leftGroups.append(group)
        }
    }

    /// Leaves the messages from here on whose group was left; returns those that come next and may be sent.
    mutating func passLeftGroups(
        from first: Int, in slot: Slot, into effects: inout [Effect]
    ) -> Range<Int> {
        let end = slots[slot].held.count
        guard !slots[slot].leftGroups.isEmpty else { return first..<end }
        let left = slots[slot].leftGroups
        let isLeft: (Int) -> Bool = { [held = slots[slot].held] in left.contains(held[$0].group) }
        let begin = (first..<end).first { !isLeft($0) } ?? end
        if begin > first {
            effects.append(.explain(.leftBehindGroup(count: begin - first)))
            effects.append(.leave(slot, .range(first..<begin), wasExecuted: false))
        }
        return begin..<((begin..<end).first(where: isLeft) ?? end)
    }
}
