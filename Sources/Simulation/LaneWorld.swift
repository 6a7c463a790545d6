package import EventModel
package import MappingCore

/// One shard whose records have keys, one handler and the lanes between them, on one clock and one seed.
///
/// What a step asks to keep becomes durable together, later and in order; a crash loses what is not durable yet. Every
/// effect is checked as it happens (`LaneChecker`).
package final class LaneWorld {
    package let settings: ShardSettings
    /// The factor of each life; the last one holds for all that follow.
    package let factors: [Int]
    package private(set) var clock = SimulatedClock()
    package private(set) var calls: [Call] = []
    /// What is durable.
    package private(set) var checkpoint: Position = 0
    package private(set) var settledAhead: [Position] = []
    package private(set) var discards: [[Position]] = []
    /// Durable ends of windows.
    package private(set) var closed: [ClosedWindow] = []
    package private(set) var heldBack: [Position] = []
    /// What each life was told to be done with above the checkpoint.
    package private(set) var begunWith: [[Position]] = []
    /// Everything that happened, one line each; empty unless asked for, because it takes longer than the rest.
    package private(set) var trace: [String] = []
    package private(set) var isFinished = false
    package private(set) var isStopped = false
    package private(set) var checker = LaneChecker()

    private var machine: LaneMachine
    private var agenda = Agenda<Event>()
    private var random: SeededRandom
    private let faults: FaultPlan
    private let keepsTrace: Bool
    private let windowLength: Duration?
    /// Records that a state may count.
    private let stateLimit: Int
    private let windowHandler: (WindowPlan) -> InvocationOutcome
    private var kept = KeptWindow()
    private var state: [Position] = []
    private var inFlightWindow: (plan: WindowPlan, state: [Position])?
    private var justClosed: [ClosedWindow] = []
    private let calmFrom: Timestamp?
    private let handler: Handler
    private var life = 0
    private var timer = 0
    private var records: [RecordSummary] = []
    private var keys: [Int] = []
    private var filtered: Set<Position> = []
    private var isClosed = false
    private var isUp = false
    private var lastCommit: Timestamp

    private enum Event {
        case append([(key: Int, size: Int)])
        case close
        case begin(afterLife: Int)
        case answer(life: Int, ShardMachine.FetchedRecords, [UInt8])
        case end(life: Int, lane: Int, InvocationOrdinal, InvocationOutcome)
        case windowEnd(life: Int, InvocationOrdinal, InvocationOutcome)
        case timer(life: Int, Int)
        case commit(life: Int, Commit)
        case crash(life: Int)
        case stop(life: Int)
    }

    /// - Parameter calmAfter: When the faults end; `nil` for never.
    package init(
        settings: ShardSettings, factors: [Int], faults: FaultPlan = .none, calmAfter: Duration? = nil,
        seed: UInt64 = 0, keepsTrace: Bool = false, windowLength: Duration? = nil, stateLimit: Int = .max,
        windowHandler: @escaping (WindowPlan) -> InvocationOutcome = { _ in .succeeded },
        handler: @escaping Handler
    ) {
        self.settings = settings
        self.factors = factors
        self.faults = faults
        self.keepsTrace = keepsTrace
        self.windowLength = windowLength
        self.stateLimit = stateLimit
        self.windowHandler = windowHandler
        calmFrom = calmAfter.map { [clock] in clock.now + $0 }
        self.handler = handler
        lastCommit = clock.now
        random = SeededRandom(seed: seed)
        machine = LaneMachine(settings: settings, lanes: factors[0], windowLength: windowLength)
        agenda.plan(.begin(afterLife: 0), at: clock.now)
    }

    private var factor: Int { factors[min(max(life, 1), factors.count) - 1] }

    /// Small keys lie in the lane of their number, so that tests can choose.
    private func lane(of position: Position) -> Int { keys[Int(position) - 1] % factor }
}

// MARK: - Planning

extension LaneWorld {
    /// Appends records of these keys and encoded sizes after a while, counted from now.
    package func append(_ added: [(key: Int, size: Int)], after delay: Duration = .zero) {
        agenda.plan(.append(added), at: clock.now + delay)
    }

    package func append(keys: [Int]) { append(keys.map { ($0, 100) }) }

    package func close(after delay: Duration = .zero) { agenda.plan(.close, at: clock.now + delay) }

    package func stop(after delay: Duration) { agenda.plan(.stop(life: life + 1), at: clock.now + delay) }

    package func crash(after delay: Duration) { agenda.plan(.crash(life: life + 1), at: clock.now + delay) }

    /// After a stop: another life, with the next factor.
    package func restart() {
        agenda.plan(.begin(afterLife: life), at: max(lastCommit, clock.now) + .milliseconds(1))
    }

    /// Lets things happen until nothing is left to happen or too much has happened.
    package func run(until end: Timestamp? = nil, limit: Int = 100_000) {
        var steps = 0
        while let (time, event) = agenda.next() {
            if let end, time > end {
                agenda.plan(event, at: time)
                return
            }
            clock.advance(to: max(time, clock.now))
            happen(event)
            steps += 1
            guard steps < limit else { return checker.note("the world does not come to rest") }
        }
    }

