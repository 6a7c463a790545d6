package import EventModel
package import MappingCore

/// One shard in memory, one handler and the machine between them, on one clock and one seed.
///
/// Commits take their time and are lost in a crash, reads may be older than the newest record, answers come late and
/// twice. Every effect is checked as it happens (`ShardChecker`).
package final class ShardWorld {
    /// What the handler is asked, and what it answers.
    package typealias Handler = (Call) -> InvocationOutcome

    /// One invocation as the handler saw it.
    package struct Call: Equatable, Sendable {
        package let time: Timestamp
        /// Which machine made it, from 1; a crash or restart begins another.
        package let life: Int
        package let plan: InvocationPlan
        package let positions: [Position]
    }

    package let settings: ShardSettings
    package private(set) var clock: SimulatedClock
    package private(set) var calls: [Call] = []
    /// What is durable.
    package private(set) var checkpoint: Position = 0
    package private(set) var discards: [DiscardedBatch] = []
    package private(set) var decisions: [ShardDecision] = []
    /// Everything that happened, one line each.
    package private(set) var trace: [String] = []
    package private(set) var isFinished = false
    package private(set) var isStopped = false
    package private(set) var checker: ShardChecker

    private var machine: ShardMachine
    private var agenda = Agenda<Event>()
    private var random: SeededRandom
    private let faults: FaultPlan
    private let calmFrom: Timestamp?
    private let handler: Handler
    private var life = 0
    private var timer = 0
    private var records: [RecordSummary] = []
    private var filtered: Set<Position> = []
    private var isClosed = false
    private var isUp = false
    private var lastCommit: Timestamp
    /// How far the wall clock is off.
    private var skew = Duration.zero
    /// It is set when the step in hand is done.
    private var isJumping = false
    private var wall: Timestamp { clock.now + skew }

    private enum Event {
        case append(sizes: [Int])
        case close
        case begin(afterLife: Int)
        case answer(life: Int, ShardMachine.FetchedRecords)
        case end(life: Int, InvocationOrdinal, InvocationOutcome)
        case timer(life: Int, Int)
        case commit(life: Int, Position, DiscardedBatch?)
        case crash(life: Int)
        case stop(life: Int)
    }

    /// - Parameter calmFrom: When the faults end; `nil` for never.
    package init(
        settings: ShardSettings, faults: FaultPlan = .none, calmFrom: Timestamp? = nil, seed: UInt64 = 0,
        clock: SimulatedClock = SimulatedClock(), handler: @escaping Handler
    ) {
        self.settings = settings
        self.faults = faults
        self.calmFrom = calmFrom
        self.handler = handler
        self.clock = clock
        lastCommit = clock.now
        random = SeededRandom(seed: seed)
        machine = ShardMachine(settings: settings)
        checker = ShardChecker(settings: settings)
        agenda.plan(.begin(afterLife: 0), at: clock.now)
    }
}

// MARK: - Planning

extension ShardWorld {
    /// Appends records of these encoded sizes after a while, counted from now.
    package func append(sizes: [Int], after delay: Duration = .zero) {
        agenda.plan(.append(sizes: sizes), at: clock.now + delay)
    }

    package func append(count: Int, after delay: Duration = .zero) {
        append(sizes: Array(repeating: 100, count: count), after: delay)
    }

    package func close(after delay: Duration = .zero) { agenda.plan(.close, at: clock.now + delay) }

    package func stop(after delay: Duration) { agenda.plan(.stop(life: life + 1), at: clock.now + delay) }

    package func crash(after delay: Duration) { agenda.plan(.crash(life: life + 1), at: clock.now + delay) }

    package var positions: [Position] { records.map(\.position) }

    /// After the last run: whether everything came to its end (liveness), and that nothing was settled without reason.
    package func conclude() {
        checker.concludes(checkpoint: checkpoint, discards: discards)
        if isClosed, !isFinished { checker.note("the shard ended and the machine did not finish") }
    }

    /// Lets things happen until nothing is left to happen, the time comes, or too much has happened.
    package func run(until end: Timestamp? = nil, limit: Int = 100_000) {
        var steps = 0
        while let (time, event) = agenda.next(until: end) {
            clock.advance(to: max(time, clock.now))
            happen(event)
            steps += 1
            guard steps < limit else { return checker.note("the world does not come to rest") }
        }
    }
}

// MARK: - Events

extension ShardWorld {
    private func happen(_ event: Event) {
        switch event {
        case .append(let sizes): appendNow(sizes)
        case .close:
            isClosed = true
            trace("closed")
            feed(.recordsMayBeAvailable)
        case .begin(life): beginLife()
        case .answer(life, let fetched):
            checker.answered(through: fetched.through ?? 0)
            feed(.fetched(fetched))
        case .end(life, let invocation, let outcome):
            checker.ended(invocation, outcome)
            feed(.invocationEnded(invocation, outcome))
        case .timer(life, timer): feed(.timerFired)
        case .commit(life, let position, let discarded): commit(position, discarded)
        case .crash(life): crashNow()
        case .stop(life): feed(.stop)
        // What was meant for a machine that is gone.
        case .begin, .answer, .end, .timer, .commit, .crash, .stop: break
        }
    }

