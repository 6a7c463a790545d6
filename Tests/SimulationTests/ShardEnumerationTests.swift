import EventModel
import MappingCore
import Simulation
import Testing

@Suite("Every short story of a shard")
struct ShardEnumerationTests {
    private enum Failing: CaseIterable {
        case raising, reportingLowest, reportingAll, answeringNonsense
    }

    /// 1...4 records × every poison subset × how poison shows × bisect × retries × batch size.
    @Test("Each record settles once, in order, and poison alone is discarded when it can be isolated")
    func outcomes() {
        let stories = Exhaustive.walk(limit: 20_000) { choices in
            let count = 1 + choices.choose(4)
            let poison = Set((1...count).filter { _ in choices.chooseBool() }.map(Position.init))
            let failing = Failing.allCases[choices.choose(Failing.allCases.count)]
            let bisects = choices.chooseBool()
            let retries = choices.choose(3)
            let size = 1 + choices.choose(count)
            let world = ShardWorld(
                settings: ShardSettings(
                    batch: BatchLimits(size: size), maximumRetryAttempts: retries, bisectsOnError: bisects),
                handler: Self.handler(failing, poison))
            world.append(count: count)
            world.close()
            world.run()
            world.conclude()
            let discarded = world.discards.flatMap { Array($0.records.first...$0.records.last) }
            #expect(world.checker.violations == [])
            #expect(world.isFinished && world.checkpoint == Position(count))
            #expect(poison.isSubset(of: discarded))
            if bisects || size == 1 { #expect(Set(discarded) == poison) }
        }
        #expect(stories > 1_000)
    }

    /// A crash after every possible number of events of the story.
    @Test("After a crash at any point every record is settled, and no settled one comes again")
    func crashes() {
        Exhaustive.walk(limit: 20_000) { choices in
            let count = 1 + choices.choose(4)
            let poison = Set((1...count).filter { _ in choices.chooseBool() }.map(Position.init))
            let failing = Failing.allCases[choices.choose(2)]
            let bisects = choices.chooseBool()
            let world = ShardWorld(
                settings: ShardSettings(
                    batch: BatchLimits(size: count), maximumRetryAttempts: 1, bisectsOnError: bisects),
                handler: Self.handler(failing, poison))
            world.append(count: count)
            world.close()
            // Events happen at whole milliseconds; the retry waits 200 ms.
            let moments = [0, 1, 2, 3, 4, 5, 6, 8, 201, 202, 203, 204, 210, 403]
            world.crash(after: .milliseconds(moments[choices.choose(moments.count)]))
            world.run()
            world.conclude()
            #expect(world.checker.violations == [])
            #expect(world.isFinished && world.checkpoint == Position(count))
        }
    }

    @Test("A stop at any point leaves nothing in flight and settles nothing twice")
    func stops() {
        Exhaustive.walk(limit: 20_000) { choices in
            let count = 1 + choices.choose(3)
            let poison = Set((1...count).filter { _ in choices.chooseBool() }.map(Position.init))
            let failing = Failing.allCases[choices.choose(2)]
            let world = ShardWorld(
                settings: ShardSettings(batch: BatchLimits(size: 2), maximumRetryAttempts: 1),
                handler: Self.handler(failing, poison))
            world.append(count: count)
            world.stop(after: .milliseconds(choices.choose(8)))
            world.run()
            #expect(world.checker.violations == [])
            #expect(world.isStopped)
        }
    }

    private static func handler(_ failing: Failing, _ poison: Set<Position>) -> ShardWorld.Handler {
        { call in
            let hit = call.positions.indices.filter { poison.contains(call.positions[$0]) }
            guard let first = hit.first else { return .succeeded }
            switch failing {
            case .raising: return .failed(.functionError)
            case .reportingLowest: return .partiallyFailed([first])
            case .reportingAll: return .partiallyFailed(hit)
            case .answeringNonsense: return .failed(.badResponse(.notJSON))
            }
        }
    }
}
