import EventModel
import MappingCore
import Testing

/// esm-sqs.md §2, §3 and §6: the machine with many slots, a pace and changing settings.
@Suite("The scaling of a queue machine")
struct QueueScalingTests {
    /// A machine and a queue that never ends, with functions that never answer by themselves.
    private final class Subject {
        var machine: QueueMachine
        var now = Timestamp(millisecondsSinceEpoch: 1_000_000)
        private(set) var invoked: [(slot: Int, plan: QueueInvocationPlan)] = []
        private(set) var polls: [Timestamp] = []
        private(set) var limits: [Int] = []
        private(set) var wake: Timestamp?
        var other: [QueueMachine.Effect] = []
        var bytes = 100
        /// Messages that a receive brings; `nil` for as many as it asks for.
        var supply: Int?
        var grants = true

        init(_ settings: QueueSettings) { machine = QueueMachine(settings: settings) }

        func feed(_ input: QueueMachine.Input) {
            var inputs = [input]
            while !inputs.isEmpty {
                for effect in machine.step(inputs.removeFirst(), now: now) {
                    switch effect {
                    case .requestPermit(let slot):
                        inputs.append(grants ? .permitGranted(slot) : .permitDenied(slot))
                        other.append(effect)
                    case .receive(let slot, let limit, _, _):
                        polls.append(now)
                        limits.append(limit)
                        let count = min(supply ?? limit, limit)
                        let messages = Array(
                            repeating: QueueMachine.MessageSummary(encodedBytes: bytes), count: count)
                        inputs.append(
                            .received(
                                slot,
                                .init(
                                    messages, leaseDeadline: now + .seconds(3_600),
                                    isExhausted: count < limit)))
                    case .invoke(let slot, let plan): invoked.append((slot, plan))
                    case .wake(let time): wake = time
                    case .cancelWake: wake = nil
                    default: other.append(effect)
                    }
                }
            }
        }

        /// Lets time pass as the machine's timer says.
        func pass(_ length: Duration) {
            let end = now + length
            while let next = wake, next <= end {
                now = max(now, next)
                wake = nil
                feed(.timerFired)
            }
            now = end
        }

        func end(_ index: Int, _ outcome: InvocationOutcome) {
            feed(.invocationEnded(invoked[index].slot, invoked[index].plan.invocation, outcome))
        }
    }

    private func settings(_ scaling: PollerScaling, size: Int = 1, reports: Bool = false) -> QueueSettings {
        QueueSettings(
            batch: BatchLimits(size: size), reportsBatchItemFailures: reports, functionTimeout: .seconds(3),
            queueVisibility: .seconds(3_600), scaling: scaling)
    }

    @Test(
        "Under a backlog batches in flight grow to the ceiling, and never above",
        arguments: [
            (.automatic, 5, 305, 1_250), (.limited(maximumConcurrency: 2), 2, 2, 2),
            (.limited(maximumConcurrency: 1_000), 5, 305, 1_000),
        ] as [(PollerScaling, Int, Int, Int)])
    func growth(scaling: PollerScaling, first: Int, afterMinute: Int, ceiling: Int) {
        let subject = Subject(settings(scaling))
        subject.feed(.start)
        #expect(subject.machine.inFlightBatches == first)
        subject.pass(.seconds(60))
        #expect(subject.machine.inFlightBatches == afterMinute)
        subject.pass(.seconds(600))
        #expect(subject.machine.inFlightBatches == ceiling && subject.wake == nil)
        #expect(subject.machine.concurrency(now: subject.now) == ceiling)
    }

    @Test("MaximumConcurrency causes no throttle and no request: the machine simply receives less")
    func maximumConcurrency() {
        let subject = Subject(settings(.limited(maximumConcurrency: 2)))
        subject.feed(.start)
        let receives = subject.polls.count
        subject.feed(.messagesMayBeAvailable)
        subject.pass(.seconds(60))
        #expect(subject.polls.count == receives && receives == 2)
        subject.end(0, .succeeded)
        #expect(subject.polls.count == 3)
    }

    @Test("Two provisioned pollers poll twenty times a second, for ten messages each")
    func pollPace() {
        let subject = Subject(settings(.provisioned(minimumPollers: 2, maximumPollers: 2), size: 100))
        subject.supply = 3
        subject.feed(.start)
        var ended = 0
        for _ in 0..<5_000 {
            subject.feed(.messagesMayBeAvailable)
            subject.pass(.milliseconds(1))
            while ended < subject.invoked.count {
                subject.end(ended, .succeeded)
                ended += 1
            }
        }
        #expect(subject.limits.allSatisfy { $0 == 10 })
        #expect((99...102).contains(subject.polls.count))
        for (index, poll) in subject.polls.enumerated() {
            let recent = subject.polls[...index].count { poll - $0 < .seconds(1) }
            #expect(recent <= 20)
        }
    }

    @Test("A provisioned poller takes a megabyte a second")
    func bytePace() {
        let subject = Subject(settings(.provisioned(minimumPollers: 2, maximumPollers: 2), size: 10))
        subject.bytes = 100_000
        subject.feed(.start)
        subject.pass(.seconds(5))
        // 10 MiB in five seconds, and what one poll brings above it.
        let taken = subject.invoked.count * 1_000_000
        #expect(taken > 10_000_000 && taken <= 10 * 1_048_576 + 1_000_000)
    }

