import EventModel
import MappingCore
import Simulation
import Testing

/// Worlds with drawn settings, faults and records. Run one again with the `SIMULATION_SEED=n` of its failure (`Seeds`).
@Suite("Shards in bad weather", .serialized)
struct ShardWorldTests {
    @Test("Every record is settled once and in order, whatever goes wrong", arguments: Seeds.all)
    func world(seed: UInt64) {
        let world = Self.run(seed: seed)
        let last = world.trace.suffix(20).joined(separator: "\n")
        #expect(world.checker.violations == [], "SIMULATION_SEED=\(seed)\n\(last)")
        #expect(world.isFinished, "SIMULATION_SEED=\(seed)\n\(last)")
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
        #expect(decisions.contains { if case .bisected = $0 { true } else { false } })
        #expect(decisions.contains { if case .partialProgress = $0 { true } else { false } })
        #expect(decisions.contains { if case .ageExceeded = $0 { true } else { false } })
        #expect(decisions.contains { if case .oversized = $0 { true } else { false } })
        #expect(decisions.contains { if case .waiting = $0 { true } else { false } })
        #expect(decisions.contains { if case .batchClosed(_, .window, _) = $0 { true } else { false } })
        #expect(decisions.contains { if case .batchClosed(_, .bytes, _) = $0 { true } else { false } })
        #expect(decisions.contains { if case .batchClosed(_, .shardEnd, _) = $0 { true } else { false } })
    }

    private static func run(seed: UInt64) -> ShardWorld {
        var random = SeededRandom(seed: seed)
        let settings = drawnSettings(using: &random)
        let faults = FaultPlan.drawn(using: &random)
        let start = SimulatedClock()
        let poison = Set((1...200).filter { _ in random.chance(5) }.map(Position.init))
        let failure = Int.random(in: 0..<4, using: &random)
        let world = ShardWorld(
            settings: settings, faults: faults, calmFrom: start.now + .seconds(120), seed: seed, clock: start
        ) { call in
            guard let index = call.positions.firstIndex(where: poison.contains) else { return .succeeded }
            switch failure {
            case 0: return .failed(.functionError)
            case 1: return .partiallyFailed([index])
            case 2: return .failed(.badResponse(.identifierEmpty))
            default: return call.plan.attempt % 2 == 0 ? .partiallyFailed([index]) : .failed(.functionError)
            }
        }
        for _ in 0..<Int.random(in: 5...30, using: &random) {
            let sizes = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                random.chance(2) ? 3_000 : Int.random(in: 1...600, using: &random)
            }
            world.append(sizes: sizes, after: random.milliseconds(0...60_000))
        }
        // Right behind the last record, or when all is calm.
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
            maximumRetryAttempts: Int.random(in: 0...4, using: &random),
            maximumRecordAge: random.chance(40) ? .seconds(60) : nil,
            bisectsOnError: random.chance(50))
    }
}
