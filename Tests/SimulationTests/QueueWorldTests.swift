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
        #expect(stories.contains { !$0.deadLetters.isEmpty })
        #expect(stories.contains { $0.checker.busiest > 5 })
        for happening in [" update", " update with restart", " refused", " a stranger took"] {
            #expect(stories.contains { $0.trace.contains { $0.contains(happening) } }, "\(happening)")
        }
        #expect(decisions.contains { if case .waitingForGroup = $0 { true } else { false } })
        #expect(decisions.contains { if case .leftBehindGroup = $0 { true } else { false } })
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

    @Test("A change under load loses nothing and takes hold at once", arguments: [true, false])
    func update(isRestart: Bool) {
        var conditions = QueueWorld.Conditions()
        conditions.duration = { _ in .seconds(2) }
        let settings = QueueSettings(
            batch: BatchLimits(size: 1), reportsBatchItemFailures: false, functionTimeout: .seconds(3),
            queueVisibility: .seconds(30))
        let world = QueueWorld(settings: settings, conditions: conditions) { _ in .succeeded }
        world.send(count: 200)
        var limited = settings
        limited.scaling = .limited(maximumConcurrency: 2)
        world.update(limited, isRestart: isRestart, after: .seconds(3))
        world.run()
        world.conclude()
        #expect(world.checker.violations == [])
        #expect(world.queue.messages.allSatisfy { $0.receiveCount == 1 })
        let late = world.calls.filter { $0.time > SimulatedClock().now + .seconds(10) }
        let starts = Dictionary(grouping: late, by: \.time.millisecondsSinceEpoch)
        #expect(late.count > 50 && starts.values.allSatisfy { $0.count <= 2 })
    }

    @Test("A thousand messages that take a minute each: more and more of them at once, as fast as allowed")
    func ramp() {
        var conditions = QueueWorld.Conditions()
        conditions.duration = { _ in .seconds(60) }
        let world = QueueWorld(
            settings: QueueSettings(
                batch: BatchLimits(size: 1), reportsBatchItemFailures: false, functionTimeout: .seconds(90),
                queueVisibility: .seconds(540)), conditions: conditions
        ) { _ in .succeeded }
        world.send(count: 700)
        let start = world.clock.now
        world.run()
        world.conclude()
        #expect(world.checker.violations == [])
        let begun = { (seconds: Int) in world.calls.count { $0.time < start + .seconds(seconds) } }
        #expect(begun(1) == 9 && begun(31) == 159 && begun(60) == 304)
    }

    @Test("Provisioned pollers take ten messages ten times a second each, and no more")
    func provisioned() {
        let world = QueueWorld(
            settings: QueueSettings(
                batch: BatchLimits(size: 10), reportsBatchItemFailures: false, functionTimeout: .seconds(3),
                queueVisibility: .seconds(30), scaling: .provisioned(minimumPollers: 2, maximumPollers: 2))
        ) { _ in .succeeded }
        world.send(count: 2_000)
        let start = world.clock.now
        world.run()
        world.conclude()
        #expect(world.checker.violations == [])
        #expect(world.calls.last.map { $0.time - start } == .milliseconds(9_900))
    }

    private static func run(seed: UInt64) -> QueueWorld {
        var random = SeededRandom(seed: seed)
        let isFIFO = random.chance(50)
        let reports = random.chance(50)
        let hasWindow = !isFIFO && random.chance(40)
        let window: Duration = hasWindow ? .seconds(Int.random(in: 1...5, using: &random)) : .zero
        let settings = QueueSettings(
            batch: BatchLimits(
                size: Int.random(in: 1...(isFIFO ? 10 : 20), using: &random), window: window,
                eventBytes: random.chance(50) ? 2_000 : Limits.eventBytes),
            reportsBatchItemFailures: reports, functionTimeout: .seconds(3),
            queueVisibility: .seconds(Int.random(in: 3...10, using: &random)),
            scaling: .drawn(using: &random))
        var conditions = QueueWorld.Conditions()
        conditions.maxReceiveCount = 5
        conditions.faults = .drawnForQueues(using: &random)
        let start = SimulatedClock()
        conditions.calmFrom = start.now + .seconds(120)
        conditions.seed = seed
        let poison = Set((0..<200).filter { _ in random.chance(5) })
        let world = QueueWorld(settings: settings, conditions: conditions, clock: start) { call in
            let failed = call.messages.indices.filter { poison.contains(call.messages[$0]) }
            guard !failed.isEmpty else { return .succeeded }
            return reports ? .partiallyFailed(failed) : .failed(.functionError)
        }
        let groups = Int.random(in: 1...6, using: &random)
        let largest = random.chance(10) ? 900_000 : 600
        for _ in 0..<Int.random(in: 5...20, using: &random) {
            let count = random.chance(20) ? 40 : Int.random(in: 1...6, using: &random)
            let sizes = (0..<count).map { _ in Int.random(in: 1...largest, using: &random) }
            let names: [Int?] = sizes.map { _ in isFIFO ? Int.random(in: 1...groups, using: &random) : nil }
            world.send(sizes: sizes, groups: names, after: random.milliseconds(0...60_000))
        }
        world.run()
        world.conclude()
        return world
    }
}
