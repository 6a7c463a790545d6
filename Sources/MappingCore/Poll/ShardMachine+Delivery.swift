import EventModel

// One batch on its way: `process` of the reference algorithm (esm-streams.md §4.7), with the recursion turned into
// `cut`, the sizes of the batches that are still to come from the one in hand.

extension ShardMachine {
    /// Gives up what is too old, then invokes the function with the rest, if any.
    mutating func attempt(_ given: Batch, now: Timestamp, into effects: inout [Effect]) {
        var batch = given
        let expired = expiredPrefix(of: batch, now: now)
        if expired > 0 {
            let span = buffer.span(0..<expired)
            let oldest = now - buffer[0].arrival
            effects.append(.explain(.ageExceeded(span, request: batch.request, oldest: oldest)))
            // The attempt that does not happen is counted, as recorded on AWS.
            discardFirst(
                expired, of: batch, .recordAgeExceeded, invokeCount: batch.failedAttempts + 1, .absent,
                into: &effects)
            batch.count -= expired
        }
        guard batch.count > 0 else {
            phase = .collecting(BatchFill(), windowStart: now)
            return
        }
        let eventBytes = buffer[0].encodedBytes + settings.batch.envelopeBytes
        if batch.count == 1, eventBytes > settings.batch.eventBytes {
            if batch.failedAttempts == 0 {
                let span = buffer.span(0..<1)
                effects.append(.explain(.oversized(span, request: batch.request, eventBytes: eventBytes)))
            }
            fail(batch, .oversized, now: now, into: &effects)
        } else {
            invoke(batch, into: &effects)
        }
    }

    private func expiredPrefix(of batch: Batch, now: Timestamp) -> Int {
        guard let limit = settings.ageLimit else { return 0 }
        var expired = 0
        while expired < batch.count, now - buffer[expired].arrival > limit { expired += 1 }
        return expired
    }

    private mutating func invoke(_ given: Batch, into effects: inout [Effect]) {
        var batch = given
        invocations += 1
        let plan = InvocationPlan(
            invocation: invocations, request: batch.request, attempt: batch.failedAttempts + 1,
            isRepeat: batch.wasInvoked, records: buffer.span(0..<batch.count))
        batch.wasInvoked = true
        phase = .invoking(batch, plan, thenStop: false)
        effects.append(.invoke(plan))
    }

    /// Takes the outcome of the batch in hand and leaves a phase from which `proceed` goes on.
    mutating func conclude(
        _ batch: Batch, _ outcome: InvocationOutcome, now: Timestamp, into effects: inout [Effect]
    ) {
        switch outcome {
        case .succeeded:
            settleFirst(batch.count, into: &effects)
            phase = .collecting(BatchFill(), windowStart: now)
        case .partiallyFailed(let indices):
            guard let lowest = indices.first, (0..<batch.count).contains(lowest) else {
                preconditionFailure("batch item failures are items of the batch")
            }
            guard lowest > 0 else { return fail(batch, .noProgress, now: now, into: &effects) }
            advance(batch, to: lowest, now: now, into: &effects)
        case .failed(let failure):
            fail(batch, failure, now: now, into: &effects)
        case .notReached(let reason):
            wait(batch, after: reason, now: now, into: &effects)
        }
    }

    /// The records before `index` succeeded; the rest is a new batch, with a new request and all its retries.
    private mutating func advance(
        _ batch: Batch, to index: Int, now: Timestamp, into effects: inout [Effect]
    ) {
        let settled = buffer.span(0..<index)
        let rest = buffer.span(index..<batch.count)
        effects.append(.explain(.partialProgress(settled: settled, rest: rest, request: batch.request)))
        settleFirst(index, into: &effects)
        cut.append(batch.count - index)
        phase = .collecting(BatchFill(), windowStart: now)
    }

    private mutating func fail(
        _ given: Batch, _ failure: InvocationFailure, now: Timestamp, into effects: inout [Effect]
    ) {
        var batch = given
        batch.failedAttempts += 1
        batch.misses = 0
        batch.lastFailure = failure
        if settings.bisectsOnError, batch.count > 1 {
            bisect(batch, failure, now: now, into: &effects)
        } else if let retries = settings.maximumRetryAttempts, batch.failedAttempts > retries {
            discardFirst(
                batch.count, of: batch, .retryAttemptsExhausted, invokeCount: batch.failedAttempts,
                failure.responseContext, into: &effects)
            phase = .collecting(BatchFill(), windowStart: now)
        } else {
            retry(batch, failure, now: now, into: &effects)
        }
    }

    /// The first half is delivered to its very end before the second half begins.
    private mutating func bisect(
        _ batch: Batch, _ failure: InvocationFailure, now: Timestamp, into effects: inout [Effect]
    ) {
        let half = batch.count / 2
        let left = buffer.span(0..<half)
        let right = buffer.span(half..<batch.count)
        effects.append(.explain(.bisected(left: left, right: right, request: batch.request, failure)))
        cut.append(batch.count - half)
        cut.append(half)
        phase = .collecting(BatchFill(), windowStart: now)
    }

    private mutating func retry(
        _ batch: Batch, _ failure: InvocationFailure, now: Timestamp, into effects: inout [Effect]
    ) {
        let delay = settings.backOff.delay(
            afterAttempt: batch.failedAttempts, salt: UInt64(batch.request))
        effects.append(
            .explain(
                .retryScheduled(
                    buffer.span(0..<batch.count), request: batch.request,
                    failedAttempts: batch.failedAttempts, failure, delay: delay)))
        phase = .waiting(batch, .failed(failure, attempts: batch.failedAttempts), until: now + delay)
    }

    /// Waits for the function without spending a retry; ends when it is reached or the records are too old.
    private mutating func wait(
        _ given: Batch, after reason: Unreachable, now: Timestamp, into effects: inout [Effect]
    ) {
        var batch = given
        batch.misses += 1
        let delay = settings.backOff.delay(afterAttempt: batch.misses, salt: UInt64(batch.request))
        let span = buffer.span(0..<batch.count)
        effects.append(.explain(.waiting(span, request: batch.request, reason, delay: delay)))
        phase = .waiting(batch, .notReached(reason), until: now + delay)
    }

    private mutating func discardFirst(
        _ count: Int, of batch: Batch, _ condition: DiscardedBatch.Condition, invokeCount: Int,
        _ responseContext: ResponseContext, into effects: inout [Effect]
    ) {
        let records = buffer.span(0..<count)
        let discarded = DiscardedBatch(
            records: records, condition: condition, approximateInvokeCount: invokeCount,
            responseContext: responseContext, request: batch.request, checkpoint: removeFirst(count))
        effects.append(.explain(.discarded(discarded, batch.lastFailure)))
        effects.append(.discard(discarded))
        effects.append(.release(through: discarded.checkpoint))
    }
}