    private func appendNow(_ sizes: [Int]) {
        for size in sizes {
            let position = (records.last?.position ?? 0) + 1
            let arrival = max(wall, records.last?.arrival ?? wall)
            records.append(RecordSummary(position: position, arrival: arrival, encodedBytes: size))
            if isFaulty(faults.filtered) { filtered.insert(position) }
        }
        trace("appended \(sizes.count)")
        feed(.recordsMayBeAvailable)
    }

    private func beginLife() {
        life += 1
        timer += 1
        machine = ShardMachine(settings: settings)
        isUp = true
        isStopped = false
        checker.began(after: checkpoint)
        trace("life \(life) after \(checkpoint)")
        feed(.start(after: checkpoint))
    }

    private func crashNow() {
        trace("crash")
        // Until the next life begins nobody listens.
        life += 1
        isUp = false
        agenda.plan(.begin(afterLife: life), at: clock.now + random.milliseconds(0...50))
    }

    private func commit(_ position: Position, _ discarded: DiscardedBatch?) {
        if position <= checkpoint { checker.note("the checkpoint moved back to \(position)") }
        checkpoint = position
        if let discarded { discards.append(discarded) }
        trace("durable \(position)")
    }

    private func isFaulty(_ percent: Int) -> Bool {
        guard percent > 0 else { return false }
        if let calmFrom, clock.now >= calmFrom { return false }
        return random.chance(percent)
    }

    private func feed(_ input: ShardMachine.Input) {
        guard isUp else { return }
        checker.knows(records: records, filtered: filtered, isClosed: isClosed)
        let effects = machine.step(input, now: wall)
        for effect in effects {
            checker.check(effect, now: wall)
            perform(effect)
        }
        guard isJumping else { return }
        isJumping = false
        skew += random.milliseconds(-600_000...600_000)
    }

    private func trace(_ line: String) { trace.append("\(clock.now.millisecondsSinceEpoch) \(line)") }
}

// MARK: - Effects

extension ShardWorld {
    private func perform(_ effect: ShardMachine.Effect) {
        trace("\(effect)")
        switch effect {
        case .fetch(let position, let limit, let bytes): read(after: position, limit: limit, bytes: bytes)
        case .invoke(let plan): invoke(plan)
        case .settle(let position): plan(commit: position, nil)
        case .discard(let discarded): plan(commit: discarded.checkpoint, discarded)
        case .wake(let time):
            timer += 1
            agenda.plan(.timer(life: life, timer), at: clock.now + max(.zero, time - wall))
        case .cancelWake: timer += 1
        case .release: break
        case .explain(let decision): decisions.append(decision)
        case .finished: isFinished = true
        case .stopped: stopped()
        }
    }

    private func stopped() {
        isStopped = true
        // A clean stop waits for its commits before the next life begins.
        guard faults.restarts > 0 else { return }
        agenda.plan(.begin(afterLife: life), at: max(lastCommit, clock.now) + .milliseconds(1))
    }

    /// Reads now and answers later, as a real store may.
    private func read(after position: Position, limit: Int, bytes: Int) {
        var found: [RecordSummary] = []
        var sum = 0
        var through = position
        var next = Int(position)
        while next < records.count, found.count < limit, sum <= bytes {
            let record = records[next]
            through = record.position
            if !filtered.contains(record.position) {
                found.append(record)
                sum += record.encodedBytes
            }
            next += 1
        }
        let continuation: ShardMachine.Continuation =
            next < records.count ? .more : isClosed ? .shardEnd : .exhausted
        let answer = ShardMachine.FetchedRecords(found, through: through, continuation)
        let delay: Duration = isFaulty(faults.slowReads) ? random.milliseconds(1...300) : .zero
        agenda.plan(.answer(life: life, answer), at: clock.now + delay)
    }

    private func plan(commit position: Position, _ discarded: DiscardedBatch?) {
        let delay: Duration = isFaulty(faults.slowCommits) ? random.milliseconds(1...100) : .milliseconds(1)
        // One writer: commits never overtake one another.
        lastCommit = max(lastCommit, clock.now + delay)
        agenda.plan(.commit(life: life, position, discarded), at: lastCommit)
    }

    private func invoke(_ plan: InvocationPlan) {
        let first = Int(plan.records.first) - 1
        let span = records[first..<Int(plan.records.last)].map(\.position).filter { !filtered.contains($0) }
        let call = Call(time: clock.now, life: life, plan: plan, positions: span)
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
        if isFaulty(faults.clockJumps) { isJumping = true }
        agenda.plan(.end(life: life, plan.invocation, outcome), at: clock.now + duration)
        if isFaulty(faults.duplicateReplies) {
            let later = duration + random.milliseconds(0...500)
            agenda.plan(.end(life: life, plan.invocation, outcome), at: clock.now + later)
        }
        if isFaulty(faults.crashes) {
            agenda.plan(.crash(life: life), at: clock.now + random.milliseconds(0...3))
        } else if isFaulty(faults.restarts) {
            agenda.plan(.stop(life: life), at: clock.now + random.milliseconds(0...3))
        }
    }
}
