import EventModel
import MappingCore
import Simulation
import Testing

/// Worlds with drawn settings, factors, faults and records. Run one again with the `SIMULATION_SEED=n` of its failure.
@Suite("Lanes in bad weather", .serialized)
struct LaneWorldTests {
    @Test("Every record is settled, in the order of its key, whatever goes wrong", arguments: Seeds.all)
    func world(seed: UInt64) {
        let world = Self.run(seed: seed)
        guard !world.checker.violations.isEmpty || !world.isFinished else { return }
        let last = Self.run(seed: seed, keepsTrace: true).trace.suffix(20).joined(separator: "\n")
        Issue.record("SIMULATION_SEED=\(seed)\n\(world.checker.violations)\n\(last)")
    }

    @Test("A seed tells the same story twice", arguments: [1, 2, 3] as [UInt64])
    func determinism(seed: UInt64) {
        let first = Self.run(seed: seed, keepsTrace: true)
        #expect(first.trace == Self.run(seed: seed, keepsTrace: true).trace)
        #expect(first.trace.count > 20)
        #expect(first.trace != Self.run(seed: seed + 1, keepsTrace: true).trace)
    }

    @Test("What the worlds are for really happens")
    func coverage() {
        let stories = (1...32).map { Self.run(seed: $0) }
        #expect(stories.contains { $0.begunWith.count > 2 })
        #expect(stories.contains { $0.begunWith.contains { !$0.isEmpty } })
        #expect(stories.contains { !$0.heldBack.isEmpty })
        #expect(stories.contains { Self.mostInFlight($0) > 3 })
        #expect(stories.contains { !$0.discards.isEmpty })
    }

    private static func mostInFlight(_ world: LaneWorld) -> Int {
        Dictionary(grouping: world.calls, by: \.time).values.map(\.count).max() ?? 0
    }

    private static func run(seed: UInt64, keepsTrace: Bool = false) -> LaneWorld {
        var random = SeededRandom(seed: seed)
        let faults = FaultPlan.drawn(using: &random)
        let poison = Set((1...2_000).filter { _ in random.chance(5) }.map(Position.init))
        let failure = Int.random(in: 0..<3, using: &random)
        // Some restart with another factor.
        let factors = (0..<3).map { _ in Int.random(in: 1...10, using: &random) }
        let world = LaneWorld(
            settings: drawnSettings(using: &random), factors: random.chance(70) ? factors : [factors[0]],
            faults: faults, calmAfter: .seconds(120), seed: seed, keepsTrace: keepsTrace
        ) { call in
            guard let index = call.positions.firstIndex(where: poison.contains) else { return .succeeded }
            switch failure {
            case 0: return .failed(.functionError)
            case 1: return .partiallyFailed([index])
            default: return call.plan.attempt % 2 == 0 ? .partiallyFailed([index]) : .failed(.functionError)
            }
        }
        let keys = Int.random(in: 1...40, using: &random)
        let isBusy = random.chance(30)
        for _ in 0..<Int.random(in: 5...30, using: &random) {
            let count = Int.random(in: 1...(isBusy ? 60 : 6), using: &random)
            let added = (0..<count).map { _ in
                (key: Int.random(in: 0..<keys, using: &random), size: Int.random(in: 1...600, using: &random))
            }
            world.append(added, after: random.milliseconds(0...(isBusy ? 1_000 : 60_000)))
        }
        world.close(after: .milliseconds(random.chance(50) ? 60_001 : 130_000))
        world.run()
        world.conclude()
        return world
    }

    private static func drawnSettings(using random: inout SeededRandom) -> ShardSettings {
        let window: Duration = random.chance(40) ? random.milliseconds(1...5) * 1_000 : .zero
        return ShardSettings(
            batch: BatchLimits(
                size: Int.random(in: 1...20, using: &random), window: window,
                eventBytes: random.chance(50) ? 2_000 : Limits.eventBytes),
            maximumRetryAttempts: Int.random(in: 0...6, using: &random),
            maximumRecordAge: random.chance(40) ? .seconds(60) : nil,
            bisectsOnError: random.chance(50),
            backOff: random.chance(50) ? .jittered(seed: random.next()) : .standard)
    }
}