    /// After the last run: whether everything came to its end.
    package func conclude() {
        checker.concludes(checkpoint: checkpoint, discards: discards)
        if isClosed, !isFinished { checker.note("the shard ended and the machine did not finish") }
    }
}

// MARK: - Events

extension LaneWorld {
    private func happen(_ event: Event) {
        switch event {
        case .append(let added): appendNow(added)
        case .close:
            isClosed = true
            feed(.recordsMayBeAvailable)
        case .begin(life): beginLife()
        case .answer(life, let fetched, let lanes):
            feed(.fetched(fetched, lanes: factor > 1 ? lanes : []))
        case .end(life, let lane, let invocation, let outcome):
            let good = checker.ended(lane, invocation, outcome)
            if windowLength != nil, !good.isEmpty {
                state += good
                if state.count > stateLimit { feed(.stateOverflowed) }
            }
            feed(.invocationEnded(lane, invocation, outcome))
        case .windowEnd(life, let invocation, let outcome): endWindow(invocation, outcome)
        case .timer(life, timer): feed(.timerFired)
        case .commit(life, let commit): keep(commit)
        case .crash(life): crashNow()
        case .stop(life): feed(.stop)
        // What was meant for a machine that is gone.
        case .begin, .answer, .end, .windowEnd, .timer, .commit, .crash, .stop: break
        }
    }

    private func appendNow(_ added: [(key: Int, size: Int)]) {
        for (key, size) in added {
            let position = (records.last?.position ?? 0) + 1
            records.append(RecordSummary(position: position, arrival: clock.now, encodedBytes: size))
            keys.append(key)
            if isFaulty(faults.filtered) { filtered.insert(position) }
        }
        feed(.recordsMayBeAvailable)
    }

    private func beginLife() {
        life += 1
        timer += 1
        machine = LaneMachine(settings: settings, lanes: factor, windowLength: windowLength)
        isUp = true
        isStopped = false
        begunWith.append(settledAhead)
        checker.began(after: checkpoint, settled: settledAhead, lanes: factor)
        trace("life \(life) with \(factor) after \(checkpoint) and \(settledAhead)")
        state = kept.state
        inFlightWindow = nil
        justClosed = []
        feed(.start(after: checkpoint, settled: settledAhead, window: kept.window))
    }

    private func crashNow() {
        trace("crash")
        life += 1
        isUp = false
        agenda.plan(.begin(afterLife: life), at: clock.now + random.milliseconds(0...50))
    }

    private func keep(_ commit: Commit) {
        if commit.checkpoint < checkpoint {
            checker.note("the checkpoint moved back to \(commit.checkpoint)")
        }
        checkpoint = commit.checkpoint
        discards += commit.discards
        settledAhead = commit.settled ?? settledAhead
        kept = commit.window ?? kept
        closed += commit.closed
        trace("durable \(commit)")
    }

    private func isFaulty(_ percent: Int) -> Bool {
        guard percent > 0 else { return false }
        if let calmFrom, clock.now >= calmFrom { return false }
        return random.chance(percent)
    }

    private func feed(_ input: LaneMachine.Input) {
        guard isUp else { return }
        checker.knows(records: records, keys: keys, filtered: filtered)
        var commit = Commit(checkpoint: machine.checkpoint)
        let before = commit.checkpoint
        let effects = machine.step(input, now: clock.now)
        for effect in effects {
            perform(effect, &commit)
        }
        commit.closed = justClosed
        justClosed = []
        guard commit.checkpoint > before || !commit.isEmpty else { return }
        let delay: Duration = isFaulty(faults.slowCommits) ? random.milliseconds(1...100) : .milliseconds(1)
        // One writer: commits never overtake one another.
        lastCommit = max(lastCommit, clock.now + delay)
        agenda.plan(.commit(life: life, commit), at: lastCommit)
    }

    private func trace(_ line: @autoclosure () -> String) {
        guard keepsTrace else { return }
        trace.append("\(clock.now.millisecondsSinceEpoch) \(line())")
    }
}

// MARK: - Effects

extension LaneWorld {
    private func perform(_ effect: LaneMachine.Effect, _ commit: inout Commit) {
        trace("\(effect)")
        switch effect {
        case .fetch(let position, let limit, let bytes): read(after: position, limit: limit, bytes: bytes)
        case .invoke(let lane, let plan): invoke(lane, plan)
        case .settle(let position):
            checker.settled(through: position)
            commit.checkpoint = position
        case .discard(let lane, let batch):
            let positions = self.positions(of: batch.records, in: lane)
            checker.discarded(positions, in: lane, batch)
            commit.discards.append(positions)
        case .keepSettled(let positions):
            checker.kept(positions)
            commit.settled = positions
        case .invokeWindow(let plan): invokeWindow(plan)
        case .dropWindowState: state = []
        case .keepWindow(let window): commit.window = KeptWindow(window: window, state: state)
        case .discardWindow(let given):
            justClosed.append(
                ClosedWindow(window: given.window, isEarly: given.isEarly, isLost: true, state: state))
        case .wake(let time):
            timer += 1
            agenda.plan(.timer(life: life, timer), at: max(time, clock.now))
        case .cancelWake: timer += 1
        case .release, .explain: break
        case .explainHeldBack(_, let first, _): heldBack.append(first)
        case .finished:
            isFinished = true
            checker.finished()
        case .stopped:
            isStopped = true
            checker.stopped()
            // A clean stop waits for its commits before the next life begins.
            guard faults.restarts > 0 else { return }
            agenda.plan(.begin(afterLife: life), at: max(lastCommit, clock.now) + .milliseconds(101))
        }
    }

