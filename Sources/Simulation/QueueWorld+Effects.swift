import EventModel
package import MappingCore

extension QueueWorld {
    private var faults: FaultPlan { conditions.faults }

    func perform(_ effect: QueueMachine.Effect) {
        trace("\(effect)")
        switch effect {
        case .requestPermit(let slot): answerPermit(slot)
        case .releasePermit: break
        case .receive(let slot, let limit, let bytes, let visibility):
            receive(slot, limit: limit, bytes: bytes, visibility: visibility)
        case .invoke(let slot, let plan): invoke(slot, plan)
        case .delete(let slot, let selection):
            delete(QueueChecker.indices(selection).map { held[slot, default: []][$0] })
        case .leave: break
        case .release(let slot): held[slot] = []
        case .wake(let time):
            timer += 1
            agenda.plan(.timer(life: life, timer), at: max(time, clock.now))
        case .cancelWake: timer += 1
        case .explain(let decision): decisions.append(decision)
        case .stopped: isStopped = true
        }
    }

    private func answerPermit(_ slot: Slot) {
        let isGranted = !isFaulty(faults.deniedPermits)
        // A permit may come when the receipts of its batch have ended.
        let delay: Duration = isFaulty(faults.slowReads) ? random.milliseconds(1...5_000) : .zero
        agenda.plan(.permit(life: life, slot, isGranted: isGranted), at: clock.now + delay)
        if !isGranted {
            agenda.plan(.permitFree(life: life), at: clock.now + delay + random.milliseconds(1...5_000))
        }
        guard isFaulty(faults.updates) else { return }
        var changed = settings
        changed.scaling = .drawn(using: &random)
        changed.reportsBatchItemFailures.toggle()
        changed.batch = BatchLimits(
            size: Int.random(in: 1...20, using: &random), window: settings.batch.window,
            eventBytes: settings.batch.eventBytes)
        let later = clock.now + random.milliseconds(0...2_000)
        agenda.plan(.update(changed, isRestart: random.chance(50)), at: later)
    }

    private func receive(_ slot: Slot, limit: Int, bytes: Int, visibility: Duration?) {
        receives += 1
        let now = clock.now
        let deadline = now + (visibility ?? queue.visibility)
        let receipts = queue.receive(limit: limit, bytes: bytes, visibility: visibility, now: now)
        if !receipts.isEmpty { agenda.plan(.news(life: life), at: deadline) }
        let found = receipts.map { queue.messages[$0.number] }
        let sum = found.reduce(0) { $0 + $1.encodedBytes }
        let received = QueueMachine.ReceivedMessages(
            found.map { .init(encodedBytes: $0.encodedBytes, group: $0.group) }, leaseDeadline: deadline,
            isExhausted: receipts.count < limit && sum <= bytes)
        let delay: Duration = isFaulty(faults.slowReads) ? random.milliseconds(1...300) : .zero
        agenda.plan(.answer(life: life, slot, receipts, received), at: now + delay)
    }

    private func invoke(_ slot: Slot, _ plan: QueueInvocationPlan) {
        let receipts = Array(held[slot, default: []][plan.messages])
        let call = Call(time: clock.now, slot: slot, plan: plan, receipts: receipts)
        var duration = conditions.duration(invocations)
        invocations += 1
        let outcome: InvocationOutcome
        if isFaulty(faults.throttles) {
            outcome = .notReached(.throttled)
        } else if isFaulty(faults.unavailable) {
            outcome = .notReached(.unavailable("a fault"))
        } else {
            outcome = handler(call)
        }
        if outcome.reachedFunction {
            calls.append(call)
            checker.executes(slot, plan, receipts.map(\.number), queue: queue, now: clock.now)
        }
        if isFaulty(faults.lateReplies) {
            duration = random.milliseconds(1_000...15_000)
        } else if isFaulty(faults.slowReplies) {
            duration = random.milliseconds(10...3_000)
        }
        let end = Event.end(life: life, slot, plan.invocation, outcome)
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

    private func delete(_ receipts: [ModelQueue.Receipt]) {
        let delay: Duration = isFaulty(faults.slowCommits) ? random.milliseconds(1...100) : conditions.commit
        agenda.plan(.deleted(life: life, receipts), at: clock.now + delay)
        guard isFaulty(faults.strangers) else { return }
        let taken = queue.receive(limit: Int.random(in: 1...5, using: &random), now: clock.now)
        guard !taken.isEmpty else { return }
        trace("a stranger took \(taken.map(\.number))")
        agenda.plan(.news(life: life), at: clock.now + queue.visibility)
        if random.chance(50) {
            agenda.plan(.strangerDeletes(taken), at: clock.now + random.milliseconds(1...12_000))
        }
    }
}

extension PollerScaling {
    /// One of the three kinds with small numbers.
    package static func drawn(using random: inout SeededRandom) -> PollerScaling {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .automatic
        case 1:
            let least = Int.random(in: 1...3, using: &random)
            return .provisioned(
                minimumPollers: least, maximumPollers: least + Int.random(in: 0...3, using: &random))
        default: return .limited(maximumConcurrency: Int.random(in: 1...5, using: &random))
        }
    }
}
