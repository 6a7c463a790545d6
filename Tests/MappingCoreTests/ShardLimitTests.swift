import EventModel
import MappingCore
import Simulation
import Testing

@Suite("What a stream mapping gives up, and when")
struct ShardLimitTests {
    private func settings(
        size: Int, retries: Int? = nil, age: Duration? = nil, retention: Duration? = nil,
        eventBytes: Int? = nil,
        bisects: Bool = false, window: Duration = .zero
    ) -> ShardSettings {
        ShardSettings(
            batch: BatchLimits(size: size, window: window, eventBytes: eventBytes ?? Limits.eventBytes),
            maximumRetryAttempts: retries, maximumRecordAge: age, retention: retention,
            bisectsOnError: bisects)
    }

    @Test("Records that are too old before the first attempt are discarded with a count of 1")
    func ageBeforeFirstAttempt() throws {
        var machine = ShardMachine(settings: settings(size: 10, age: .seconds(60)))
        let now = Timestamp(millisecondsSinceEpoch: 1_000_000)
        _ = machine.step(.start(after: 0), now: now)
        let records = [
            RecordSummary(position: 1, arrival: now - .seconds(61), encodedBytes: 10),
            RecordSummary(position: 2, arrival: now - .seconds(61), encodedBytes: 10),
            RecordSummary(position: 3, arrival: now - .seconds(60), encodedBytes: 10),
        ]
        let effects = machine.step(.fetched(.init(records, .exhausted)), now: now)
        let discarded = DiscardedBatch(
            records: RecordSpan(first: 1, last: 2, count: 2), condition: .recordAgeExceeded,
            approximateInvokeCount: 1, responseContext: .absent, request: 1, checkpoint: 2)
        #expect(effects.contains(.discard(discarded)))
        let plan = InvocationPlan(
            invocation: 1, request: 1, attempt: 1, isRepeat: false,
            records: RecordSpan(first: 3, last: 3, count: 1))
        #expect(effects.contains(.invoke(plan)))
        #expect(machine.checkpoint == 2)
    }

    @Test("A record that fails until it is too old counts the attempt that did not happen")
    func ageAfterAttempts() throws {
        let world = ShardWorld(settings: settings(size: 1, age: .seconds(60))) { _ in .failed(.functionError)
        }
        world.append(count: 1)
        world.run()
        let discarded = try #require(world.discards.first)
        #expect(discarded.condition == .recordAgeExceeded)
        #expect(discarded.approximateInvokeCount == world.calls.count + 1)
        #expect(discarded.responseContext == .absent)
        #expect(world.checker.violations == [])
    }

    @Test("The younger records of a batch go on under the same request")
    func expiredPrefix() {
        let aging = settings(size: 10, age: .seconds(60), window: .seconds(40))
        let world = ShardWorld(settings: aging) { call in
            call.positions.contains(1) ? .failed(.functionError) : .succeeded
        }
        world.append(sizes: [10])
        world.append(sizes: [10], after: .seconds(30))
        world.run()
        #expect(world.calls.first?.positions == [1, 2])
        #expect(world.calls.last?.positions == [2])
        #expect(Set(world.calls.map(\.plan.request)) == [1])
        #expect(world.discards.map(\.records) == [RecordSpan(first: 1, last: 1, count: 1)])
        #expect(world.discards.map(\.approximateInvokeCount) == [world.calls.count])
        #expect(world.checkpoint == 2)
        #expect(world.checker.violations == [])
    }

    @Test("What the source does not keep any longer is given up even without a maximum age")
    func retention() {
        let world = ShardWorld(settings: settings(size: 1, retention: .seconds(3_600))) { _ in
            .failed(.functionError)
        }
        world.append(count: 1)
        world.run()
        #expect(world.discards.map(\.condition) == [.recordAgeExceeded])
        // 200 ms doubled eight times is under a minute, and from then on a minute each.
        #expect((65...75).contains(world.calls.count))
    }

    @Test("Throttles cost no retry and wait longer each time", arguments: [1, 3, 12])
    func throttles(count: Int) {
        var left = count
        let world = ShardWorld(settings: settings(size: 1, retries: 0)) { _ in
            left -= 1
            return left >= 0 ? .notReached(.throttled) : .succeeded
        }
        world.append(count: 1)
        world.run()
        #expect(world.discards.isEmpty)
        #expect(world.calls.count == count + 1)
        #expect(world.calls.allSatisfy { $0.plan.attempt == 1 && $0.plan.request == 1 })
        let gaps = zip(world.calls, world.calls.dropFirst()).map { ($1.time - $0.time).wholeMilliseconds - 1 }
        #expect(gaps == (0..<count).map { min(60_000, 200 << Int64($0)) })
    }

    @Test("A record larger than an event spends its retries without being sent", arguments: [0, 2])
    func oversized(retries: Int) throws {
        let world = ShardWorld(
            settings: settings(size: 10, retries: retries, eventBytes: 1_000, bisects: true)
        ) { _ in
            .succeeded
        }
        world.append(sizes: [100, 987, 100])
        world.run()
        #expect(world.calls.map(\.positions) == [[1], [3]])
        let discarded = try #require(world.discards.first)
        #expect(discarded.condition == .retryAttemptsExhausted)
        #expect(discarded.approximateInvokeCount == 1 + retries)
        #expect(discarded.responseContext == .absent)
        #expect(world.checkpoint == 3)
        #expect(world.checker.violations == [])
    }

    @Test("An event of exactly the largest size is sent")
    func exactlyFull() {
        let world = ShardWorld(settings: settings(size: 10, retries: 0, eventBytes: 1_000)) { _ in .succeeded
        }
        // 14 around, 1 comma: 986 bytes alone, or 492 + 493.
        world.append(sizes: [986, 492, 493, 493, 493])
        world.run()
        #expect(world.calls.map(\.positions) == [[1], [2, 3], [4], [5]])
        #expect(world.discards.isEmpty)
    }
}
