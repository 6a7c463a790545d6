import EventModel
import MappingCore
import Simulation
import Testing

@Suite("Tumbling windows", .serialized)
struct WindowWorldTests {
    /// 1...4 records over three windows × poison × bisect × crash or stop × how the ends go.
    @Test("Whatever a crash or a stop cuts off, every record counts once in the end of its window")
    func stories() {
        let stories = Exhaustive.walk(limit: 60_000) { choices in
            let count = 1 + choices.choose(4)
            let times = (0..<count).map { _ in choices.choose(2) }
            let poison = Set((1...count).filter { _ in choices.chooseBool() }.map(Position.init))
            let reports = choices.chooseBool()
            let world = LaneWorld(
                settings: ShardSettings(
                    batch: BatchLimits(size: 3), maximumRetryAttempts: 1, bisectsOnError: choices.chooseBool()
                ),
                factors: [1], windowLength: .seconds(1), stateLimit: choices.chooseBool() ? 1 : 9
            ) { call in
                guard let first = call.positions.firstIndex(where: poison.contains) else { return .succeeded }
                return reports ? .partiallyFailed([first]) : .failed(.functionError)
            }
            var time = Duration.zero
            for step in times {
                // The next record comes at once, or in the next window.
                time += .milliseconds(step * 1_000)
                world.append([(key: 0, size: 100)], after: time)
            }
            world.close(after: time + .milliseconds(choices.chooseBool() ? 1 : 5_000))
            let moments = [0, 1, 2, 3, 4, 202, 1_001, 1_002, 2_001]
            let moment = moments[choices.choose(moments.count)]
            world.crash(after: .milliseconds(moment))
            world.run()
            world.concludeWindows()
            #expect(world.checker.violations == [])
            #expect(world.isFinished && world.checkpoint == Position(count))
        }
        #expect(stories > 1_000)
    }

    @Test("Every record counts once, whatever goes wrong", arguments: Seeds.all)
    func world(seed: UInt64) {
        let world = Self.run(seed: seed)
        guard !world.checker.violations.isEmpty || !world.isFinished else { return }
        let last = Self.run(seed: seed, keepsTrace: true).trace.suffix(20).joined(separator: "\n")
        Issue.record("SIMULATION_SEED=\(seed)\n\(world.checker.violations)\n\(last)")
    }

    @Test("What the worlds are for really happens")
    func coverage() {
        let stories = (1...32).map { Self.run(seed: $0) }
        #expect(stories.contains { $0.begunWith.count > 2 })
        #expect(stories.contains { $0.closed.contains { $0.isLost } })
        #expect(stories.contains { $0.closed.contains { $0.isEarly } })
        #expect(stories.contains { $0.closed.contains { $0.state.count > 3 } })
        #expect(stories.contains { !$0.discards.isEmpty })
    }

    private static func run(seed: UInt64, keepsTrace: Bool = false) -> LaneWorld {
        var random = SeededRandom(seed: seed)
        let faults = FaultPlan.drawn(using: &random)
        let poison = Set((1...200).filter { _ in random.chance(5) }.map(Position.init))
        let badEnds = Int.random(in: 1...4, using: &random)
        let settings = ShardSettings(
            batch: BatchLimits(
                size: Int.random(in: 1...20, using: &random),
                window: random.chance(30) ? .seconds(2) : .zero),
            maximumRetryAttempts: Int.random(in: 0...4, using: &random),
            maximumRecordAge: random.chance(30) ? .seconds(60) : nil, bisectsOnError: random.chance(50))
        let world = LaneWorld(
            settings: settings, factors: [1], faults: faults, calmAfter: .seconds(120), seed: seed,
            keepsTrace: keepsTrace, windowLength: .seconds(Int.random(in: 1...20, using: &random)),
            stateLimit: Int.random(in: 2...40, using: &random),
            windowHandler: { $0.request % badEnds == 1 ? .failed(.functionError) : .succeeded }
        ) { call in
            guard let index = call.positions.firstIndex(where: poison.contains) else { return .succeeded }
            return seed % 2 == 0 ? .partiallyFailed([index]) : .failed(.functionError)
        }
        for _ in 0..<Int.random(in: 5...30, using: &random) {
            let count = Int.random(in: 1...6, using: &random)
            world.append(Array(repeating: (0, 100), count: count), after: random.milliseconds(0...60_000))
        }
        world.close(after: .milliseconds(random.chance(50) ? 60_001 : 130_000))
        world.run()
        world.concludeWindows()
        return world
    }
}
