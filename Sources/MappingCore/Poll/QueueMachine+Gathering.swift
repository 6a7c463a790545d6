import EventModel

// From the permit to a closed batch: one slot at a time.

extension QueueMachine {
    /// Starts whatever is due and possible.
    mutating func proceed(now: Timestamp, into effects: inout [Effect]) {
        wakeDue(now: now, into: &effects)
        sendNext(into: &effects)
        guard phase == .running else { return }
        if let gatherer {
            switch slots[gatherer].stage {
            case .gathering(let fill): gather(fill, in: gatherer, now: now, into: &effects)
            case .parked:
                if mayAskToGather { ask(.gather, for: gatherer, into: &effects) }
            case .free, .asking, .receiving, .ready, .behind, .invoking, .holding: break
            }
        }
        guard gatherer == nil, mayHaveMessages, occupiedSlots < scale.level, mayAskToGather,
            mayPoll(now: now)
        else { return }
        let slot = takeFreeSlot()
        gatherer = slot
        ask(.gather, for: slot, into: &effects)
    }

    /// Receipts are running out for those in line, so they come first.
    private var mayAskToGather: Bool { !arePermitsScarce && sendsAsking == 0 && line.first == nil }

    mutating func ask(_ errand: Errand, for slot: Slot, into effects: inout [Effect]) {
        slots[slot].stage = .asking(errand)
        effects.append(.requestPermit(slot))
    }

    mutating func grant(_ slot: Slot, now: Timestamp, into effects: inout [Effect]) {
        guard case .asking(let errand) = slots[slot].stage else {
            preconditionFailure("permits are granted to those who asked")
        }
        if case .send = errand { sendsAsking -= 1 }
        if phase == .stopping {
            effects.append(.releasePermit(slot))
            return abandon(slot, into: &effects)
        }
        switch errand {
        case .gather: receive(after: BatchFill(), into: slot, now: now, effects: &effects)
        case .send(let batch): send(batch, from: slot, now: now, into: &effects)
        }
    }

    private mutating func receive(
        after fill: BatchFill, into slot: Slot, now: Timestamp, effects: inout [Effect]
    ) {
        mayHaveMessages = false
        slots[slot].stage = .receiving(fill, changed: false)
        var limit = settings.batch.size - fill.count
        if pace != nil {
            pace?.polled(now: now)
            limit = min(limit, PollerScaling.Limits.messagesPerPoll)
        }
        effects.append(
            .receive(
                slot, limit: limit, bytes: settings.batch.eventBytes - fill.eventBytes,
                visibility: settings.receiveVisibility))
    }

    mutating func take(
        _ received: ReceivedMessages, into slot: Slot, now: Timestamp, effects: inout [Effect]
    ) {
        guard case .receiving(let fill, let changed) = slots[slot].stage else {
            preconditionFailure("messages arrive where they were asked for")
        }
        mayHaveMessages = changed || !(received.isExhausted || received.messages.isEmpty)
        if slots[slot].held.isEmpty {
            let start = slots[slot].windowStart
            slots[slot].windowStart = settings.batch.currentWindow(from: start, now: now)
        }
        hold(received, in: slot)
        if let pollers = scale.scaling.pollers(at: scale.level) {
            let bytes = received.messages.reduce(0) { $0 + $1.encodedBytes }
            pace?.received(bytes: bytes, by: pollers, now: now)
        }
        guard phase == .running, !slots[slot].held.isEmpty else {
            effects.append(.releasePermit(slot))
            return abandon(slot, into: &effects)
        }
        slots[slot].stage = .gathering(fill)
    }

    private mutating func hold(_ received: ReceivedMessages, in slot: Slot) {
        let count = slots[slot].held.count + received.messages.count
        if slots[slot].held.capacity < count {
            slots[slot].held.reserveCapacity(max(count, 2 * slots[slot].held.count))
        }
        for message in received.messages {
            slots[slot].held.append(HeldMessage(message, leaseDeadline: received.leaseDeadline))
            if message.group != nil { slots[slot].hasGroups = true }
        }
    }

    /// Sends the batch when it is due, or receives more when there may be more.
    private mutating func gather(
        _ filled: BatchFill, in slot: Slot, now: Timestamp, into effects: inout [Effect]
    ) {
        var fill = filled
        let full = fill.extend(over: slots[slot].held.count, within: settings.batch) {
            Int(slots[slot].held[$0].encodedBytes)
        }
        let window = settings.batch.window
        let due: BatchClosing? =
            if window == .zero { .available } else { slots[slot].windowStart + window <= now ? .window : nil }
        if let closing = full ?? due {
            gatherer = nil
            let batch = close(0..<fill.count, in: slot, closing, into: &effects)
            send(batch, from: slot, now: now, into: &effects)
        } else if mayHaveMessages, mayPoll(now: now) {
            receive(after: fill, into: slot, now: now, effects: &effects)
        } else {
            slots[slot].stage = .gathering(fill)
        }
    }

    mutating func close(
        _ messages: Range<Int>, in slot: Slot, _ closing: BatchClosing, into effects: inout [Effect]
    ) -> Batch {
        requests += 1
        effects.append(.explain(.batchClosed(count: messages.count, closing, request: requests)))
        let first = slots[slot].held[messages.lowerBound].leaseDeadline
        let deadline = slots[slot].held[messages].reduce(first) { min($0, $1.leaseDeadline) }
        return Batch(request: requests, messages: messages, leaseDeadline: deadline)
    }
}
