import EventModel

// From the permit to the end of an invocation, one slot at a time.

extension QueueMachine {
    /// Starts whatever is due and possible.
    mutating func proceed(now: Timestamp, into effects: inout [Effect]) {
        for slot in slots.indices { resume(slot, now: now, into: &effects) }
        guard phase == .running else { return }
        if let gatherer, case .gathering(let fill) = slots[gatherer].stage {
            gather(fill, in: gatherer, now: now, into: &effects)
        }
        guard gatherer == nil, mayHaveMessages, occupiedSlots < limit.current(now: now) else { return }
        guard let slot = slots.firstIndex(where: { $0.stage == .free }) else { return }
        gatherer = slot
        ask(.gather, for: slot, into: &effects)
    }

    /// Tries a held batch again, or gives it up when its receipts have ended.
    private mutating func resume(_ slot: Slot, now: Timestamp, into effects: inout [Effect]) {
        switch slots[slot].stage {
        case .holding(let batch, let until):
            if batch.leaseDeadline <= now {
                leaveExpired(batch, in: slot, now: now, into: &effects)
            } else if until <= now {
                ask(.send(batch), for: slot, into: &effects)
            }
        case .parked(.send(let batch)):
            if batch.leaseDeadline <= now { leaveExpired(batch, in: slot, now: now, into: &effects) }
        case .free, .asking, .parked(.gather), .receiving, .gathering, .invoking: break
        }
    }

    mutating func ask(_ errand: Errand, for slot: Slot, into effects: inout [Effect]) {
        slots[slot].stage = .asking(errand)
        effects.append(.requestPermit(slot))
    }

    mutating func grant(_ slot: Slot, now: Timestamp, into effects: inout [Effect]) {
        guard case .asking(let errand) = slots[slot].stage else {
            preconditionFailure("permits are granted to those who asked")
        }
        if phase == .stopping {
            effects.append(.releasePermit(slot))
            return abandon(slot, into: &effects)
        }
        switch errand {
        case .gather: receive(after: BatchFill(), into: slot, effects: &effects)
        case .send(let batch):
            if batch.leaseDeadline <= now {
                effects.append(.releasePermit(slot))
                leaveExpired(batch, in: slot, now: now, into: &effects)
            } else {
                invoke(batch, in: slot, into: &effects)
            }
        }
    }
}

// MARK: - Gathering

