import EventModel
import MappingCore
import Simulation
import Testing

@Suite("Every short story of lanes", .serialized)
struct LaneEnumerationTests {
    /// 1...5 records × keys × poison × 2...3 lanes × how poison shows × bisect.
    @Test("Each record settles once, in the order of its key, and poison alone is discarded when halved")
    func outcomes() {
        let stories = Exhaustive.walk(limit: 60_000) { choices in
            let count = 1 + choices.choose(5)
            let keys = (0..<count).map { $0 == 0 ? 0 : choices.choose(count > 4 ? 2 : 3) }
            let poison = Self.poison(count, &choices)
            let factor = 2 + choices.choose(2)
            let reports = choices.chooseBool()
            let bisects = choices.chooseBool()
            let world = LaneWorld(
                settings: ShardSettings(
                    batch: BatchLimits(size: 3), maximumRetryAttempts: 1, bisectsOnError: bisects),
                factors: [factor], handler: Self.handler(reports: reports, poison))
            world.append(keys: keys)
            world.close()
            world.run()
            world.conclude()
            #expect(world.checker.violations == [])
            #expect(world.isFinished && world.checkpoint == Position(count))
            let discarded = Set(world.discards.joined())
            #expect(poison.isSubset(of: discarded))
            if bisects { #expect(discarded == poison) }
        }
        #expect(stories > 5_000)
    }

    @Test("After a stop at any point and with any other factor nothing that succeeded comes again")
    func stops() {
        Exhaustive.walk(limit: 60_000) { choices in
            let count = 2 + choices.choose(4)
            let keys = (0..<count).map { $0 % 3 }
            let poison = Self.poison(count, &choices)
            let factors = [1 + choices.choose(3), 1 + choices.choose(3)]
            let world = LaneWorld(
                settings: ShardSettings(batch: BatchLimits(size: 2), maximumRetryAttempts: 1),
                factors: factors
            ) { call in
                call.positions.contains(where: poison.contains) ? .failed(.functionError) : .succeeded
            }
            world.append(keys: keys)
            world.close()
            world.stop(after: .milliseconds([0, 1, 2, 3, 4, 201, 203][choices.choose(7)]))
            world.run()
            #expect(world.isStopped)
            world.restart()
            world.run()
            world.conclude()
            #expect(world.checker.violations == [])
            #expect(world.isFinished)
            let good = world.calls.filter { $0.positions.allSatisfy { !poison.contains($0) } }
            let delivered = good.flatMap(\.positions)
            #expect(Set(delivered).count == delivered.count)
        }
    }

    private static func poison(_ count: Int, _ choices: inout Exhaustive) -> Set<Position> {
        Set((1...count).filter { _ in choices.chooseBool() }.map(Position.init))
    }

    private static func handler(reports: Bool, _ poison: Set<Position>) -> LaneWorld.Handler {
        { call in
            guard let first = call.positions.firstIndex(where: poison.contains) else { return .succeeded }
            return reports ? .partiallyFailed([first]) : .failed(.functionError)
        }
    }
}
