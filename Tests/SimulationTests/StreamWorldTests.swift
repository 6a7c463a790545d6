import EventModel
import MappingCore
import Simulation
import Testing

/// Whole streams with drawn settings, reshards, faults and records, by the thousand. Run one again with the
/// `SIMULATION_SEED=n` of its failure; `SIMULATION_SEEDS=n` runs more or fewer than two thousand.
@Suite("Streams in bad weather", .serialized)
struct StreamWorldTests {
    /// Twenty at a time, so that a failure names its seed and a run does not print thousands of lines.
    private static let blocks: [[UInt64]] = {
        let seeds = Seeds.most(2_000)
        return stride(from: 0, to: seeds.count, by: 20).map { Array(seeds[$0..<min($0 + 20, seeds.count)]) }
    }()

    @Test(
        "Every record of every shard is settled once, in the order of its key, whatever goes wrong",
        arguments: blocks)
    func worlds(seeds: [UInt64]) {
        for seed in seeds {
            let world = Self.run(seed: seed)
            guard !world.violations.isEmpty else { continue }
            let last = Self.run(seed: seed, keepsTrace: true).trace.suffix(25).joined(separator: "\n")
            Issue.record("SIMULATION_SEED=\(seed)\n\(world.violations.prefix(5))\n\(last)")
        }
    }

    @Test("A seed tells the same story twice", arguments: [1, 2, 3] as [UInt64])
    func determinism(seed: UInt64) {
        let first = Self.run(seed: seed, keepsTrace: true).trace
        #expect(first == Self.run(seed: seed, keepsTrace: true).trace)
        #expect(first.count > 50)
        #expect(first != Self.run(seed: seed + 1, keepsTrace: true).trace)
    }

    @Test("What the worlds are for really happens")
    func coverage() {
        let worlds = (1...60).map { Self.run(seed: $0) }
        #expect(worlds.contains { $0.lives > 3 })
        #expect(worlds.contains { $0.shards.contains { $0.parents.count == 2 } })
        #expect(worlds.contains { $0.shards.count { $0.parents.count == 1 } > 5 })
        #expect(worlds.contains { $0.callsMost == $0.permits && $0.permits > 3 })
        #expect(worlds.contains { !$0.discards.isEmpty })
        #expect(worlds.contains { $0.shards.contains { $0.ending == 0 } }, "some shards end empty")
    }

    private static func run(seed: UInt64, keepsTrace: Bool = false) -> StreamWorld {
        var random = SeededRandom(seed: seed)
        let faults = FaultPlan.drawn(using: &random)
        let poison = Set((1...1_000).filter { _ in random.chance(4) })
        let failure = Int.random(in: 0..<3, using: &random)
        let keys = Int.random(in: 2...30, using: &random)
        let factors = (0..<3).map { _ in Int.random(in: 1...6, using: &random) }
        let world = StreamWorld(
            settings: drawnSettings(using: &random), factors: random.chance(70) ? factors : [1],
            permits: Int.random(in: 1...8, using: &random),
            shardCount: Int.random(in: 1...min(4, keys), using: &random), keyCount: keys, faults: faults,
            calmAfter: .seconds(60), seed: seed, keepsTrace: keepsTrace
        ) { numbers, plan in
            guard let index = numbers.firstIndex(where: poison.contains) else { return .succeeded }
            switch failure {
            case 0: return .failed(.functionError)
            case 1: return .partiallyFailed([index])
            default: return plan.attempt % 2 == 0 ? .partiallyFailed([index]) : .failed(.functionError)
            }
        }
        for _ in 0..<Int.random(in: 5...25, using: &random) {
            let added = (0..<Int.random(in: 1...10, using: &random)).map { _ in
                (key: Int.random(in: 0..<keys, using: &random), size: Int.random(in: 1...600, using: &random))
            }
            world.append(added, after: random.milliseconds(0...30_000))
        }
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            world.reshard(after: random.milliseconds(0...35_000))
            world.trim(after: random.milliseconds(0...60_000))
        }
        world.run()
        return world
    }

    private static func drawnSettings(using random: inout SeededRandom) -> ShardSettings {
        let window: Duration = random.chance(30) ? random.milliseconds(1...3) * 1_000 : .zero
        return ShardSettings(
            batch: BatchLimits(
                size: Int.random(in: 1...20, using: &random), window: window,
                eventBytes: random.chance(50) ? 2_000 : Limits.eventBytes),
            maximumRetryAttempts: Int.random(in: 0...4, using: &random),
            maximumRecordAge: random.chance(30) ? .seconds(60) : nil,
            bisectsOnError: random.chance(60), backOff: .jittered(seed: random.next()))
    }
}
