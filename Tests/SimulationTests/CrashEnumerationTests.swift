import EventModel
import MappingCore
import Simulation
import Testing

/// The whole product: records, poison, settings, and a crash at every point of every life, as often as one likes.
///
/// A life begins with what is durable and what the handler remembers. So all lives that any number of crashes can lead to
/// are found by following, from the first life on, what each of its steps would leave. Each life is held against the
/// reference algorithm, call by call.
@Suite("Every short story with every crash", .serialized)
struct CrashEnumerationTests {
    struct Story {
        let keys: [Int]
        let batchSize: Int
        let retries: Int?
        let bisects: Bool
        let missesFirst: Bool
        let factor: Int
        let commitDelay: Duration
        let handler: PoisonHandler
    }

    struct State: Hashable {
        let durable: LaneWorld.Durable
        let handler: PoisonHandler
    }

    struct Tally {
        var stories = 0
        var crashPoints = 0
        var lives = 0
    }

    @Test(
        "Calls, attempts and discards are those of the reference, and everything is settled",
        arguments: [.raising, .reportingLowest] as [PoisonHandler.Failing], [1, 2])
    func product(failing: PoisonHandler.Failing, factor: Int) {
        walk(failing, factor, most: 5)
    }

    @Test(
        "Odd answers and changing ones, too",
        arguments: [.reportingAll, .answeringNonsense, .alternating] as [PoisonHandler.Failing])
    func oddAnswers(failing: PoisonHandler.Failing) {
        walk(failing, 1, most: 4)
        walk(failing, 2, most: 3)
    }

    private func walk(_ failing: PoisonHandler.Failing, _ factor: Int, most: Int) {
        var tally = Tally()
        Exhaustive.walk(limit: 100_000) { choices in
            explore(Self.story(&choices, failing, factor, most), &tally)
        }
        #expect(tally.stories > 100 && tally.lives > 2 * tally.stories)
        print(
            "\(failing), factor \(factor): \(tally.stories) stories, \(tally.crashPoints) points of crash, "
                + "\(tally.lives) different lives")
    }

    private static func story(
        _ choices: inout Exhaustive, _ failing: PoisonHandler.Failing, _ factor: Int, _ most: Int
    ) -> Story {
        let count = 1 + choices.choose(most)
        let poison = Set((1...count).filter { _ in choices.chooseBool() }.map(Position.init))
        // Without an end to retries only poison that heals lets a story end.
        let retries = [0, 1, 2, nil][choices.choose(4)]
        let isHealing = retries == nil || (retries == 2 && choices.chooseBool())
        return Story(
            keys: (0..<count).map { $0 % factor }, batchSize: 1 + choices.choose(count), retries: retries,
            bisects: choices.chooseBool(), missesFirst: poison.isEmpty && choices.chooseBool(),
            // A slow commit leaves more to lose.
            factor: factor, commitDelay: .milliseconds(factor > 1 ? 4 : 1),
            handler: PoisonHandler(poison: poison, failing: failing, isHealing: isHealing))
    }

    private func explore(_ story: Story, _ tally: inout Tally) {
        tally.stories += 1
        let first = State(durable: LaneWorld.Durable(), handler: story.handler)
        var seen: Set<State> = [first]
        var waiting = [first]
        while let state = waiting.popLast() {
            tally.lives += 1
            var handler = state.handler
            let world = Self.world(story, from: state.durable) { call in
                if story.missesFirst, !call.plan.isRepeat { return .notReached(.throttled) }
                return handler.answer(call.positions)
            }
            var steps = 0
            world.run { world in
                steps += 1
                let left = State(durable: world.durable, handler: handler)
                if seen.insert(left).inserted { waiting.append(left) }
            }
            tally.crashPoints += steps
            judge(world, story, from: state)
        }
    }

    private static func world(
        _ story: Story, from durable: LaneWorld.Durable, _ handler: @escaping LaneWorld.Handler
    ) -> LaneWorld {
        let settings = ShardSettings(
            batch: BatchLimits(size: story.batchSize), maximumRetryAttempts: story.retries,
            bisectsOnError: story.bisects, backOff: .jittered(seed: 11))
        let world = LaneWorld(
            settings: settings, factors: [story.factor], durable: durable, commitDelay: story.commitDelay,
            handler: handler)
        world.store(keys: story.keys)
        return world
    }

    /// One life: its calls lane by lane, what it gave up, and what it came to.
    private func judge(_ world: LaneWorld, _ story: Story, from state: State) {
        let count = story.keys.count
        let before = state.durable
        var given: Set<ReferenceDelivery.Discard> = []
        var isAsExpected = world.checker.violations.isEmpty && world.isFinished
        for lane in 0..<story.factor {
            var reference = ReferenceDelivery(
                batchSize: story.batchSize, retries: story.retries, bisects: story.bisects,
                missesFirst: story.missesFirst, handler: state.handler)
            reference.deliver(
                (1...count).map(Position.init).filter {
                    $0 > before.checkpoint && !before.settledAhead.contains($0)
                        && story.keys[Int($0) - 1] % story.factor == lane
                })
            given.formUnion(reference.discards)
            let calls = world.calls.filter { $0.lane == lane }.map {
                ReferenceDelivery.Call(
                    positions: $0.positions, attempt: $0.plan.attempt, isRepeat: $0.plan.isRepeat)
            }
            isAsExpected = isAsExpected && calls == reference.calls
        }
        let discards = world.discards.dropFirst(before.discards.count)
        isAsExpected = isAsExpected && Set(discards) == Set(given.map(\.positions))
        // A retry budget is spent to the end and not beyond, except on what is given up for other reasons: none here.
        if let retries = story.retries {
            isAsExpected = isAsExpected && given.allSatisfy { $0.attempts == retries + 1 }
        }
        let discarded = world.discards.joined().sorted()
        isAsExpected =
            isAsExpected && world.checkpoint == Position(count) && discarded == Set(discarded).sorted()
        if !story.handler.isHealing {
            isAsExpected = isAsExpected && story.handler.poison.isSubset(of: discarded)
        }
        if story.bisects || story.batchSize == 1 {
            isAsExpected = isAsExpected && story.handler.poison.isSuperset(of: discarded)
        }
        guard !isAsExpected else { return }
        Issue.record(
            "\(story)\nfrom \(state)\n\(world.checker.violations)\n\(world.calls.map { ($0.lane, $0.positions, $0.plan.attempt) })\n\(world.discards)"
        )
    }
}