    /// The records of a lane between two, as a shell finds them.
    private func positions(of span: RecordSpan, in lane: Int) -> [Position] {
        (span.first...span.last).filter {
            self.lane(of: $0) == lane && !filtered.contains($0) && !checker.settledBefore.contains($0)
        }
    }

    /// Reads now and answers later, as a real store may.
    private func read(after position: Position, limit: Int, bytes: Int) {
        if limit < 1 || bytes < 1 { checker.note("a read that may bring nothing") }
        var found: [RecordSummary] = []
        var sum = 0
        var through = position
        var next = Int(position)
        while next < records.count, found.count < limit, sum <= bytes {
            let record = records[next]
            through = record.position
            // As a shell does: what was done with in an earlier life is not handed over.
            if !filtered.contains(record.position), !machine.isSettled(record.position) {
                found.append(record)
                sum += record.encodedBytes
            }
            next += 1
        }
        let continuation: ShardMachine.Continuation =
            next < records.count ? .more : isClosed ? .shardEnd : .exhausted
        let answer = ShardMachine.FetchedRecords(found, through: through, continuation)
        let delay: Duration = isFaulty(faults.slowReads) ? random.milliseconds(1...300) : .zero
        let lanes = found.map { UInt8(lane(of: $0.position)) }
        agenda.plan(.answer(life: life, answer, lanes), at: clock.now + delay)
    }

    private func invoke(_ lane: Int, _ plan: InvocationPlan) {
        let positions = positions(of: plan.records, in: lane)
        checker.invoked(lane, plan, positions, limit: settings.batch)
        if windowLength != nil {
            if inFlightWindow != nil { checker.note("a batch and the end of a window in flight together") }
            checker.invoked(positions, in: machine.openWindow, state: state)
        }
        let call = Call(time: clock.now, life: life, lane: lane, plan: plan, positions: positions)
        let outcome: InvocationOutcome
        if isFaulty(faults.throttles) {
            outcome = .notReached(.throttled)
        } else if isFaulty(faults.unavailable) {
            outcome = .notReached(.unavailable("a fault"))
        } else {
            calls.append(call)
            outcome = handler(call)
        }
        let duration: Duration =
            isFaulty(faults.slowReplies) ? random.milliseconds(10...3_000) : .milliseconds(1)
        let end = Event.end(life: life, lane: lane, plan.invocation, outcome)
        agenda.plan(end, at: clock.now + duration)
        if isFaulty(faults.duplicateReplies) {
            agenda.plan(end, at: clock.now + duration + random.milliseconds(0...500))
        }
        if isFaulty(faults.crashes) {
            agenda.plan(.crash(life: life), at: clock.now + random.milliseconds(0...3))
        } else if isFaulty(faults.restarts) {
            agenda.plan(.stop(life: life), at: clock.now + random.milliseconds(0...3))
        }
    }
}

// MARK: - Tumbling windows

extension LaneWorld {
    private func invokeWindow(_ plan: WindowPlan) {
        if inFlightWindow != nil { checker.note("two ends of windows in flight") }
        if machine.inFlightBatches != 1 { checker.note("the end of a window in flight with others") }
        inFlightWindow = (plan, state)
        let outcome: InvocationOutcome =
            isFaulty(faults.throttles) ? .notReached(.throttled) : windowHandler(plan)
        let duration: Duration =
            isFaulty(faults.slowReplies) ? random.milliseconds(10...3_000) : .milliseconds(1)
        agenda.plan(.windowEnd(life: life, plan.invocation, outcome), at: clock.now + duration)
        if isFaulty(faults.crashes) {
            agenda.plan(.crash(life: life), at: clock.now + random.milliseconds(0...3))
        } else if isFaulty(faults.restarts) {
            agenda.plan(.stop(life: life), at: clock.now + random.milliseconds(0...3))
        }
    }

    private func endWindow(_ invocation: InvocationOrdinal, _ outcome: InvocationOutcome) {
        guard let (plan, state) = inFlightWindow, plan.invocation == invocation else { return }
        inFlightWindow = nil
        if outcome == .succeeded {
            justClosed.append(
                ClosedWindow(window: plan.window, isEarly: plan.isEarly, isLost: false, state: state))
        }
        feed(.windowInvocationEnded(invocation, outcome))
    }

    /// Like `conclude`, and every record counts once in the end of a window.
    package func concludeWindows() {
        conclude()
        let states = closed.filter { !$0.isLost }.map(\.state)
        let lost = closed.filter(\.isLost).map(\.state)
        checker.concludes(states: states, lost: lost, discards: discards)
    }
}
