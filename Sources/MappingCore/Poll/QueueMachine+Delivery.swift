import EventModel

// From a closed batch to the end of its messages.

extension QueueMachine {
    /// Puts a closed batch in line for a permit.
    mutating func lineUp(_ batch: Batch, in slot: Slot, first: Bool = false) {
        slots[slot].stage = .ready(batch)
        if first { line.putBack(slot) } else { line.append(slot) }
        watch(slot, until: batch.leaseDeadline)
    }

    /// Asks for the first in line; one at a time, because the others would get the same answer.
    mutating func sendNext(into effects: inout [Effect]) {
        while let slot = line.first {
            guard slots.indices.contains(slot), case .ready(let batch) = slots[slot].stage else {
                line.removeFirst()
                continue
            }
            if isBehindOthers(batch, in: slot) {
                line.removeFirst()
                waitBehindOthers(batch, in: slot, into: &effects)
                continue
            }
            guard sendsAsking == 0, !arePermitsScarce, inFlightBatches < scale.level else { return }
            line.removeFirst()
            sendsAsking += 1
            slots[slot].due = nil
            ask(.send(batch), for: slot, into: &effects)
        }
    }

    /// Invokes the function with the permit that the slot holds, unless that is not or no longer possible.
    mutating func send(_ batch: Batch, from slot: Slot, now: Timestamp, into effects: inout [Effect]) {
        if batch.leaseDeadline <= now {
            // When gathering: only with a visibility timeout that is shorter than the shell's way here.
            effects.append(.releasePermit(slot))
            leaveExpired(batch, in: slot, now: now, into: &effects)
        } else if isBehindOthers(batch, in: slot) {
            effects.append(.releasePermit(slot))
            waitBehindOthers(batch, in: slot, into: &effects)
        } else if inFlightBatches >= scale.level {
            // The concurrency was lowered meanwhile.
            effects.append(.releasePermit(slot))
            lineUp(batch, in: slot)
        } else {
            invoke(batch, in: slot, into: &effects)
        }
    }

    private mutating func invoke(_ batch: Batch, in slot: Slot, into effects: inout [Effect]) {
        invocations += 1
        inFlightBatches += 1
        beginWork(on: batch, in: slot)
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
        inFlightBatches -= 1
        endWork(on: batch, in: slot)
        switch outcome {
        case .succeeded:
            effects.append(.delete(slot, .range(batch.messages)))
        case .partiallyFailed(let indices):
            settle(batch, in: slot, failed: indices, into: &effects)
        case .failed(let failure):
            let count = batch.messages.count
            effects.append(.explain(.batchFailed(count: count, failure, request: batch.request)))
            leave(batch, in: slot, wasExecuted: failure != .oversized, into: &effects)
            if !settings.reportsBatchItemFailures { reduce(now: now, into: &effects) }
        case .notReached(let reason):
            reduce(now: now, into: &effects)
            if phase == .stopping { return abandon(slot, into: &effects) }
            return hold(batch, in: slot, reason, now: now, into: &effects)
        }
        goOn(after: batch, in: slot, now: now, into: &effects)
    }

    /// Deletes what did not fail and leaves the rest.
    ///
    /// In a FIFO queue, too: messages after a failed one of their group are deleted when the answer does not name them
    /// (esm-sqs.md §5).
    private mutating func settle(
        _ batch: Batch, in slot: Slot, failed: [Int], into effects: inout [Effect]
    ) {
        let first = batch.messages.lowerBound
        let left = failed.map { $0 + first }
        precondition(left.allSatisfy(batch.messages.contains), "batch item failures are items of the batch")
        let kept = Set(left)
        let done = batch.messages.filter { !kept.contains($0) }
        effects.append(
            .explain(.partiallyFailed(deleted: done.count, left: left.count, request: batch.request)))
        if !done.isEmpty { effects.append(.delete(slot, .some(done))) }
        guard !left.isEmpty else { return }
        effects.append(.leave(slot, .some(left), wasExecuted: true))
        for message in left { noteLeft(message, of: slot) }
    }

    private mutating func leave(
        _ batch: Batch, in slot: Slot, wasExecuted: Bool, into effects: inout [Effect]
    ) {
        effects.append(.leave(slot, .range(batch.messages), wasExecuted: wasExecuted))
        if slots[slot].hasGroups { for message in batch.messages { noteLeft(message, of: slot) } }
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
        watch(slot, until: min(now + delay, batch.leaseDeadline))
    }

    /// Leaves a batch whose receipts have ended.
    mutating func leaveExpired(
        _ batch: Batch, in slot: Slot, now: Timestamp, into effects: inout [Effect]
    ) {
        effects.append(.explain(.leaseExpired(count: batch.messages.count, request: batch.request)))
        leave(batch, in: slot, wasExecuted: false, into: &effects)
        goOn(after: batch, in: slot, now: now, into: &effects)
    }

    /// Frees the slot, or sends what was received with the batch and did not fit into its event.
    private mutating func goOn(
        after batch: Batch, in slot: Slot, now: Timestamp, into effects: inout [Effect]
    ) {
        slots[slot].windowStart = now
        let first = batch.messages.upperBound
        guard phase == .running else {
            return giveBack(first..<slots[slot].held.count, of: slot, into: &effects)
        }
        let left = passLeftGroups(from: first, in: slot, into: &effects)
        guard !left.isEmpty else { return vacate(slot, into: &effects) }
        var fill = BatchFill()
        let full = fill.extend(over: left.count, within: settings.batch) {
            Int(slots[slot].held[left.lowerBound + $0].encodedBytes)
        }
        // Its receipts are running out, so what is left over does not wait for company.
        let next = close(
            left.lowerBound..<left.lowerBound + fill.count, in: slot, full ?? .available, into: &effects)
        if next.leaseDeadline <= now {
            leaveExpired(next, in: slot, now: now, into: &effects)
        } else {
            lineUp(next, in: slot)
        }
    }

    private mutating func reduce(now: Timestamp, into effects: inout [Effect]) {
        guard scale.reduce(now: now) else { return }
        effects.append(.explain(.concurrencyReduced(to: scale.level)))
    }
}
