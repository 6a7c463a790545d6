package import EventModel

// Tumbling windows (esm-streams.md §6). There is one lane; it is given the records of one window at a time. When it has
// settled them and the window is over, the function is called once more, without records, before the next window begins.

extension LaneMachine {
    struct Windows: Sendable {
        let length: Duration
        /// Records of it were handed out, and its end is not yet told.
        var open: TumblingWindow?
        /// Its state is too large: it ends before anything else is delivered.
        var isOverflowing = false
        var closing: Closing?
        var requests: RequestOrdinal = 0
        var invocations: InvocationOrdinal = 0
        /// Something was settled, or a window ended.
        var hasNews = false
    }

    /// The end of the open window, on its way.
    struct Closing: Equatable, Sendable {
        enum Stage: Equatable {
            case invoking(InvocationOrdinal)
            case waiting(ShardMachine.WaitReason, until: Timestamp)
        }

        let request: RequestOrdinal
        let isEarly: Bool
        var failedAttempts = 0
        var misses = 0
        var stage: Stage
    }

    /// The window that the next batch belongs to, or that is being ended.
    package var openWindow: TumblingWindow? { windows?.open }

    /// Whether a staged record may be handed out now; the first of a window opens it.
    mutating func admits(_ record: RecordSummary) -> Bool {
        guard let windows else { return true }
        guard windows.closing == nil else { return false }
        guard let open = windows.open else {
            self.windows?.open = TumblingWindow(of: record.arrival, length: windows.length)
            return true
        }
        return record.arrival < open.end
    }

    /// Ends the open window when it is due, and attempts that again when that is due; true when it is given up.
    mutating func closeWindow(now: Timestamp, into effects: inout [Effect]) -> Bool {
        guard !isStopping, let windows, let open = windows.open else { return false }
        if let closing = windows.closing {
            guard case .waiting(_, let until) = closing.stage, until <= now else { return false }
            attempt(closing, of: open, now: now, into: &effects)
            return self.windows?.open == nil
        }
        if case .invoking = lanes[0].machine.phase { return false }
        guard windows.isOverflowing || (lanes[0].machine.buffer.isEmpty && isOver(open, now: now)) else {
            return false
        }
        self.windows?.requests += 1
        let closing = Closing(
            request: windows.requests + 1, isEarly: windows.isOverflowing, stage: .invoking(0))
        attempt(closing, of: open, now: now, into: &effects)
        return self.windows?.open == nil
    }

    private func isOver(_ open: TumblingWindow, now: Timestamp) -> Bool {
        if !lanes[0].staged.isEmpty { return lanes[0].staged[0].arrival >= open.end }
        switch reading {
        case .paused(.shardEnd): return true
        case .paused(.nothing): return open.end + TumblingWindow.grace <= now
        case .underWay, .paused(.more), .paused(.changed): return false
        }
    }

    private mutating func attempt(
        _ given: Closing, of open: TumblingWindow, now: Timestamp, into effects: inout [Effect]
    ) {
        var closing = given
        if let limit = settings.ageLimit, now - open.end > limit {
            return discard(
                closing, .recordAgeExceeded, count: closing.failedAttempts + 1, .absent, now: now,
                into: &effects)
        }
        windows?.invocations += 1
        let invocation = windows?.invocations ?? 0
        closing.stage = .invoking(invocation)
        windows?.closing = closing
        effects.append(
            .invokeWindow(
                WindowPlan(
                    invocation: invocation, request: closing.request, attempt: closing.failedAttempts + 1,
                    window: open, isEarly: closing.isEarly)))
    }

    mutating func take(
        _ outcome: InvocationOutcome, ofWindow invocation: InvocationOrdinal, now: Timestamp,
        into effects: inout [Effect]
    ) {
        guard var closing = windows?.closing, closing.stage == .invoking(invocation) else { return }
        let wait: (reason: ShardMachine.WaitReason, attempt: Int)
        switch outcome {
        case .succeeded: return forgetWindow(now: now, into: &effects)
        case .partiallyFailed: preconditionFailure("an event without records has no items")
        case .failed(let failure):
            closing.failedAttempts += 1
            closing.misses = 0
            if let retries = settings.maximumRetryAttempts, closing.failedAttempts > retries {
                return discard(
                    closing, .retryAttemptsExhausted, count: closing.failedAttempts, failure.responseContext,
                    now: now, into: &effects)
            }
            wait = (.failed(failure, attempts: closing.failedAttempts), closing.failedAttempts)
        case .notReached(let reason):
            closing.misses += 1
            wait = (.notReached(reason), closing.misses)
        }
        let delay = settings.backOff.delay(afterAttempt: wait.attempt, salt: UInt64(closing.request))
        closing.stage = .waiting(wait.reason, until: now + delay)
        windows?.closing = closing
    }

    private mutating func discard(
        _ closing: Closing, _ condition: DiscardedBatch.Condition, count: Int, _ context: ResponseContext,
        now: Timestamp, into effects: inout [Effect]
    ) {
        guard let open = windows?.open else { return }
        effects.append(
            .discardWindow(
                DiscardedWindow(
                    window: open, isEarly: closing.isEarly, condition: condition,
                    approximateInvokeCount: count, responseContext: context, request: closing.request)))
        forgetWindow(now: now, into: &effects)
    }

    /// The state is done with; what is left of the time range begins with an empty one.
    private mutating func forgetWindow(now: Timestamp, into effects: inout [Effect]) {
        // Records that were handed out before an early end open the rest of the time range.
        let held = lanes[0].machine.buffer
        let length = windows?.length
        windows?.open = held.isEmpty ? nil : length.map { TumblingWindow(of: held[0].arrival, length: $0) }
        windows?.closing = nil
        windows?.isOverflowing = false
        windows?.hasNews = true
        effects.append(.dropWindowState)
        lanes[0].machine.isPaused = false
        // An input that says nothing lets it go on.
        feed(.timerFired, to: 0, now: now, into: &effects)
    }

    /// The state that the function is about to succeed with is too large.
    mutating func overflow() {
        guard windows?.open != nil else { return }
        windows?.isOverflowing = true
        lanes[0].machine.isPaused = true
    }

    /// The function can be reached again: an attempt that waits for it is due.
    mutating func endWindowWait(now: Timestamp) {
        guard case .waiting(.notReached(let reason), let until)? = windows?.closing?.stage, until > now
        else { return }
        windows?.closing?.stage = .waiting(.notReached(reason), until: now)
    }

    mutating func setBackWindowWait(by back: Duration) {
        guard case .waiting(let reason, let until)? = windows?.closing?.stage else { return }
        windows?.closing?.stage = .waiting(reason, until: until - back)
    }

    /// When the window wants to be looked at again.
    var windowWake: Timestamp? {
        guard !isStopping, let windows, let open = windows.open else { return nil }
        switch windows.closing?.stage {
        case .invoking: return nil
        case .waiting(_, let until): return until
        case nil:
            let isQuiet =
                lanes[0].machine.buffer.isEmpty && lanes[0].staged.isEmpty && reading == .paused(.nothing)
            return isQuiet ? open.end + TumblingWindow.grace : nil
        }
    }

    /// Why the end of the open window is not being told.
    package var windowWait: (reason: ShardMachine.WaitReason, until: Timestamp)? {
        guard case .waiting(let reason, let until)? = windows?.closing?.stage else { return nil }
        return (reason, until)
    }

    var isInvokingWindow: Bool {
        if case .invoking? = windows?.closing?.stage { true } else { false }
    }
}