extension QueueMachine {
    private mutating func receive(after fill: BatchFill, into slot: Slot, effects: inout [Effect]) {
        mayHaveMessages = false
        slots[slot].stage = .receiving(fill, changed: false)
        effects.append(
            .receive(
                slot, limit: settings.batch.size - fill.count,
                bytes: settings.batch.eventBytes - fill.eventBytes,
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
        for message in received.messages {
            slots[slot].held.append(
                HeldMessage(encodedBytes: message.encodedBytes, leaseDeadline: received.leaseDeadline))
        }
        precondition(slots[slot].held.count <= settings.batch.size, "a receive keeps to its limit")
        guard phase == .running, !slots[slot].held.isEmpty else {
            effects.append(.releasePermit(slot))
            return abandon(slot, into: &effects)
        }
        slots[slot].stage = .gathering(fill)
    }

    /// Sends the batch when it is due, or receives more when there may be more.
    private mutating func gather(
        _ filled: BatchFill, in slot: Slot, now: Timestamp, into effects: inout [Effect]
    ) {
        var fill = filled
        let full = fill.extend(over: slots[slot].held.count, within: settings.batch) {
            slots[slot].held[$0].encodedBytes
        }
        let window = settings.batch.window
        let due: BatchClosing? =
            if window == .zero { .available } else { slots[slot].windowStart + window <= now ? .window : nil }
        if let closing = full ?? due {
            gatherer = nil
            let batch = close(0..<fill.count, in: slot, closing, into: &effects)
            if batch.leaseDeadline <= now {
                // Only with a visibility timeout that is shorter than the shell's way here.
                effects.append(.releasePermit(slot))
                leaveExpired(batch, in: slot, now: now, into: &effects)
            } else {
                invoke(batch, in: slot, into: &effects)
            }
        } else if mayHaveMessages {
            receive(after: fill, into: slot, effects: &effects)
        } else {
            slots[slot].stage = .gathering(fill)
        }
    }

    private mutating func close(
        _ messages: Range<Int>, in slot: Slot, _ closing: BatchClosing, into effects: inout [Effect]
    ) -> Batch {
        requests += 1
        effects.append(.explain(.batchClosed(count: messages.count, closing, request: requests)))
        let first = slots[slot].held[messages.lowerBound].leaseDeadline
        let deadline = slots[slot].held[messages].reduce(first) { min($0, $1.leaseDeadline) }
        return Batch(request: requests, messages: messages, leaseDeadline: deadline)
    }
}

// MARK: - Invoking

extension QueueMachine {
    private mutating func invoke(_ batch: Batch, in slot: Slot, into effects: inout [Effect]) {
        invocations += 1
        slots[slot].stage = .invoking(batch, invocations)
        effects.append(
            .invoke(
                slot,
                QueueInvocationPlan(
                    invocation: invocations, request: batch.request, isRepeat: batch.misses > 0,
                    messages: batch.messages)))
    }

    mutating func conclude(
        _ batch: Batch, in slot: Slot, _ outcome: InvocationOutcome, now: Timestamp,
        into effects: inout [Effect]
    ) {
        switch outcome {
        case .succeeded:
            effects.append(.delete(slot, .range(batch.messages)))
        case .partiallyFailed(let indices):
            settle(batch, in: slot, failed: indices, into: &effects)
        case .failed(let failure):
            let count = batch.messages.count
            effects.append(.explain(.batchFailed(count: count, failure, request: batch.request)))
            effects.append(.leave(slot, .range(batch.messages)))
            if !settings.reportsBatchItemFailures { reduce(now: now, into: &effects) }
        case .notReached(let reason):
            reduce(now: now, into: &effects)
            if phase == .stopping { return abandon(slot, into: &effects) }
            return hold(batch, in: slot, reason, now: now, into: &effects)
        }
        goOn(after: batch, in: slot, now: now, into: &effects)
    }

    /// Deletes what did not fail and leaves the rest.
    private func settle(_ batch: Batch, in slot: Slot, failed: [Int], into effects: inout [Effect]) {
        let first = batch.messages.lowerBound
        let left = failed.map { $0 + first }
        precondition(left.allSatisfy(batch.messages.contains), "batch item failures are items of the batch")
        let kept = Set(left)
        let done = batch.messages.filter { !kept.contains($0) }
        effects.append(
            .explain(.partiallyFailed(deleted: done.count, left: left.count, request: batch.request)))
        if !done.isEmpty { effects.append(.delete(slot, .some(done))) }
        if !left.isEmpty { effects.append(.leave(slot, .some(left))) }
    }

    private mutating func hold(
        _ given: Batch, in slot: Slot, _ reason: Unreachable, now: Timestamp, into effects: inout [Effect]
    ) {
        var batch = given
        batch.misses += 1
        let delay = settings.backOff.delay(afterAttempt: batch.misses, salt: UInt64(batch.request))
        let count = batch.messages.count
        effects.append(.explain(.waiting(count: count, reason, request: batch.request, delay: delay)))
        slots[slot].stage = .holding(batch, until: now + delay)
    }

    /// Leaves a batch whose receipts have ended.
    private mutating func leaveExpired(
        _ batch: Batch, in slot: Slot, now: Timestamp, into effects: inout [Effect]
    ) {
        effects.append(.explain(.leaseExpired(count: batch.messages.count, request: batch.request)))
        effects.append(.leave(slot, .range(batch.messages)))
        goOn(after: batch, in: slot, now: now, into: &effects)
    }

    /// Frees the slot, or sends what was received with the batch and did not fit into its event.
    private mutating func goOn(
        after batch: Batch, in slot: Slot, now: Timestamp, into effects: inout [Effect]
    ) {
        slots[slot].windowStart = now
        let first = batch.messages.upperBound
        let left = first..<slots[slot].held.count
        guard !left.isEmpty else { return vacate(slot, into: &effects) }
        guard phase == .running else { return giveBack(left, of: slot, into: &effects) }
        var fill = BatchFill()
        let full = fill.extend(over: left.count, within: settings.batch) {
            slots[slot].held[first + $0].encodedBytes
        }
        // Its receipts are running out, so what is left over does not wait for company.
        let next = close(first..<first + fill.count, in: slot, full ?? .available, into: &effects)
        slots[slot].stage = .holding(next, until: now)
        resume(slot, now: now, into: &effects)
    }

    private mutating func reduce(now: Timestamp, into effects: inout [Effect]) {
        guard limit.reduce(now: now) else { return }
        effects.append(.explain(.concurrencyReduced(to: limit.current(now: now))))
    }

    mutating func vacate(_ slot: Slot, into effects: inout [Effect]) {
        if !slots[slot].held.isEmpty {
            slots[slot].held.removeAll(keepingCapacity: true)
            effects.append(.release(slot))
        }
        slots[slot].stage = .free
        if gatherer == slot { gatherer = nil }
    }
}
