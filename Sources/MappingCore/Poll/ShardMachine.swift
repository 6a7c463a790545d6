package import EventModel

/// Delivers the records of one shard to the function of one mapping, in order (esm-streams.md §4.7).
///
/// A value that decides: the shell feeds `Input`s and performs the `Effect`s in their order. At any time there is at
/// most one fetch, one invocation and one timer outstanding.
package struct ShardMachine: Sendable {
    package let settings: ShardSettings
    /// The last settled position.
    package internal(set) var checkpoint: Position = 0

    var phase = Phase.notStarted
    /// From the first record that is not settled to the last that was read. The batch in hand is its head.
    var buffer = RecordBuffer()
    /// Sizes of the batches that were cut from the batch in hand and follow it in the buffer; the next one is last.
    var cut: [Int] = []
    var requests: RequestOrdinal = 0
    var invocations: InvocationOrdinal = 0
    var reading = Reading.paused(.changed)
    /// The last position that was read, whether it is held, settled or was passed over.
    var readThrough: Position = 0
    /// No new batch is begun until it is taken back: a window has to end first.
    var isPaused = false
    /// What the shell's timer is set to.
    private var armed: Timestamp?
    /// The latest time that a step was given.
    private var lastStep: Timestamp?

    package init(settings: ShardSettings) {
        self.settings = settings
    }

    enum Phase: Equatable {
        case notStarted
        /// No batch is in hand. The window counts from the end of the previous invocation.
        case collecting(BatchFill, windowStart: Timestamp)
        case invoking(Batch, InvocationPlan, thenStop: Bool)
        case waiting(Batch, WaitReason, until: Timestamp)
        case finished
        case stopped

        var isLast: Bool {
            switch self {
            case .finished, .stopped: true
            case .notStarted, .collecting, .invoking, .waiting: false
            }
        }
    }

    /// The batch in hand: the first `count` records of the buffer under one request ID.
    struct Batch: Equatable {
        let request: RequestOrdinal
        var count: Int
        /// Attempts that failed and count against the retries.
        var failedAttempts = 0
        /// Invocations in a row that did not reach the function.
        var misses = 0
        var wasInvoked = false
        var lastFailure: InvocationFailure?
    }

}

// MARK: - Inputs

extension ShardMachine {
    /// Takes one input; returns what to do.
    package mutating func step(_ input: Input, now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        step(input, now: now, into: &effects)
        return effects
    }

    /// Takes one input and appends what to do, for shells that keep one array.
    package mutating func step(_ input: Input, now: Timestamp, into effects: inout [Effect]) {
        guard !phase.isLast else { return takeLate(input, into: &effects) }
        noteTime(now)
        switch input {
        case .start(let position): start(after: position, now: now)
        case .recordsMayBeAvailable: noteChange()
        case .fetched(let fetched): take(fetched, into: &effects)
        case .invocationEnded(let invocation, let outcome):
            take(outcome, of: invocation, now: now, into: &effects)
        case .functionMayBeReachable: endWaitForFunction(now: now)
        case .timerFired: armed = nil
        case .stop: stop()
        }
        proceed(now: now, into: &effects)
        arm(into: &effects)
        read(into: &effects)
        switch phase {
        case .finished: effects.append(.finished)
        case .stopped: effects.append(.stopped)
        case .notStarted, .collecting, .invoking, .waiting: break
        }
    }

    /// After the end only a stop is answered; answers that were on their way are of no use any more.
    private mutating func takeLate(_ input: Input, into effects: inout [Effect]) {
        switch input {
        case .stop where phase == .finished:
            phase = .stopped
            effects.append(.stopped)
        case .start: preconditionFailure("a machine starts once")
        case .stop, .recordsMayBeAvailable, .fetched, .invocationEnded, .functionMayBeReachable, .timerFired:
            break
        }
    }

    private mutating func start(after position: Position, now: Timestamp) {
        precondition(phase == .notStarted, "a machine starts once")
        checkpoint = position
        readThrough = position
        phase = .collecting(BatchFill(), windowStart: now)
    }

    private mutating func take(
        _ outcome: InvocationOutcome, of invocation: InvocationOrdinal, now: Timestamp,
        into effects: inout [Effect]
    ) {
        precondition(invocation <= invocations, "an invocation ends after it was asked for")
        guard case .invoking(let batch, let plan, let thenStop) = phase, plan.invocation == invocation else {
            return
        }
        conclude(batch, outcome, now: now, into: &effects)
        if thenStop { phase = .stopped }
    }

    private mutating func endWaitForFunction(now: Timestamp) {
        guard case .waiting(let batch, .notReached(let reason), let until) = phase, until > now else {
            return
        }
        phase = .waiting(batch, .notReached(reason), until: now)
    }

    private mutating func stop() {
        switch phase {
        case .notStarted, .collecting, .waiting: phase = .stopped
        case .invoking(let batch, let plan, _): phase = .invoking(batch, plan, thenStop: true)
        case .finished, .stopped: break
        }
    }
}

// MARK: - Moving on

extension ShardMachine {
    /// Wall clocks are set back now and then. What is waited for comes no later by that: it moves along.
    private mutating func noteTime(_ now: Timestamp) {
        if let lastStep, now < lastStep { setBack(by: lastStep - now) }
        lastStep = now
    }

