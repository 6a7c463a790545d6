package import EventModel
package import MappingCore

/// One standard queue in memory, one handler, permits that others also want, and the machine between them.
///
/// Deletes take their time and are lost in a crash, which also forgets every lease. Every effect is checked as it
/// happens (`QueueChecker`).
package final class QueueWorld {
    package typealias Slot = QueueMachine.Slot
    package typealias Handler = (Call) -> InvocationOutcome

    /// One invocation as the handler saw it.
    package struct Call: Equatable, Sendable {
        package let time: Timestamp
        package let slot: Slot
        package let plan: QueueInvocationPlan
        /// Message numbers, from 0 in the order of sending.
        package let messages: [Int]
    }

    package struct Message: Equatable, Sendable {
        package let encodedBytes: Int
        package var visibleAt: Timestamp
        package var receiveCount = 0
        package var place = Place.waiting
    }

    package enum Place: Equatable, Sendable {
        case waiting
        case deleting
        case deleted
        case deadLettered
    }

    package let settings: QueueSettings
    package private(set) var clock: SimulatedClock
    package private(set) var calls: [Call] = []
    package private(set) var messages: [Message] = []
    package private(set) var receives = 0
    package private(set) var decisions: [QueueDecision] = []
    package private(set) var trace: [String] = []
    package private(set) var isStopped = false
    package private(set) var checker: QueueChecker

    private var machine: QueueMachine
    private var agenda = Agenda<Event>()
    private var random: SeededRandom
    private let faults: FaultPlan
    private let calmFrom: Timestamp?
    private let maxReceiveCount: Int
    private let handler: Handler
    private var life = 0
    private var isUp = false
    private var timer = 0
    private var held: [Slot: [Int]] = [:]

    private enum Event {
        case send(sizes: [Int])
        case begin(afterLife: Int)
        case news(life: Int)
        case permit(life: Int, Slot, isGranted: Bool)
        case permitFree(life: Int)
        case answer(life: Int, Slot, [Int], QueueMachine.ReceivedMessages)
        case end(life: Int, Slot, InvocationOrdinal, InvocationOutcome)
        case timer(life: Int, Int)
        case deleted(life: Int, [Int])
        case crash(life: Int)
        case stop(life: Int)
    }

    /// - Parameters:
    ///   - maxReceiveCount: Received more often, a message goes to the dead-letter queue.
    ///   - calmFrom: When the faults end; `nil` for never.
    package init(
        settings: QueueSettings, maxReceiveCount: Int = 3, faults: FaultPlan = .none,
        calmFrom: Timestamp? = nil,
        seed: UInt64 = 0, clock: SimulatedClock = SimulatedClock(), handler: @escaping Handler
    ) {
        self.settings = settings
        self.maxReceiveCount = maxReceiveCount
        self.faults = faults
        self.calmFrom = calmFrom
        self.handler = handler
        self.clock = clock
        random = SeededRandom(seed: seed)
        machine = QueueMachine(settings: settings)
        checker = QueueChecker(settings: settings)
        agenda.plan(.begin(afterLife: 0), at: clock.now)
    }
}

// MARK: - Planning

extension QueueWorld {
    package func send(sizes: [Int], after delay: Duration = .zero) {
        agenda.plan(.send(sizes: sizes), at: clock.now + delay)
    }

    package func send(count: Int, after delay: Duration = .zero) {
        send(sizes: Array(repeating: 100, count: count), after: delay)
    }

    package func stop(after delay: Duration) { agenda.plan(.stop(life: life + 1), at: clock.now + delay) }

    package func crash(after delay: Duration) { agenda.plan(.crash(life: life + 1), at: clock.now + delay) }

    /// Lets things happen until nothing is left to happen, the time comes, or too much has happened.
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

    /// After the last run: no message is lost, and none was deleted without success.
    package func conclude() {
        for (number, message) in messages.enumerated() {
            switch message.place {
            case .waiting, .deleting: checker.note("message \(number) was never concluded")
            case .deleted:
                if !checker.succeededEver.contains(number) {
                    checker.note("message \(number) was deleted without success")
                }
            case .deadLettered: break
            }
        }
    }
}

// MARK: - Events

extension QueueWorld {
    private func happen(_ event: Event) {
        switch event {
        case .send(let sizes):
            for size in sizes { messages.append(Message(encodedBytes: size, visibleAt: clock.now)) }
            trace("sent \(sizes.count)")
            tellNews()
        case .begin(life): beginLife()
        case .news(life):
            // The shell speaks of messages that came back, not of those that are gone.
            if messages.contains(where: { $0.place == .waiting && $0.visibleAt <= clock.now }) { tellNews() }
        case .permit(life, let slot, let isGranted):
            checker.answeredPermit(slot, isGranted: isGranted)
            feed(isGranted ? .permitGranted(slot) : .permitDenied(slot))
        case .permitFree(life): feed(.permitMayBeFree)
        case .answer(life, let slot, let numbers, let received):
            held[slot, default: []] += numbers
            checker.answeredReceive(slot, numbers, received)
            feed(.received(slot, received))
        case .end(life, let slot, let invocation, let outcome):
            checker.ended(slot, invocation, outcome)
            feed(.invocationEnded(slot, invocation, outcome))
        case .timer(life, timer): feed(.timerFired)
        case .deleted(life, let numbers):
            for number in numbers { messages[number].place = .deleted }
        case .crash(life): crashNow()
        case .stop(life): feed(.stop)
        // What was meant for a machine that is gone.
        case .begin, .news, .permit, .permitFree, .answer, .end, .timer, .deleted, .crash, .stop: break
        }
    }

