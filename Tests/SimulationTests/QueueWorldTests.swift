import EventModel
import MappingCore
import Simulation
import Testing

/// Worlds with drawn settings, faults and messages. Run one again with the `SIMULATION_SEED=n` of its failure (`Seeds`).
@Suite("Queues in bad weather")
struct QueueWorldTests {
    @Test("No message is lost, none is deleted without success, no limit is passed", arguments: Seeds.all)
    func world(seed: UInt64) {
        let world = Self.run(seed: seed)
        let last = world.trace.suffix(20).joined(separator: "\n")
        #expect(world.checker.violations == [], "SIMULATION_SEED=\(seed)\n\(last)")
        #expect(world.checker.busiest <= world.settings.scaling.ceiling, "SIMULATION_SEED=\(seed)")
    }

    @Test("A seed tells the same story twice", arguments: [1, 2, 3, 63] as [UInt64])
    func determinism(seed: UInt64) {
        let first = Self.run(seed: seed)
        #expect(first.trace == Self.run(seed: seed).trace)
        #expect(first.trace.count > 20)
        #expect(first.trace != Self.run(seed: seed + 1).trace)
    }

    @Test("The faults really happen")
    func coverage() {
        let stories = (1...64).map { Self.run(seed: $0) }
        let decisions = stories.flatMap(\.decisions)
        #expect(stories.contains { $0.trace.contains { $0.hasSuffix(" crash") } })
        #expect(stories.contains { $0.messages.contains { $0.place == .deadLettered } })
        #expect(stories.contains { $0.checker.busiest >= 3 })
        #expect(decisions.contains { if case .batchFailed = $0 { true } else { false } })
        #expect(decisions.contains { if case .partiallyFailed = $0 { true } else { false } })
        #expect(decisions.contains { if case .waiting = $0 { true } else { false } })
        #expect(decisions.contains { if case .leaseExpired = $0 { true } else { false } })
        #expect(decisions.contains { if case .concurrencyReduced = $0 { true } else { false } })
        #expect(decisions.contains { if case .leftAtStop = $0 { true } else { false } })
        #expect(decisions.contains { if case .batchClosed(_, .window, _) = $0 { true } else { false } })
        #expect(decisions.contains { if case .batchClosed(_, .bytes, _) = $0 { true } else { false } })
    }

    @Test("An idle queue is looked at once and then left alone")
    func idle() {
        let world = QueueWorld(
            settings: QueueSettings(
                batch: BatchLimits(size: 10), reportsBatchItemFailures: false, functionTimeout: .seconds(3),
                queueVisibility: .seconds(30))
        ) { _ in .succeeded }
        world.run(until: world.clock.now + .seconds(3_600))
        #expect(world.receives == 1)
        world.send(count: 25)
        world.run()
        world.conclude()
        #expect(world.checker.violations == [])
        #expect(world.calls.map(\.messages.count) == [10, 10, 5])
        #expect(world.receives == 4)
    }

    /// 1...3 messages × every poison subset × how poison shows × window × a crash, a stop or neither at any point.
    @Test("Every short story of a queue ends well")
    func enumeration() {
        let stories = Exhaustive.walk(limit: 20_000) { choices in
            let count = 1 + choices.choose(3)
            let poison = Set((0..<count).filter { _ in choices.chooseBool() })
            let reports = choices.chooseBool()
            let window: Duration = choices.chooseBool() ? .seconds(1) : .zero
            let size = 1 + choices.choose(count)
            let world = QueueWorld(
                settings: QueueSettings(
                    batch: BatchLimits(size: size, window: window), reportsBatchItemFailures: reports,
                    functionTimeout: .seconds(3), queueVisibility: .seconds(30),
                    scaling: .limited(maximumConcurrency: 2))
            ) { call in
                let failed = call.messages.indices.filter { poison.contains(call.messages[$0]) }
                guard !failed.isEmpty else { return .succeeded }
                return reports ? .partiallyFailed(failed) : .failed(.functionError)
            }
            world.send(count: count)
            let moment = choices.choose(6)
            if moment > 0 { world.crash(after: .milliseconds([0, 1, 2, 1_001, 30_001][moment - 1])) }
            world.run()
            world.conclude()
            #expect(world.checker.violations == [])
            let dead = Set(world.messages.indices.filter { world.messages[$0].place == .deadLettered })
            #expect(poison.isSubset(of: dead))
            if reports || size == 1 { #expect(dead == poison) }
        }
        #expect(stories > 500)
    }

    private static func run(seed: UInt64) -> QueueWorld {
        var random = SeededRandom(seed: seed)
        let reports = random.chance(50)
        let window: Duration = random.chance(40) ? .seconds(Int.random(in: 1...5, using: &random)) : .zero
        let settings = QueueSettings(
            batch: BatchLimits(
                size: Int.random(in: 1...20, using: &random), window: window,
                eventBytes: random.chance(50) ? 2_000 : Limits.eventBytes),
            reportsBatchItemFailures: reports, functionTimeout: .seconds(3),
            queueVisibility: .seconds(Int.random(in: 3...10, using: &random)),
            scaling: .limited(maximumConcurrency: Int.random(in: 1...5, using: &random)))
        let faults = FaultPlan.drawn(using: &random)
        let start = SimulatedClock()
        let poison = Set((0..<200).filter { _ in random.chance(5) })
        let world = QueueWorld(
            settings: settings, maxReceiveCount: 5, faults: faults, calmFrom: start.now + .seconds(120),
            seed: seed,
            clock: start
        ) { call in
            let failed = call.messages.indices.filter { poison.contains(call.messages[$0]) }
            guard !failed.isEmpty else { return .succeeded }
            return reports ? .partiallyFailed(failed) : .failed(.functionError)
        }
        for _ in 0..<Int.random(in: 5...20, using: &random) {
            let count = random.chance(20) ? 40 : Int.random(in: 1...6, using: &random)
            let sizes = (0..<count).map { _ in Int.random(in: 1...600, using: &random) }
            world.send(sizes: sizes, after: random.milliseconds(0...60_000))
        }
        world.run()
        world.conclude()
        return world
    }
}