    private mutating func setBack(by length: Duration) {
        switch phase {
        case .collecting(let fill, let start): phase = .collecting(fill, windowStart: start - length)
        case .waiting(let batch, let reason, let until):
            phase = .waiting(batch, reason, until: until - length)
        case .notStarted, .invoking, .finished, .stopped: break
        }
        armed = armed.map { $0 - length }
    }

    /// The same for a machine that was not there when others saw the clock go back.
    mutating func clockWasSetBack(by length: Duration, to now: Timestamp) {
        setBack(by: length)
        lastStep = now
    }

    /// Begins batches and attempts until something has to be waited for.
    private mutating func proceed(now: Timestamp, into effects: inout [Effect]) {
        var isMoving = true
        while isMoving {
            switch phase {
            case .collecting where isPaused: isMoving = false
            case .collecting(let fill, let windowStart):
                isMoving = collect(fill, windowStart: windowStart, now: now, into: &effects)
            case .waiting(let batch, _, let until):
                isMoving = until <= now
                if isMoving { attempt(batch, now: now, into: &effects) }
            case .notStarted, .invoking, .finished, .stopped: isMoving = false
            }
        }
    }

    /// Closes the next batch if it is due; false when it has to wait.
    private mutating func collect(
        _ filled: BatchFill, windowStart: Timestamp, now: Timestamp, into effects: inout [Effect]
    ) -> Bool {
        if let size = cut.popLast() {
            begin(size, now: now, into: &effects)
            return true
        }
        guard !buffer.isEmpty else {
            guard reading == .paused(.shardEnd) else { return false }
            phase = .finished
            return true
        }
        // A window that passed without a record starts again, as often as it takes.
        var start = windowStart
        if filled.count == 0 {
            start = settings.batch.currentWindow(from: windowStart, now: now)
        }
        var fill = filled
        let full = fill.extend(over: buffer.count, within: settings.batch) { buffer[$0].encodedBytes }
        guard let closing = full ?? dueClosing(of: fill, windowStart: start, now: now) else {
            phase = .collecting(fill, windowStart: start)
            return false
        }
        let span = buffer.span(0..<fill.count)
        effects.append(.explain(.batchClosed(span, closing, request: requests + 1)))
        begin(fill.count, now: now, into: &effects)
        return true
    }

    /// Why a batch with room left is closed now, or `nil`.
    private func dueClosing(of fill: BatchFill, windowStart: Timestamp, now: Timestamp) -> BatchClosing? {
        if reading == .paused(.shardEnd) { return .shardEnd }
        guard settings.batch.window == .zero else {
            return windowStart + settings.batch.window <= now ? .window : nil
        }
        switch reading {
        case .paused(.nothing), .paused(.changed): return .available
        // A read tells in a moment whether the batch can be larger.
        case .underWay, .paused(.more), .paused(.shardEnd): return nil
        }
    }

    private mutating func begin(_ count: Int, now: Timestamp, into effects: inout [Effect]) {
        requests += 1
        attempt(Batch(request: requests, count: count), now: now, into: &effects)
    }

    /// Keeps the shell's one timer at the time that matters.
    private mutating func arm(into effects: inout [Effect]) {
        let wanted: Timestamp?
        switch phase {
        case .collecting(let fill, let start)
        where !isPaused && fill.count > 0 && settings.batch.window > .zero:
            wanted = start + settings.batch.window
        case .waiting(_, _, let until): wanted = until
        case .collecting, .notStarted, .invoking, .finished, .stopped: wanted = nil
        }
        guard wanted != armed else { return }
        armed = wanted
        effects.append(wanted.map { .wake(at: $0) } ?? .cancelWake)
    }

}

// MARK: - Settling

extension ShardMachine {
    /// Removes records from the buffer; returns the checkpoint that this implies.
    mutating func removeFirst(_ count: Int) -> Position {
        let last = count > 0 ? buffer[count - 1].position : checkpoint
        buffer.removeFirst(count)
        let settled = buffer.isEmpty ? readThrough : last
        precondition(settled > checkpoint, "checkpoints move forward")
        checkpoint = settled
        return settled
    }

    mutating func settleFirst(_ count: Int, into effects: inout [Effect]) {
        let settled = removeFirst(count)
        effects.append(.settle(through: settled))
        effects.append(.release(through: settled))
    }
}

// MARK: - For people

extension ShardMachine {
    /// Records that were read and are not settled, those of the batch in hand included.
    package var bufferedRecords: Int { buffer.count }

    /// What the machine is doing, for `millrace status`.
    package var activity: Activity {
        switch phase {
        case .notStarted: return .notStarted
        case .collecting(let fill, let start):
            guard fill.count > 0 else { return .idle }
            guard settings.batch.window > .zero else { return .reading }
            return .collecting(records: buffer.count, until: start + settings.batch.window)
        case .invoking(_, let plan, _): return .invoking(plan)
        case .waiting(let batch, let reason, let until):
            return .waiting(buffer.span(0..<batch.count), request: batch.request, reason, until: until)
        case .finished: return .finished
        case .stopped: return .stopped
        }
    }
}
