package import EventModel

/// Delivers the records of one shard in lanes (`ParallelizationFactor`, esm-streams.md §3): each lane is a `ShardMachine` over
/// the records whose keys lead to it, and the shard's checkpoint is the highest position with nothing unsettled at or
/// below it.
///
/// A value that decides, like the machines it is made of. At any time there is at most one fetch, one timer, and one
/// invocation for each lane outstanding. With one lane it hands inputs and effects through.
package struct LaneMachine: Sendable {
    package let settings: ShardSettings
    /// Everything at or below is settled.
    package private(set) var checkpoint: Position = 0

    /// Positions above the checkpoint that were kept with `.keepSettled`, in order.
    private(set) var settledAhead: [Position] = []
    var lanes: [LaneState]
    /// What was read and lies above the checkpoint. Not used with one lane.
    var window = LaneWindow()
    var reading = ShardMachine.Reading.paused(.changed)
    var readThrough: Position = 0
    private(set) var isStopping = false
    /// `nil` without tumbling windows.
    var windows: Windows?
    private var hasFinished = false
    private var isOver = false
    /// A batch was discarded in this step.
    private var hasDiscarded = false
    /// The record for which `.explainHeldBack` was said last.
    var heldBackAt: Position?
    /// What the shell's timer is set to.
    private var armed: Timestamp?
    /// The latest time that a step was given.
    private var lastStep: Timestamp?
    private var scratch: [ShardMachine.Effect] = []

    /// - Parameters:
    ///   - count: The factor, 1...10.
    ///   - windowLength: Of tumbling windows, which go with one lane.
    package init(settings: ShardSettings, lanes count: Int, windowLength: Duration? = nil) {
        precondition((1...10).contains(count), "a parallelization factor is 1...10")
        precondition(count == 1 || windowLength == nil, "windows go with one lane")
        windows = windowLength.map { Windows(length: $0) }
        self.settings = settings
        lanes = (0..<count).map { lane in
            var own = settings
            own.backOff = settings.backOff.lane(lane)
            return LaneState(machine: ShardMachine(settings: own))
        }
    }

    /// One lane and what is meant for it.
    struct LaneState: Sendable {
        enum End: Equatable { case finished, stopped }

        var machine: ShardMachine
        /// Read and not yet handed to the machine.
        var staged = RecordBuffer()
        /// What the machine has asked for and not been given.
        var wanted: (limit: Int, bytes: Int)?
        /// It was told that there is nothing more; another word follows when there is.
        var wasToldNothing = false
        var wake: Timestamp?
        var end: End?

        /// The oldest record of the lane that is not settled.
        var first: Position? {
            if !machine.buffer.isEmpty { return machine.buffer[0].position }
            return staged.isEmpty ? nil : staged[0].position
        }
    }
}

// MARK: - Inputs

extension LaneMachine {
    /// There is nothing to do here but to hand everything through.
    private var isAlone: Bool { lanes.count == 1 && windows == nil }

    /// Takes one input; returns what to do.
    package mutating func step(_ input: Input, now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        step(input, now: now, into: &effects)
        return effects
    }

    /// Takes one input and appends what to do, for shells that keep one array.
    package mutating func step(_ input: Input, now: Timestamp, into effects: inout [Effect]) {
        if !isAlone { noteTime(now) }
        take(input, now: now, into: &effects)
        guard !isAlone, !isOver else { return }
        var isMoving = true
        _ = moveCheckpoint(into: &effects)
        while isMoving {
            supply(now: now, into: &effects)
            isMoving = moveCheckpoint(into: &effects)
        }
        keepSettled(into: &effects)
        keepWindow(into: &effects)
        explainHeldBack(into: &effects)
        arm(into: &effects)
        end(into: &effects)
    }

    private mutating func take(_ input: Input, now: Timestamp, into effects: inout [Effect]) {
        switch input {
        case .start(let position, let settled, let window):
            checkpoint = position
            readThrough = position
            settledAhead = settled.filter { $0 > position }
            windows?.open = window
            feedAll(.start(after: position), now: now, into: &effects)
        case .recordsMayBeAvailable:
            guard !isAlone else { return feedAll(.recordsMayBeAvailable, now: now, into: &effects) }
            noteChange()
        case .fetched(let fetched, let places):
            guard !isAlone else { return feedAll(.fetched(fetched), now: now, into: &effects) }
            take(fetched, places)
        case .invocationEnded(let lane, let invocation, let outcome):
            feed(.invocationEnded(invocation, outcome), to: lane, now: now, into: &effects)
        case .windowInvocationEnded(let invocation, let outcome):
            take(outcome, ofWindow: invocation, now: now, into: &effects)
        case .stateOverflowed: overflow()
        case .functionMayBeReachable:
            endWindowWait(now: now)
            feedAll(.functionMayBeReachable, now: now, into: &effects)
        case .timerFired: fireTimers(now: now, into: &effects)
        case .stop:
            isStopping = true
            feedAll(.stop, now: now, into: &effects)
        }
    }

    /// The clock was set back: what is waited for moves along, as in each lane's machine.
    private mutating func noteTime(_ now: Timestamp) {
        if let lastStep, now < lastStep {
            let back = lastStep - now
            for lane in lanes.indices {
                lanes[lane].machine.clockWasSetBack(by: back, to: now)
                lanes[lane].wake = lanes[lane].wake.map { $0 - back }
            }
            setBackWindowWait(by: back)
            armed = armed.map { $0 - back }
        }
        lastStep = now
    }

    private mutating func fireTimers(now: Timestamp, into effects: inout [Effect]) {
        guard !isAlone else { return feedAll(.timerFired, now: now, into: &effects) }
        armed = nil
        for lane in lanes.indices {
            guard let wake = lanes[lane].wake, wake <= now else { continue }
            lanes[lane].wake = nil
            feed(.timerFired, to: lane, now: now, into: &effects)
        }
    }

