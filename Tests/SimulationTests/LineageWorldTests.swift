import EventModel
import MappingCore
import Simulation
import Testing

/// Run one again with the `SIMULATION_SEED=n` of its failure.
@Suite("Reshards in bad weather")
struct LineageWorldTests {
    @Test("Every key's records come in order along the lineage, whatever goes wrong", arguments: Seeds.all)
    func world(seed: UInt64) {
        let world = Self.run(seed: seed)
        guard !world.violations.isEmpty else { return }
        let last = world.trace.suffix(30).joined(separator: "\n")
        Issue.record("SIMULATION_SEED=\(seed)\n\(world.violations.prefix(10))\n\(last)")
    }

    @Test("A seed tells the same story twice", arguments: [1, 2, 3] as [UInt64])
    func determinism(seed: UInt64) {
        let first = Self.run(seed: seed)
        #expect(first.trace == Self.run(seed: seed).trace)
        #expect(first.trace.count > 20)
    }

    @Test("What the worlds are for really happens")
    func coverage() {
        let stories = (1...32).map { Self.run(seed: $0) }
        #expect(stories.contains { $0.life > 2 })
        #expect(stories.contains { $0.shardCount > 20 })
        #expect(stories.contains { story in Set(story.deliveries.map(\.shard)).count > 10 })
        #expect(stories.contains { story in story.trace.contains { $0.contains("notPlaced") } })
    }

    private static func run(seed: UInt64) -> LineageWorld {
        var random = SeededRandom(seed: seed)
        let faults = FaultPlan.drawn(using: &random)
        let start: StartingPosition =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: .latest
            case 1: .atTimestamp(SimulatedClock().now + random.milliseconds(0...6_000))
            default: .trimHorizon
            }
        let world = LineageWorld(
            start: start, keys: Int.random(in: 1...12, using: &random), faults: faults,
            events: Int.random(in: 10...120, using: &random), seed: seed)
        world.run()
        return world
    }
}