    private func tellNews() {
        guard isUp else { return }
        checker.news()
        feed(.messagesMayBeAvailable)
    }

    private func beginLife() {
        life += 1
        timer += 1
        isUp = true
        isStopped = false
        held = [:]
        machine = QueueMachine(settings: settings)
        checker.began()
        trace("life \(life)")
        feed(.start)
        for message in messages where message.place == .waiting && message.visibleAt > clock.now {
            agenda.plan(.news(life: life), at: message.visibleAt)
        }
    }

    /// Leases are forgotten, deletes that were not durable too.
    private func crashNow() {
        trace("crash")
        life += 1
        isUp = false
        for number in messages.indices {
            if messages[number].place == .deleting { messages[number].place = .waiting }
            messages[number].visibleAt = min(messages[number].visibleAt, clock.now)
        }
        agenda.plan(.begin(afterLife: life), at: clock.now + random.milliseconds(0...50))
    }

    private func feed(_ input: QueueMachine.Input) {
        guard isUp else { return }
        for effect in machine.step(input, now: clock.now) {
            checker.check(effect, now: clock.now)
            perform(effect)
        }
        if machine.inFlightBatches > settings.scaling.ceiling {
            checker.note("too many batches in flight")
        }
    }

    private func isFaulty(_ percent: Int) -> Bool {
        guard percent > 0 else { return false }
        if let calmFrom, clock.now >= calmFrom { return false }
        return random.chance(percent)
    }

    private func trace(_ line: String) { trace.append("\(clock.now.millisecondsSinceEpoch) \(line)") }
}

// MARK: - Effects

extension QueueWorld {
    private func perform(_ effect: QueueMachine.Effect) {
        trace("\(effect)")
        switch effect {
        case .requestPermit(let slot):
            let isGranted = !isFaulty(faults.deniedPermits)
            agenda.plan(.permit(life: life, slot, isGranted: isGranted), at: clock.now)
            if !isGranted {
                agenda.plan(.permitFree(life: life), at: clock.now + random.milliseconds(1...5_000))
            }
        case .releasePermit: break
        case .receive(let slot, let limit, let bytes, let visibility):
            receive(slot, limit: limit, bytes: bytes, visibility: visibility)
        case .invoke(let slot, let plan): invoke(slot, plan)
        case .delete(let slot, let selection): delete(slot, selection)
        case .leave: break
        case .release(let slot): held[slot] = []
        case .wake(let time):
            timer += 1
            agenda.plan(.timer(life: life, timer), at: max(time, clock.now))
        case .cancelWake: timer += 1
        case .explain(let decision): decisions.append(decision)
        case .stopped:
            isStopped = true
            // A clean stop waits for its deletes before the next life begins.
            if faults.restarts > 0 {
                agenda.plan(.begin(afterLife: life), at: clock.now + .milliseconds(101))
            }
        }
    }

    private func receive(_ slot: Slot, limit: Int, bytes: Int, visibility: Duration?) {
        receives += 1
        let now = clock.now
        let deadline = now + (visibility ?? settings.queueVisibility)
        var found: [Int] = []
        var sum = 0
        var isExhausted = true
        for number in messages.indices
        where messages[number].place == .waiting && messages[number].visibleAt <= now {
            guard found.count < limit, sum <= bytes else {
                isExhausted = false
                break
            }
            messages[number].receiveCount += 1
            if messages[number].receiveCount > maxReceiveCount {
                messages[number].place = .deadLettered
                continue
            }
            messages[number].visibleAt = deadline
            found.append(number)
            sum += messages[number].encodedBytes
        }
        if !found.isEmpty { agenda.plan(.news(life: life), at: deadline) }
        let received = QueueMachine.ReceivedMessages(
            found.map { .init(encodedBytes: messages[$0].encodedBytes) }, leaseDeadline: deadline,
            isExhausted: isExhausted)
        let delay: Duration = isFaulty(faults.slowReads) ? random.milliseconds(1...300) : .zero
        agenda.plan(.answer(life: life, slot, found, received), at: now + delay)
    }

    private func invoke(_ slot: Slot, _ plan: QueueInvocationPlan) {
        let numbers = Array(held[slot, default: []][plan.messages])
        let call = Call(time: clock.now, slot: slot, plan: plan, messages: numbers)
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
        agenda.plan(.end(life: life, slot, plan.invocation, outcome), at: clock.now + duration)
        if isFaulty(faults.duplicateReplies) {
            let later = duration + random.milliseconds(0...500)
            agenda.plan(.end(life: life, slot, plan.invocation, outcome), at: clock.now + later)
        }
        if isFaulty(faults.crashes) {
            agenda.plan(.crash(life: life), at: clock.now + random.milliseconds(0...3))
        } else if isFaulty(faults.restarts) {
            agenda.plan(.stop(life: life), at: clock.now + random.milliseconds(0...3))
        }
    }

    private func delete(_ slot: Slot, _ selection: MessageSelection) {
        let numbers = QueueChecker.indices(selection).map { held[slot, default: []][$0] }
        for number in numbers where messages[number].place == .waiting { messages[number].place = .deleting }
        let delay: Duration = isFaulty(faults.slowCommits) ? random.milliseconds(1...100) : .milliseconds(1)
        agenda.plan(.deleted(life: life, numbers), at: clock.now + delay)
    }
}
