import EventModel
import MappingCore

// MARK: - The lineage's effects

extension StreamWorld {
    func perform(_ effects: [ShardLineage.Effect]) {
        for effect in effects {
            trace("\(effect)")
            switch effect {
            case .place(let keys):
                let isDone = !isFaulty(faults.slowCommits)
                agenda.plan(.placed(life: life, keys, isDone: isDone), at: clock.now + .milliseconds(1))
            case .start(let key): start(key)
            case .forget: break
            }
        }
    }

    private func start(_ key: ShardKey) {
        guard !isStopping else { return }
        let shard = shards[index(key)]
        for parent in shard.parents.map(index) where shards[parent].isListed {
            let isThrough = shards[parent].durable?.checkpoint ?? -1 >= shards[parent].ending ?? .max
            if !isThrough { note("\(key.rawValue) begins before its parent is through") }
        }
        let durable = shard.durable ?? LaneWorld.Durable()
        pollers[key] = Poller(machine: LaneMachine(settings: settings, lanes: factor))
        shards[index(key)].checker.began(
            after: durable.checkpoint, settled: durable.settledAhead, lanes: factor)
        feed(.start(after: durable.checkpoint, settled: durable.settledAhead), to: key)
    }
}

// MARK: - Machines

extension StreamWorld {
    func feed(_ input: LaneMachine.Input, to key: ShardKey) {
        guard var poller = pollers[key] else { return }
        let index = index(key)
        let shard = shards[index]
        shards[index].checker.knows(records: shard.records, keys: shard.recordKeys, filtered: shard.filtered)
        var commit = LaneWorld.Commit(checkpoint: poller.machine.checkpoint)
        let before = commit.checkpoint
        let effects = poller.machine.step(input, now: wall)
        pollers[key] = poller
        for effect in effects { perform(effect, of: key, &commit) }
        if isJumping {
            isJumping = false
            skew += random.milliseconds(-600_000...600_000)
        }
        if commit.checkpoint > before || !commit.isEmpty { plan(commit, of: key) }
        endIfSettled(key)
    }

    private func plan(_ commit: LaneWorld.Commit, of key: ShardKey) {
        let delay: Duration = isFaulty(faults.slowCommits) ? random.milliseconds(1...100) : .milliseconds(1)
        // One writer: commits never overtake one another.
        lastCommit = max(lastCommit, clock.now + delay)
        pollers[key]?.commits += 1
        agenda.plan(.commit(life: life, key, commit), at: lastCommit)
    }

    func keep(_ commit: LaneWorld.Commit, in key: ShardKey) {
        let place = index(key)
        let old = shards[place].durable ?? LaneWorld.Durable()
        if commit.checkpoint < old.checkpoint { note("the checkpoint of \(key.rawValue) moved back") }
        shards[place].durable = LaneWorld.Durable(
            checkpoint: commit.checkpoint, settledAhead: commit.settled ?? old.settledAhead)
        shards[place].discards += commit.discards
        discards += commit.discards.joined().map { shards[place].numbers[Int($0) - 1] }
        pollers[key]?.commits -= 1
        endIfSettled(key)
    }

    /// A shard has ended when that is durable, too; a machine has stopped when all it settled is.
    private func endIfSettled(_ key: ShardKey) {
        guard let poller = pollers[key], poller.commits == 0, let end = poller.end else { return }
        pollers[key] = nil
        line.removeAll { $0 == key }
        switch end {
        case .finished: perform(lineage.step(.ended(key)))
        case .stopped: break
        }
        if isStopping, pollers.isEmpty { restart() }
    }

    private func perform(_ effect: LaneMachine.Effect, of key: ShardKey, _ commit: inout LaneWorld.Commit) {
        trace("shard \(key.rawValue) \(effect)")
        let index = index(key)
        switch effect {
        case .fetch(let position, let limit, let bytes): read(key, after: position, limit, bytes)
        case .invoke(let lane, let plan): invoke(key, lane, plan)
        case .settle(let position):
            shards[index].checker.settled(through: position)
            commit.checkpoint = position
        case .discard(let lane, let batch):
            let positions = positions(of: batch.records, in: lane, of: index)
            shards[index].checker.discarded(positions, in: lane, batch)
            keyOrder.done(positions.map { shards[index].numbers[Int($0) - 1] })
            commit.discards.append(positions)
        case .keepSettled(let positions):
            shards[index].checker.kept(positions)
            commit.settled = positions
        case .wake(let time):
            let delay = max(.zero, time - wall)
            shards[index].checker.waits(delay, windowLength: nil, settings)
            pollers[key]?.timer += 1
            agenda.plan(.timer(life: life, key, pollers[key]?.timer ?? 0), at: clock.now + delay)
        case .cancelWake: pollers[key]?.timer += 1
        case .explain(_, .retryScheduled(_, _, let failed, _, let delay)):
            shards[index].checker.retries(after: delay, failedAttempts: failed, settings.backOff)
        case .finished:
            shards[index].checker.finished()
            pollers[key]?.end = .finished
        case .stopped:
            shards[index].checker.stopped()
            pollers[key]?.end = .stopped
        case .invokeWindow, .dropWindowState, .keepWindow, .discardWindow: note("a window in \(key.rawValue)")
        case .release, .explain, .explainHeldBack: break
        }
    }

