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
    package internal(set) var calls: [Call] = []
    /// What is durable.
    package private(set) var checkpoint: Position = 0
    package private(set) var settledAhead: [Position] = []
    package internal(set) var discards: [[Position]] = []
    /// Durable ends of windows.
    package private(set) var closed: [ClosedWindow] = []
    package internal(set) var heldBack: [Position] = []
    /// What each life was told to be done with above the checkpoint.
    package private(set) var begunWith: [[Position]] = []
    /// Everything that happened, one line each; empty unless asked for, because it takes longer than the rest.
    package private(set) var trace: [String] = []
    package internal(set) var isFinished = false
    package internal(set) var isStopped = false
    package internal(set) var checker = LaneChecker()

    var machine: LaneMachine
    var agenda = Agenda<Event>()
    var random: SeededRandom
    let faults: FaultPlan
    private let keepsTrace: Bool
    let windowLength: Duration?
    /// Records that a state may count.
    let stateLimit: Int
    let windowHandler: (WindowPlan) -> InvocationOutcome
    private var kept = KeptWindow()
    var state: [Position] = []
    var inFlightWindow: (plan: WindowPlan, state: [Position])?
    var justClosed: [ClosedWindow] = []
    private let calmFrom: Timestamp?
    let handler: Handler
    var life = 0
    var timer = 0
    var records: [RecordSummary] = []
    var keys: [Int] = []
    var filtered: Set<Position> = []
    var isClosed = false
    private var isUp = false
    var lastCommit: Timestamp
    private let commitDelay: Duration
    /// How far the wall clock is off.
    var skew = Duration.zero
    /// It is set when the step in hand is done.
    var isJumping = false

    enum Event {
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

    /// - Parameters:
    ///   - calmAfter: When the faults end; `nil` for never.
    ///   - durable: What an earlier life left.
    ///   - commitDelay: How long a commit takes while nothing is slow.
    package init(
        settings: ShardSettings, factors: [Int], faults: FaultPlan = .none, calmAfter: Duration? = nil,
        seed: UInt64 = 0, durable: Durable = Durable(), commitDelay: Duration = .milliseconds(1),
        keepsTrace: Bool = false, windowLength: Duration? = nil, stateLimit: Int = .max,
        windowHandler: @escaping (WindowPlan) -> InvocationOutcome = { _ in .succeeded },
        handler: @escaping Handler
    ) {
        self.settings = settings
        self.factors = factors
        self.commitDelay = commitDelay
        checkpoint = durable.checkpoint
        settledAhead = durable.settledAhead
        discards = durable.discards
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

    /// What a crash would leave now.
    package var durable: Durable {
        Durable(checkpoint: checkpoint, settledAhead: settledAhead, discards: discards)
    }

    /// What the machine takes for the time.
    var wall: Timestamp { clock.now + skew }

    var factor: Int { factors[min(max(life, 1), factors.count) - 1] }

    /// Small keys lie in the lane of their number, so that tests can choose.
    func lane(of position: Position) -> Int { keys[Int(position) - 1] % factor }
}

// MARK: - Planning

extension LaneWorld {
    /// Appends records of these keys and encoded sizes after a while, counted from now.
    package func append(_ added: [(key: Int, size: Int)], after delay: Duration = .zero) {
        agenda.plan(.append(added), at: clock.now + delay)
    }

    /// Records that are there before anything happens; the shard is closed behind them.
    package func store(keys: [Int]) {
        appendNow(keys.map { ($0, 100) })
        isClosed = true
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
    ///
    /// - Parameter afterStep: Called after each event: a crash at that moment would leave what is durable then.
    package func run(
        until end: Timestamp? = nil, limit: Int = 100_000, afterStep: (LaneWorld) -> Void = { _ in }
    ) {
        var steps = 0
        while let (time, event) = agenda.next(until: end) {
            clock.advance(to: max(time, clock.now))
            happen(event)
            afterStep(self)
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
            let arrival = max(wall, records.last?.arrival ?? wall)
            records.append(RecordSummary(position: position, arrival: arrival, encodedBytes: size))
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

    func isFaulty(_ percent: Int) -> Bool {
        guard percent > 0 else { return false }
        if let calmFrom, clock.now >= calmFrom { return false }
        return random.chance(percent)
    }

    func feed(_ input: LaneMachine.Input) {
        guard isUp else { return }
        checker.knows(records: records, keys: keys, filtered: filtered)
        var commit = Commit(checkpoint: machine.checkpoint)
        let before = commit.checkpoint
        let effects = machine.step(input, now: wall)
        for effect in effects {
            perform(effect, &commit)
        }
        jumpClock()
        commit.closed = justClosed
        justClosed = []
        guard commit.checkpoint > before || !commit.isEmpty else { return }
        let delay: Duration = isFaulty(faults.slowCommits) ? random.milliseconds(1...100) : commitDelay
        // One writer: commits never overtake one another.
        lastCommit = max(lastCommit, clock.now + delay)
        agenda.plan(.commit(life: life, commit), at: lastCommit)
    }

    func trace(_ line: @autoclosure () -> String) {
        guard keepsTrace else { return }
        trace.append("\(clock.now.millisecondsSinceEpoch) \(line())")
    }
}