    private mutating func feedAll(
        _ input: ShardMachine.Input, now: Timestamp, into effects: inout [Effect]
    ) {
        for lane in lanes.indices { feed(input, to: lane, now: now, into: &effects) }
    }

    /// Lets a lane's machine take an input, and takes what it wants.
    mutating func feed(
        _ input: ShardMachine.Input, to lane: Lane, now: Timestamp, into effects: inout [Effect]
    ) {
        var produced: [ShardMachine.Effect] = []
        swap(&produced, &scratch)
        lanes[lane].machine.step(input, now: now, into: &produced)
        for effect in produced {
            if !isAlone {
                translate(effect, of: lane, into: &effects)
            } else {
                handThrough(effect, into: &effects)
            }
        }
        produced.removeAll(keepingCapacity: true)
        scratch = produced
    }
}

// MARK: - Effects of the lanes

extension LaneMachine {
    private mutating func translate(
        _ effect: ShardMachine.Effect, of lane: Lane, into effects: inout [Effect]
    ) {
        switch effect {
        case .fetch(_, let limit, let bytes): lanes[lane].wanted = (limit, bytes)
        case .invoke(let plan): effects.append(.invoke(lane, plan))
        case .discard(let batch):
            hasDiscarded = true
            effects.append(.discard(lane, batch))
        case .wake(let time): lanes[lane].wake = time
        case .cancelWake: lanes[lane].wake = nil
        case .explain(let decision): effects.append(.explain(lane, decision))
        // The shard's checkpoint is not the lane's.
        case .settle, .release: break
        case .finished: lanes[lane].end = .finished
        case .stopped: lanes[lane].end = .stopped
        }
    }

    /// The only lane speaks for the shard.
    private mutating func handThrough(_ effect: ShardMachine.Effect, into effects: inout [Effect]) {
        switch effect {
        case .fetch(let after, let limit, let bytes):
            effects.append(.fetch(after: after, limit: limit, bytes: bytes))
        case .invoke(let plan): effects.append(.invoke(0, plan))
        case .settle(let position): settle(through: position, into: &effects)
        case .discard(let batch):
            effects.append(.discard(0, batch))
            settle(through: batch.checkpoint, into: &effects)
        case .wake(let time): effects.append(.wake(at: time))
        case .cancelWake: effects.append(.cancelWake)
        case .release(let position): effects.append(.release(through: position))
        case .explain(let decision): effects.append(.explain(0, decision))
        case .finished: effects.append(.finished)
        case .stopped: effects.append(.stopped)
        }
    }

    private mutating func settle(through position: Position, into effects: inout [Effect]) {
        checkpoint = position
        windows?.hasNews = true
        effects.append(.settle(through: position))
        guard let last = settledAhead.last, last <= position else { return }
        settledAhead = []
        effects.append(.keepSettled([]))
    }

    /// The window goes into the commit that holds what was settled in it.
    private mutating func keepWindow(into effects: inout [Effect]) {
        guard let windows, windows.hasNews else { return }
        self.windows?.hasNews = false
        effects.append(.keepWindow(windows.open))
    }

    /// Keeps the shell's one timer at the earliest of the lanes' times.
    private mutating func arm(into effects: inout [Effect]) {
        let wanted = (lanes.map(\.wake) + [windowWake]).compactMap(\.self).min()
        guard wanted != armed else { return }
        armed = wanted
        effects.append(wanted.map { .wake(at: $0) } ?? .cancelWake)
    }

    private mutating func end(into effects: inout [Effect]) {
        if isStopping, !isInvokingWindow, lanes.allSatisfy({ $0.end == .stopped }) {
            isOver = true
            effects.append(.stopped)
        } else if !isStopping, !hasFinished, lanes.allSatisfy({ $0.end == .finished }) {
            hasFinished = true
            effects.append(.finished)
        }
    }
}

// MARK: - The checkpoint

extension LaneMachine {
    /// Moves the checkpoint up to the first record that some lane has not settled; false when it stays.
    private mutating func moveCheckpoint(into effects: inout [Effect]) -> Bool {
        let lowest = lanes.lazy.compactMap(\.first).min().map { $0 - 1 } ?? readThrough
        guard lowest > checkpoint else { return false }
        settle(through: lowest, into: &effects)
        effects.append(.release(through: lowest))
        window.remove(through: lowest)
        return true
    }

    /// After a discard, which was reported and must not be again, and at the end, so that a stop costs nothing: asks to
    /// keep what lies above the checkpoint and is settled. (Other times would cost more than a redelivery is worth.)
    private mutating func keepSettled(into effects: inout [Effect]) {
        let isLast = isStopping && lanes.allSatisfy { $0.end == .stopped }
        guard hasDiscarded || isLast else { return }
        hasDiscarded = false
        let firsts = lanes.map { $0.first ?? .max }
        var kept = settledAhead.filter { $0 > checkpoint }
        let known = Set(kept)
        for entry in window.held where entry.position < firsts[Int(entry.lane)] {
            if !known.contains(entry.position) { kept.append(entry.position) }
        }
        kept.sort()
        guard kept != settledAhead else { return }
        settledAhead = kept
        effects.append(.keepSettled(kept))
    }

    /// Whether a record that was not read in this life is done with: it must not be handed to the machine.
    package func isSettled(_ position: Position) -> Bool {
        guard let last = settledAhead.last, position <= last else { return false }
        var lower = 0
        var upper = settledAhead.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if settledAhead[middle] < position { lower = middle + 1 } else { upper = middle }
        }
        return settledAhead[lower] == position
    }
}