    private func positions(of span: RecordSpan, in lane: Int, of index: Int) -> [Position] {
        let shard = shards[index]
        return (span.first...span.last).filter {
            shard.recordKeys[Int($0) - 1] % factor == lane && !shard.filtered.contains($0)
                && !shard.checker.settledBefore.contains($0)
        }
    }

    private func read(_ key: ShardKey, after position: Position, _ limit: Int, _ bytes: Int) {
        let shard = shards[index(key)]
        var found: [RecordSummary] = []
        var sum = 0
        var through = position
        var next = Int(position)
        while next < shard.records.count, found.count < limit, sum <= bytes {
            let record = shard.records[next]
            through = record.position
            if !shard.filtered.contains(record.position),
                pollers[key]?.machine.isSettled(record.position) == false
            {
                found.append(record)
                sum += record.encodedBytes
            }
            next += 1
        }
        let beyond: ShardMachine.Continuation =
            next < shard.records.count ? .more : shard.ending != nil ? .shardEnd : .exhausted
        let lanes = found.map { UInt8(shard.recordKeys[Int($0.position) - 1] % factor) }
        let delay: Duration = isFaulty(faults.slowReads) ? random.milliseconds(1...300) : .zero
        agenda.plan(
            .answer(life: life, key, .init(found, through: through, beyond), lanes), at: clock.now + delay)
    }
}

// MARK: - Calls

extension StreamWorld {
    private func invoke(_ key: ShardKey, _ lane: Int, _ plan: InvocationPlan) {
        let index = index(key)
        let positions = positions(of: plan.records, in: lane, of: index)
        shards[index].checker.invoked(lane, plan, positions, limit: settings.batch)
        let numbers = positions.map { shards[index].numbers[Int($0) - 1] }
        keyOrder.delivered(numbers)
        guard running < permits else {
            if !line.contains(key) { line.append(key) }
            let end = Event.end(
                life: life, key, lane, plan.invocation, .notReached(.throttled), isReal: false)
            return agenda.plan(end, at: clock.now)
        }
        running += 1
        callsMost = max(callsMost, running)
        let outcome: InvocationOutcome
        if isFaulty(faults.throttles) {
            outcome = .notReached(.throttled)
        } else if isFaulty(faults.unavailable) {
            outcome = .notReached(.unavailable("a fault"))
        } else {
            calls += 1
            outcome = handler(numbers, plan)
        }
        let duration: Duration =
            isFaulty(faults.slowReplies) ? random.milliseconds(10...3_000) : .milliseconds(1)
        func end(isReal: Bool) -> Event {
            .end(life: life, key, lane, plan.invocation, outcome, isReal: isReal)
        }
        if isFaulty(faults.clockJumps) { isJumping = true }
        agenda.plan(end(isReal: true), at: clock.now + duration)
        if isFaulty(faults.duplicateReplies) {
            agenda.plan(end(isReal: false), at: clock.now + duration + random.milliseconds(0...500))
        }
        if isFaulty(faults.crashes) {
            agenda.plan(.crash(life: life), at: clock.now + random.milliseconds(0...3))
        } else if isFaulty(faults.restarts) {
            agenda.plan(.stop(life: life), at: clock.now + random.milliseconds(0...3))
        }
    }

    /// - Parameter isReal: False for what gives no permit back: a second answer, or that there was none to be had.
    func end(
        _ key: ShardKey, _ lane: Int, _ invocation: InvocationOrdinal, _ outcome: InvocationOutcome,
        isReal: Bool
    ) {
        if isReal {
            running -= 1
            callNext()
        }
        guard pollers[key] != nil else { return }
        let place = index(key)
        let good = shards[place].checker.ended(lane, invocation, outcome)
        keyOrder.done(good.map { shards[place].numbers[Int($0) - 1] })
        feed(.invocationEnded(lane, invocation, outcome), to: key)
    }

    /// Whoever waits longest has the permit before the one that gave it back.
    private func callNext() {
        while running < permits, !line.isEmpty {
            feed(.functionMayBeReachable, to: line.removeFirst())
        }
    }
}
