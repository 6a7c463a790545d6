package import EventModel
package import MappingCore

/// One queue in memory, one handler, permits that others also want, other consumers, and the machine between them.
///
/// Deletes take their time and are lost in a crash, which may also forget every receive of a standard queue. Every effect is
/// checked as it happens (`QueueChecker`).
package final class QueueWorld {
    package typealias Slot = QueueMachine.Slot
    package typealias Handler = (Call) -> InvocationOutcome

    /// One invocation as the handler saw it.
    package struct Call: Equatable, Sendable {
        package let time: Timestamp
        package let slot: Slot
        package let plan: QueueInvocationPlan
        /// Message numbers, from 0 in the order of sending, and how often each was received.
        package let receipts: [ModelQueue.Receipt]

        package var messages: [Int] { receipts.map(\.number) }
    }

    /// What happens besides what the settings say.
    package struct Conditions {
        /// Received more often, a message goes to the dead-letter queue.
        package var maxReceiveCount = 3
        package var faults = FaultPlan.none
        /// When the faults end; `nil` for never.
        package var calmFrom: Timestamp?
        package var seed: UInt64 = 0
        /// Whether everything that happened is written down, which takes longer than the rest.
        package var keepsTrace = true
        /// How long the n-th invocation takes, from 0, when no fault makes it longer.
        package var duration: (Int) -> Duration = { _ in .milliseconds(1) }
        /// How long a delete takes.
        package var commit = Duration.milliseconds(1)

        package init() {}
    }

    package internal(set) var settings: QueueSettings
    package internal(set) var clock: SimulatedClock
    package internal(set) var queue: ModelQueue
    package internal(set) var calls: [Call] = []
    package internal(set) var receives = 0
    package internal(set) var decisions: [QueueDecision] = []
    package internal(set) var trace: [String] = []
    package internal(set) var isStopped = false
    package internal(set) var checker: QueueChecker

    var machine: QueueMachine
    var agenda = Agenda<Event>()
    var random: SeededRandom
    let conditions: Conditions
    let handler: Handler
    private(set) var life = 0
    private var isUp = false
    var timer = 0
    var held: [Slot: [ModelQueue.Receipt]] = [:]
    /// Invocations in flight or ended.
    var invocations = 0
    /// What an update changed; holds from the next life on, or at once.
    private var nextSettings: QueueSettings?
    private var isRestarting = false

    enum Event {
        case send(sizes: [Int], groups: [Int?])
        case begin(afterLife: Int)
        case news(life: Int)
        case permit(life: Int, Slot, isGranted: Bool)
        case permitFree(life: Int)
        case answer(life: Int, Slot, [ModelQueue.Receipt], QueueMachine.ReceivedMessages)
        case end(life: Int, Slot, InvocationOrdinal, InvocationOutcome)
        case timer(life: Int, Int)
        case deleted(life: Int, [ModelQueue.Receipt])
        case strangerDeletes([ModelQueue.Receipt])
        case update(QueueSettings, isRestart: Bool)
        case crash(life: Int)
        case stop(life: Int)
    }

    package init(
        settings: QueueSettings, conditions: Conditions = Conditions(),
        clock: SimulatedClock = SimulatedClock(), handler: @escaping Handler
    ) {
        self.settings = settings
        self.conditions = conditions
        self.handler = handler
        self.clock = clock
        queue = ModelQueue(visibility: settings.queueVisibility, maxReceiveCount: conditions.maxReceiveCount)
        random = SeededRandom(seed: conditions.seed)
        machine = QueueMachine(settings: settings)
        checker = QueueChecker(settings: settings)
        agenda.plan(.begin(afterLife: 0), at: clock.now)
    }
}

// MARK: - Planning

extension QueueWorld {
    package func send(sizes: [Int], groups: [Int?], after delay: Duration = .zero) {
        precondition(sizes.count == groups.count, "each message has its group")
        agenda.plan(.send(sizes: sizes, groups: groups), at: clock.now + delay)
    }

    package func send(count: Int, after delay: Duration = .zero) {
        send(
            sizes: Array(repeating: 100, count: count), groups: Array(repeating: nil, count: count),
            after: delay)
    }

    /// One message for each of these groups.
    package func send(groups: [Int?], after delay: Duration = .zero) {
        send(sizes: Array(repeating: 100, count: groups.count), groups: groups, after: delay)
    }

    package func stop(after delay: Duration) { agenda.plan(.stop(life: life + 1), at: clock.now + delay) }

    package func crash(after delay: Duration) { agenda.plan(.crash(life: life + 1), at: clock.now + delay) }

    /// Changes the settings: at once under way, or by a stop and a start.
    package func update(_ settings: QueueSettings, isRestart: Bool, after delay: Duration) {
        agenda.plan(.update(settings, isRestart: isRestart), at: clock.now + delay)
    }

    /// Lets things happen until nothing is left to happen, the time comes, or too much has happened.
    package func run(until end: Timestamp? = nil, limit: Int = 200_000) {
        var steps = 0
        while let (time, event) = agenda.next(until: end) {
            clock.advance(to: max(time, clock.now))
            happen(event)
            steps += 1
            guard steps < limit else { return checker.note("the world does not come to rest") }
        }
    }

