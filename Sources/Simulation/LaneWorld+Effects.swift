import EventModel
import MappingCore

// MARK: - Effects

extension LaneWorld {
    func perform(_ effect: LaneMachine.Effect, _ commit: inout Commit) {
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
            let delay = max(.zero, time - wall)
            checker.waits(delay, windowLength: windowLength, settings)
            agenda.plan(.timer(life: life, timer), at: clock.now + delay)
        case .cancelWake: timer += 1
        case .explain(_, .retryScheduled(_, _, let failed, _, let delay)):
            checker.retries(after: delay, failedAttempts: failed, settings.backOff)
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
        if isFaulty(faults.clockJumps) { isJumping = true }
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

// MARK: - Clocks

extension LaneWorld {
    /// Between two steps.
    func jumpClock() {
        guard isJumping else { return }
        isJumping = false
        let jump = random.milliseconds(-600_000...600_000)
        trace("the clock jumps by \(jump)")
        skew += jump
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

    func endWindow(_ invocation: InvocationOrdinal, _ outcome: InvocationOutcome) {
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
