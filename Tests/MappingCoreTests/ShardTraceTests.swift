import EventModel
import MappingCore
import Simulation
import Testing

/// The recorded traces of esm-streams.md §4.5 and §4.6, invocation by invocation.
@Suite("The recorded traces of stream mappings")
struct ShardTraceTests {
    /// `1-3` or `5`, and `*` for a repeated request.
    private func text(_ calls: [ShardWorld.Call]) -> [String] {
        calls.map { call in
            let span = call.plan.records
            let range = span.first == span.last ? "\(span.first)" : "\(span.first)-\(span.last)"
            return range + (call.plan.isRepeat ? "*" : "")
        }
    }

    private func settings(size: Int, retries: Int?, bisects: Bool) -> ShardSettings {
        ShardSettings(
            batch: BatchLimits(size: size), maximumRetryAttempts: retries, bisectsOnError: bisects)
    }

    private func run(
        _ settings: ShardSettings, records: Int, handler: @escaping ShardWorld.Handler
    ) -> ShardWorld {
        let world = ShardWorld(settings: settings, handler: handler)
        world.append(count: records)
        world.close(after: .milliseconds(1))
        world.run()
        world.conclude()
        #expect(world.checker.violations == [])
        return world
    }

    private func reports(_ position: Position) -> ShardWorld.Handler {
        { call in call.positions.firstIndex(of: position).map { .partiallyFailed([$0]) } ?? .succeeded }
    }

    private func raises(at position: Position) -> ShardWorld.Handler {
        { call in call.positions.contains(position) ? .failed(.functionError) : .succeeded }
    }

    @Test("A reported record is isolated by progress, retried, and discarded alone")
    func partialTrace() throws {
        let world = run(settings(size: 3, retries: 3, bisects: false), records: 6, handler: reports(6))
        #expect(text(world.calls) == ["1-3", "4-6", "6", "6*", "6*", "6*"])
        let discarded = try #require(world.discards.first)
        #expect(world.discards.count == 1)
        #expect(discarded.records == RecordSpan(first: 6, last: 6, count: 1))
        #expect(discarded.condition == .retryAttemptsExhausted)
        #expect(discarded.approximateInvokeCount == 4)
        #expect(discarded.responseContext == .noFunctionError)
        #expect(discarded.checkpoint == 6)
        #expect(discarded.request == world.calls[5].plan.request)
        #expect(Set(world.calls.map(\.plan.request)).count == 3)
    }

    @Test("A bisect delivers the left half to its end before the right half begins")
    func bisectTrace() throws {
        let world = run(settings(size: 4, retries: 1, bisects: true), records: 4, handler: raises(at: 2))
        #expect(text(world.calls) == ["1-4", "1-2", "1", "2", "2*", "3-4"])
        let discarded = try #require(world.discards.first)
        #expect(world.discards.count == 1)
        #expect(discarded.records == RecordSpan(first: 2, last: 2, count: 1))
        #expect(discarded.approximateInvokeCount == 2)
        #expect(discarded.responseContext == .unhandled)
        #expect(Set(world.calls.map(\.plan.request)).count == 5)
    }

    @Test("With both features a partial answer with progress cuts the suffix, one without bisects")
    func bothTrace() throws {
        let world = run(settings(size: 4, retries: 1, bisects: true), records: 4, handler: reports(2))
        #expect(text(world.calls) == ["1-4", "2-4", "2", "2*", "3-4"])
        let discarded = try #require(world.discards.first)
        #expect(world.discards.count == 1)
        #expect(discarded.records == RecordSpan(first: 2, last: 2, count: 1))
        #expect(discarded.approximateInvokeCount == 2)
        #expect(discarded.responseContext == .noFunctionError)
    }

    @Test("The first retry comes after 200 ms, each next after twice as long")
    func retryTiming() {
        let world = run(settings(size: 1, retries: 4, bisects: false), records: 1, handler: raises(at: 1))
        let gaps = zip(world.calls, world.calls.dropFirst()).map { ($1.time - $0.time).wholeMilliseconds }
        // The handler takes 1 ms.
        #expect(gaps == [201, 401, 801, 1_601])
        #expect(Set(world.calls.map(\.plan.request)) == [1])
        #expect(world.calls.map(\.plan.attempt) == [1, 2, 3, 4, 5])
    }

    @Test("Suffixes and halves follow at once")
    func noWaiting() {
        let partial = run(settings(size: 4, retries: 1, bisects: true), records: 4, handler: reports(3))
        #expect((partial.calls[1].time - partial.calls[0].time) == .milliseconds(1))
        let bisect = run(settings(size: 4, retries: 1, bisects: true), records: 4, handler: raises(at: 4))
        #expect((bisect.calls[1].time - bisect.calls[0].time) == .milliseconds(1))
    }

    @Test("Without retries a batch is cut down to single records all the same")
    func bisectWithoutRetries() {
        let world = run(settings(size: 4, retries: 0, bisects: true), records: 4, handler: raises(at: 3))
        #expect(text(world.calls) == ["1-4", "1-2", "3-4", "3", "4"])
        #expect(world.discards.map(\.approximateInvokeCount) == [1])
    }

    @Test("Without bisect a suffix is discarded as a whole")
    func suffixDiscarded() {
        let world = run(settings(size: 4, retries: 1, bisects: false), records: 4, handler: reports(3))
        #expect(text(world.calls) == ["1-4", "3-4", "3-4*"])
        #expect(world.discards.map(\.records) == [RecordSpan(first: 3, last: 4, count: 2)])
    }

    @Test("An answer that names nothing usable counts like an error, but is no function error")
    func badIdentifier() {
        let world = run(settings(size: 2, retries: 1, bisects: false), records: 2) { _ in
            .failed(.badResponse(.identifierNotInBatch))
        }
        #expect(text(world.calls) == ["1-2", "1-2*"])
        #expect(world.discards.map(\.responseContext) == [.noFunctionError])
        #expect(world.discards.map(\.approximateInvokeCount) == [2])
    }

    @Test("The last failure decides what the invocation record says")
    func mixedFailures() {
        let world = run(settings(size: 1, retries: 1, bisects: false), records: 1) { call in
            call.plan.attempt == 1 ? .failed(.functionError) : .partiallyFailed([0])
        }
        #expect(world.discards.map(\.responseContext) == [.noFunctionError])
    }
}