    /// After the last run: no message is lost, and none was deleted without success.
    package func conclude() {
        for (number, message) in queue.messages.enumerated() {
            switch message.place {
            case .waiting: checker.note("message \(number) was never concluded")
            case .deleted:
                if !checker.succeededEver.contains(number) {
                    checker.note("message \(number) was deleted without success")
                }
            case .deadLettered: break
            }
        }
    }

    package var deadLetters: [Int] {
        queue.messages.indices.filter { queue.messages[$0].place == .deadLettered }
    }
}

// MARK: - Events

extension QueueWorld {
    private func happen(_ event: Event) {
        switch event {
        case .send(let sizes, let groups):
            for (size, group) in zip(sizes, groups) {
                queue.send(encodedBytes: size, group: group, now: clock.now)
            }
            trace("sent \(sizes.count)")
            tellNews()
        case .begin(life): beginLife()
        // The shell speaks of messages that came back, not of those that are gone.
        case .news(life): tellNewsIfAny()
        case .permit(life, let slot, let isGranted):
            checker.answeredPermit(slot, isGranted: isGranted)
            feed(isGranted ? .permitGranted(slot) : .permitDenied(slot))
        case .permitFree(life): feed(.permitMayBeFree)
        case .answer(life, let slot, let receipts, let received):
            held[slot, default: []] += receipts
            checker.answeredReceive(slot, receipts.map(\.number), received, now: clock.now)
            feed(.received(slot, received))
        case .end(life, let slot, let invocation, let outcome):
            checker.ended(slot, invocation, outcome)
            feed(.invocationEnded(slot, invocation, outcome))
        case .timer(life, timer): feed(.timerFired)
        case .deleted(life, let receipts): deleted(receipts)
        case .strangerDeletes(let receipts):
            let refused = queue.delete(receipts, now: clock.now)
            checker.deletedByOthers(Set(receipts).subtracting(refused).map(\.number))
            tellNewsIfAny()
        case .update(let settings, let isRestart): update(settings, isRestart: isRestart)
        case .crash(life): crashNow()
        case .stop(life): feed(.stop)
        // What was meant for a machine that is gone.
        case .begin, .news, .permit, .permitFree, .answer, .end, .timer, .deleted, .crash, .stop: break
        }
    }

    func tellNews() {
        guard isUp else { return }
        checker.news()
        feed(.messagesMayBeAvailable)
    }

    private func tellNewsIfAny() {
        if !queue.available(now: clock.now).isEmpty { tellNews() }
    }

    private func beginLife() {
        life += 1
        timer += 1
        isUp = true
        isStopped = false
        isRestarting = false
        held = [:]
        settings = nextSettings ?? settings
        nextSettings = nil
        machine = QueueMachine(settings: settings)
        checker.began(settings, now: clock.now)
        trace("life \(life)")
        feed(.start)
        let returns = Set(queue.messages.lazy.filter { $0.place == .waiting }.map(\.visibleAt))
        for time in returns.sorted() where time > clock.now {
            agenda.plan(.news(life: life), at: time)
        }
    }

    /// Deletes that were not durable are forgotten, and maybe receives, too.
    private func crashNow() {
        trace("crash")
        life += 1
        isUp = false
        let isFIFO = queue.messages.contains { $0.group != nil }
        if !isFIFO, random.chance(50) { queue.forgetReceives(now: clock.now) }
        agenda.plan(.begin(afterLife: life), at: clock.now + random.milliseconds(0...50))
    }

    private func update(_ settings: QueueSettings, isRestart: Bool) {
        trace("update\(isRestart ? " with restart" : "")")
        nextSettings = settings
        guard isUp, !isStopped, !isRestarting else { return }
        if isRestart {
            isRestarting = true
            return feed(.stop)
        }
        nextSettings = nil
        self.settings = settings
        checker.adopted(settings, now: clock.now)
        feed(.settingsChanged(settings))
    }

    private func deleted(_ receipts: [ModelQueue.Receipt]) {
        let refused = queue.delete(receipts, now: clock.now)
        if refused.isEmpty {
            // The delete may have unlocked message groups.
            if queue.messages[receipts[0].number].group != nil { tellNewsIfAny() }
        } else if isUp {
            trace("refused \(refused.count)")
            checker.news()
            feed(.deletesRefused(count: refused.count))
        }
    }

    func feed(_ input: QueueMachine.Input) {
        guard isUp else { return }
        let before = machine.inFlightBatches
        for effect in machine.step(input, now: clock.now) {
            checker.check(effect, now: clock.now)
            perform(effect)
        }
        let inFlight = machine.inFlightBatches
        if inFlight > max(before, machine.concurrency(now: clock.now)) {
            checker.note("more batches are begun than the concurrency allows")
        }
        if isStopped, isRestarting || conditions.faults.restarts > 0 {
            // A clean stop waits for its deletes before the next life begins.
            agenda.plan(.begin(afterLife: life), at: clock.now + .milliseconds(101))
        }
    }

    func isFaulty(_ percent: Int) -> Bool {
        guard percent > 0 else { return false }
        if let calmFrom = conditions.calmFrom, clock.now >= calmFrom { return false }
        return random.chance(percent)
    }

    func trace(_ line: @autoclosure () -> String) {
        if conditions.keepsTrace { trace.append("\(clock.now.millisecondsSinceEpoch) \(line())") }
    }
}