    @Test("Provisioned pollers start at ten batches each and grow to the most of them")
    func provisioned() {
        let subject = Subject(settings(.provisioned(minimumPollers: 2, maximumPollers: 20)))
        subject.feed(.start)
        subject.pass(.seconds(2))
        #expect(subject.machine.concurrency(now: subject.now) == 50)
        subject.pass(.seconds(60))
        #expect(subject.machine.inFlightBatches == 200)
        subject.supply = 0
        for index in subject.invoked.indices { subject.end(index, .succeeded) }
        subject.pass(.seconds(300))
        #expect(subject.machine.concurrency(now: subject.now) == 20)
    }

    @Test("A thousand throttled batches ask for one permit at a time, and none asks in vain")
    func scarcePermits() {
        let subject = Subject(settings(.automatic))
        subject.feed(.start)
        subject.pass(.seconds(240))
        let count = subject.invoked.count
        #expect(count > 1_000)
        subject.grants = false
        for index in 0..<count { subject.end(index, .notReached(.throttled)) }
        subject.other = []
        subject.pass(.seconds(1))
        let asked = subject.other.count { if case .requestPermit = $0 { true } else { false } }
        #expect(asked == 1)
        subject.feed(.permitMayBeFree)
        #expect(subject.other.count { if case .requestPermit = $0 { true } else { false } } == 2)
        subject.grants = true
        subject.feed(.permitMayBeFree)
        #expect(subject.machine.inFlightBatches == subject.machine.concurrency(now: subject.now))
    }

    @Test("Errors halve the level, but not with ReportBatchItemFailures", arguments: [true, false])
    func errors(reports: Bool) {
        let subject = Subject(settings(.limited(maximumConcurrency: 4), reports: reports))
        subject.feed(.start)
        subject.end(0, .failed(.functionError))
        #expect(subject.machine.concurrency(now: subject.now) == (reports ? 4 : 2))
        #expect(subject.machine.inFlightBatches == (reports ? 4 : 3))
        subject.end(1, .notReached(.throttled))
        #expect(subject.machine.concurrency(now: subject.now) == 2)
    }

    @Test("A batch that is gathered while the level falls waits for its turn")
    func loweredWhileGathering() {
        var settings = settings(.limited(maximumConcurrency: 2), size: 10)
        settings.batch = BatchLimits(size: 10, window: .seconds(1))
        let subject = Subject(settings)
        subject.feed(.start)
        subject.supply = 4
        #expect(subject.machine.inFlightBatches == 2)
        subject.end(0, .succeeded)
        subject.end(1, .notReached(.throttled))
        #expect(subject.machine.concurrency(now: subject.now) == 1)
        subject.pass(.milliseconds(999))
        #expect(subject.machine.inFlightBatches == 1)
        subject.pass(.seconds(2))
        #expect(subject.machine.inFlightBatches == 2)
    }

    @Test("A larger limit holds at once, a smaller one as soon as batches end")
    func settingsChanged() {
        let subject = Subject(settings(.limited(maximumConcurrency: 2)))
        subject.feed(.start)
        subject.feed(.settingsChanged(settings(.limited(maximumConcurrency: 4))))
        #expect(subject.machine.inFlightBatches == 4)
        subject.feed(.settingsChanged(settings(.limited(maximumConcurrency: 2))))
        subject.end(0, .succeeded)
        subject.end(1, .succeeded)
        #expect(subject.machine.inFlightBatches == 2)
        subject.end(2, .succeeded)
        #expect(subject.machine.inFlightBatches == 2)
    }

    @Test("A smaller batch size cuts what is being gathered")
    func smallerBatches() {
        var settings = settings(.limited(maximumConcurrency: 2), size: 100)
        settings.batch = BatchLimits(size: 100, window: .seconds(10))
        let subject = Subject(settings)
        subject.supply = 25
        subject.feed(.start)
        settings.batch = BatchLimits(size: 10, window: .seconds(10))
        subject.feed(.settingsChanged(settings))
        #expect(subject.invoked.first?.plan.messages == 0..<10)
        subject.end(0, .succeeded)
        #expect(subject.invoked.contains { $0.slot == 0 && $0.plan.messages == 10..<20 })
    }

    @Test("Ten thousand messages gather from small receives into one batch, as the window allows")
    func aggregation() {
        var settings = settings(.limited(maximumConcurrency: 2))
        settings.batch = BatchLimits(size: 10_000, window: .seconds(300))
        let subject = Subject(settings)
        subject.supply = 10
        subject.feed(.start)
        for _ in 1..<1_000 { subject.feed(.messagesMayBeAvailable) }
        #expect(subject.invoked.first?.plan.messages == 0..<10_000)
        #expect(subject.other.contains(.explain(.batchClosed(count: 10_000, .size, request: 1))))
        #expect(subject.limits.prefix(1_000) == (0..<1_000).map { 10_000 - 10 * $0 }[...])
    }
}
