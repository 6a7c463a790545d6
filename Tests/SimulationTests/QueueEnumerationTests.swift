import EventModel
import MappingCore
import Simulation
import Testing

/// Every short story of a queue, told by the machine in its world and by the reference.
@Suite("Every short story of a queue")
struct QueueEnumerationTests {
    /// What a message does to the batches that carry it.
    private enum Nature: CaseIterable {
        case harmless, poisonous, failingOnce, unreachable
    }

    /// How a batch with poison shows it.
    private enum Failing: CaseIterable {
        case raising, reportingAll, reportingFirstAndLater
    }

    /// What happens to one of the first invocations.
    private enum Mishap: Equatable {
        case none
        case throttle(call: Int)
        /// Longer than the receipts last.
        case lateness(call: Int)
    }

    private struct Story {
        let groups: [Int?]
        let natures: [Nature]
        let failing: Failing
        let mishap: Mishap
        let batchSize: Int

        func duration(_ call: Int) -> Duration {
            mishap == .lateness(call: call) ? .seconds(40) : .milliseconds(1)
        }

        var settings: QueueSettings {
            QueueSettings(
                batch: BatchLimits(size: batchSize), reportsBatchItemFailures: failing != .raising,
                functionTimeout: .seconds(3), queueVisibility: .seconds(30),
                scaling: .limited(maximumConcurrency: 1))
        }

        func handler() -> ReferenceQueueDelivery.Handler {
            var failedBefore: Set<Int> = []
            return { messages, call in
                if mishap == .throttle(call: call) { return .notReached(.throttled) }
                if messages.contains(where: { natures[$0] == .unreachable }) {
                    return .notReached(.throttled)
                }
                let hit = messages.indices.filter {
                    switch natures[messages[$0]] {
                    case .harmless, .unreachable: false
                    case .poisonous: true
                    case .failingOnce: failedBefore.insert(messages[$0]).inserted
                    }
                }
                guard let first = hit.first else { return .succeeded }
                switch failing {
                case .raising: return .failed(.functionError)
                case .reportingAll: return .partiallyFailed(hit)
                case .reportingFirstAndLater: return .partiallyFailed(Array(first..<messages.count))
                }
            }
        }
    }

    private static func groups(_ count: Int, _ choices: inout Exhaustive) -> [Int?] {
        guard choices.chooseBool() else { return Array(repeating: nil, count: count) }
        // Which group is called 1 makes no difference.
        return [1] + (1..<count).map { _ in 1 + choices.choose(2) }
    }

    private static func told(_ story: Story, concurrency: Int = 1) -> QueueWorld {
        var conditions = QueueWorld.Conditions()
        conditions.duration = story.duration
        conditions.keepsTrace = false
        // One batch at a time means that the next receive comes after the delete.
        if concurrency == 1 { conditions.commit = .zero }
        let handler = story.handler()
        var call = 0
        var settings = story.settings
        settings.scaling = .limited(maximumConcurrency: concurrency)
        let world = QueueWorld(settings: settings, conditions: conditions) { delivered in
            defer { call += 1 }
            return handler(delivered.messages, call)
        }
        world.send(groups: story.groups)
        return world
    }

    private static func compare(_ story: Story) {
        let world = told(story)
        world.run()
        var queue = ModelQueue(visibility: .seconds(30), maxReceiveCount: 3)
        let start = SimulatedClock().now
        for group in story.groups { queue.send(encodedBytes: 100, group: group, now: start) }
        var reference = ReferenceQueueDelivery(
            queue: queue, batchSize: story.batchSize, duration: story.duration, handler: story.handler())
        reference.run(from: start)
        // An expectation for each of so many stories would take longer than the stories.
        let isAsTold =
            world.calls.map(\.receipts) == reference.calls
            && world.queue.messages.map(\.place) == reference.queue.messages.map(\.place)
            && world.checker.executedEver == reference.executed
        guard isAsTold, world.checker.violations.isEmpty else {
            Issue.record("\(story): \(world.checker.violations) \(world.calls), not \(reference.calls)")
            return
        }
    }

    /// 1...4 messages × groups × poison and messages that fail once × how they show × batch size.
    @Test("What is delivered, deleted and dead-lettered is what the reference says")
    func outcomes() {
        let stories = Exhaustive.walk(limit: 100_000) { choices in
            let count = 1 + choices.choose(4)
            let story = Story(
                groups: Self.groups(count, &choices),
                natures: (0..<count).map { _ in Nature.allCases[choices.choose(3)] },
                failing: Failing.allCases[choices.choose(3)], mishap: .none,
                batchSize: 1 + choices.choose(count))
            Self.compare(story)
        }
        #expect(stories > 9_000)
    }

    /// 1...3 messages × groups × all natures × a throttle or a late answer at any of the first calls.
    @Test("Throttles hold a batch while its receipts last, and late answers are too late")
    func mishaps() {
        let stories = Exhaustive.walk(limit: 100_000) { choices in
            let count = 1 + choices.choose(3)
            let mishaps: [Mishap] = [
                .none, .throttle(call: 0), .throttle(call: 1), .throttle(call: 2), .lateness(call: 0),
                .lateness(call: 1), .lateness(call: 2),
            ]
            let story = Story(
                groups: Self.groups(count, &choices),
                natures: (0..<count).map { _ in Nature.allCases[choices.choose(4)] },
                failing: Failing.allCases[choices.choose(2)],
                mishap: mishaps[choices.choose(mishaps.count)], batchSize: 1 + choices.choose(count))
            Self.compare(story)
        }
        #expect(stories > 9_000)
    }

    /// The same stories with two batches at once and a crash, a stop or a change of settings at any point.
    @Test("With two batches at once, whatever ends a life, order holds and nothing is lost")
    func lives() {
        let stories = Exhaustive.walk(limit: 100_000) { choices in
            let count = 1 + choices.choose(3)
            let mishaps: [Mishap] = [.none, .throttle(call: 0), .lateness(call: 0)]
            let story = Story(
                groups: Self.groups(count, &choices),
                natures: (0..<count).map { _ in Nature.allCases[choices.choose(2)] },
                failing: Failing.allCases[choices.choose(2)],
                mishap: mishaps[choices.choose(mishaps.count)], batchSize: 1 + choices.choose(2))
            let world = Self.told(story, concurrency: 2)
            let moments: [Duration] = [
                .zero, .milliseconds(1), .milliseconds(2), .milliseconds(3), .milliseconds(201),
                .milliseconds(30_000), .milliseconds(30_001), .milliseconds(40_000), .milliseconds(40_001),
            ]
            let moment = moments[choices.choose(moments.count)]
            var other = story.settings
            other.batch = BatchLimits(size: 1)
            switch choices.choose(3) {
            case 0: world.crash(after: moment)
            case 1: world.update(other, isRestart: true, after: moment)
            default: world.update(other, isRestart: false, after: moment)
            }
            world.run()
            world.conclude()
            let poison = Set(story.natures.indices.filter { story.natures[$0] == .poisonous })
            if !world.checker.violations.isEmpty || !poison.isSubset(of: world.deadLetters) {
                Issue.record("\(story) \(moment): \(world.checker.violations) \(world.deadLetters)")
            }
        }
        #expect(stories > 5_000)
    }
}
