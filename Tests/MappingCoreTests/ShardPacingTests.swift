import EventModel
import MappingCore
import Testing

@Suite("The pace of a shard machine")
struct ShardPacingTests {
    private static let start = Timestamp(millisecondsSinceEpoch: 1_000_000)

    private func at(_ seconds: Double) -> Timestamp { Self.start + .milliseconds(Int(seconds * 1_000)) }

    private func records(_ positions: ClosedRange<Position>, bytes: Int = 100) -> [RecordSummary] {
        positions.map { RecordSummary(position: $0, arrival: Self.start, encodedBytes: bytes) }
    }

    private func plan(_ effects: [ShardMachine.Effect]) -> InvocationPlan? {
        for case .invoke(let plan) in effects { return plan }
        return nil
    }

    private func closing(_ effects: [ShardMachine.Effect]) -> BatchClosing? {
        for case .explain(.batchClosed(_, let closing, _)) in effects { return closing }
        return nil
    }

    private func machine(size: Int, window: Duration = .zero, retries: Int? = nil) -> ShardMachine {
        ShardMachine(
            settings: ShardSettings(
                batch: BatchLimits(size: size, window: window), maximumRetryAttempts: retries))
    }

    @Test("It reads first, two batches and not less than 100 records", arguments: [(1, 100), (100, 200)])
    func firstRead(size: Int, limit: Int) {
        var machine = machine(size: size)
        #expect(
            machine.step(.start(after: 7), now: Self.start) == [
                .fetch(after: 7, limit: limit, bytes: 2 * Limits.eventBytes)
            ])
    }

    @Test("Without a window it takes what is there and reads on when something comes")
    func noWindow() {
        var machine = machine(size: 100)
        _ = machine.step(.start(after: 0), now: at(0))
        #expect(machine.step(.fetched(.init([], .exhausted)), now: at(0)) == [])
        #expect(machine.activity == .idle)
        #expect(
            machine.step(.recordsMayBeAvailable, now: at(1)) == [
                .fetch(after: 0, limit: 200, bytes: 2 * Limits.eventBytes)
            ])
        let effects = machine.step(.fetched(.init(records(1...3), .exhausted)), now: at(1))
        let span = RecordSpan(first: 1, last: 3, count: 3)
        let plan = InvocationPlan(invocation: 1, request: 1, attempt: 1, isRepeat: false, records: span)
        #expect(effects == [.explain(.batchClosed(span, .available, request: 1)), .invoke(plan)])
        #expect(machine.activity == .invoking(plan))
    }

    @Test("While a batch is invoked the next is read, and not more than that")
    func readAhead() {
        var machine = machine(size: 100)
        _ = machine.step(.start(after: 0), now: at(0))
        let first = machine.step(.fetched(.init(records(1...200), .more)), now: at(0))
        #expect(plan(first)?.records.count == 100)
        #expect(!first.contains { if case .fetch = $0 { true } else { false } })
        let second = machine.step(.invocationEnded(1, .succeeded), now: at(1))
        #expect(plan(second)?.records.first == 101)
        #expect(second.last == .fetch(after: 200, limit: 100, bytes: 2 * Limits.eventBytes - 10_000))
        #expect(second.contains(.settle(through: 100)))
        #expect(second.contains(.release(through: 100)))
        #expect(machine.bufferedRecords == 100)
    }

    @Test("Large records pause reading before they fill the memory")
    func readAheadBytes() {
        var machine = machine(size: 10_000)
        _ = machine.step(.start(after: 0), now: at(0))
        // Ten records of 1 MiB: an event holds five.
        let effects = machine.step(.fetched(.init(records(1...10, bytes: 1 << 20), .more)), now: at(0))
        #expect(plan(effects)?.records.count == 5)
        #expect(closing(effects) == .bytes)
        #expect(!effects.contains { if case .fetch = $0 { true } else { false } })
    }

    @Test("A window gathers until it ends, and the time is set once")
    func window() {
        var machine = machine(size: 100, window: .seconds(10))
        _ = machine.step(.start(after: 0), now: at(0))
        #expect(machine.step(.fetched(.init(records(1...1), .exhausted)), now: at(2)) == [.wake(at: at(10))])
        #expect(machine.activity == .collecting(records: 1, until: at(10)))
        _ = machine.step(.recordsMayBeAvailable, now: at(5))
        #expect(machine.step(.fetched(.init(records(2...2), .exhausted)), now: at(5)) == [])
        let effects = machine.step(.timerFired, now: at(10))
        #expect(plan(effects)?.records == RecordSpan(first: 1, last: 2, count: 2))
        #expect(closing(effects) == .window)
        #expect(!effects.contains(.cancelWake))
    }

    @Test("A full batch does not wait for its window")
    func windowAndSize() {
        var machine = machine(size: 2, window: .seconds(10))
        _ = machine.step(.start(after: 0), now: at(0))
        _ = machine.step(.fetched(.init(records(1...1), .exhausted)), now: at(1))
        _ = machine.step(.recordsMayBeAvailable, now: at(2))
        let effects = machine.step(.fetched(.init(records(2...2), .exhausted)), now: at(2))
        #expect(closing(effects) == .size)
        #expect(effects.contains(.cancelWake))
    }

    @Test("A window that passes without records starts again; an idle shard has no timer")
    func emptyWindow() {
        var machine = machine(size: 100, window: .seconds(10))
        _ = machine.step(.start(after: 0), now: at(0))
        #expect(machine.step(.fetched(.init([], .exhausted)), now: at(0)) == [])
        _ = machine.step(.recordsMayBeAvailable, now: at(34))
        #expect(machine.step(.fetched(.init(records(1...1), .exhausted)), now: at(34)) == [.wake(at: at(40))])
    }

    @Test("The next window starts when the invocation ends, with what was read meanwhile")
    func nextWindow() {
        var machine = machine(size: 2, window: .seconds(10))
        _ = machine.step(.start(after: 0), now: at(0))
        _ = machine.step(.fetched(.init(records(1...3), .exhausted)), now: at(1))
        let effects = machine.step(.invocationEnded(1, .succeeded), now: at(4))
        #expect(effects == [.settle(through: 2), .release(through: 2), .wake(at: at(14))])
    }

    @Test("A timer that fires early is set again")
    func earlyTimer() {
        var machine = machine(size: 100, window: .seconds(10))
        _ = machine.step(.start(after: 0), now: at(0))
        _ = machine.step(.fetched(.init(records(1...1), .exhausted)), now: at(2))
        #expect(machine.step(.timerFired, now: at(9)) == [.wake(at: at(10))])
    }

    @Test("News that arrive during a read are looked at after it")
    func newsDuringRead() {
        var machine = machine(size: 100)
        _ = machine.step(.start(after: 0), now: at(0))
        #expect(machine.step(.recordsMayBeAvailable, now: at(0)) == [])
        #expect(
            machine.step(.fetched(.init([], .exhausted)), now: at(0)) == [
                .fetch(after: 0, limit: 200, bytes: 2 * Limits.eventBytes)
            ])
    }

    @Test("Records that were filtered out advance the checkpoint without an invocation")
    func filtered() {
        var machine = machine(size: 100)
        _ = machine.step(.start(after: 0), now: at(0))
        #expect(
            machine.step(.fetched(.init([], through: 5, .exhausted)), now: at(0)) == [
                .settle(through: 5), .release(through: 5),
            ])
        _ = machine.step(.recordsMayBeAvailable, now: at(1))
        _ = machine.step(.fetched(.init(records(7...7), through: 9, .exhausted)), now: at(1))
        #expect(machine.step(.invocationEnded(1, .succeeded), now: at(1)).contains(.settle(through: 9)))
    }

    @Test("The end of the shard closes the last batch and finishes")
    func shardEnd() {
        var machine = machine(size: 100, window: .seconds(10))
        _ = machine.step(.start(after: 0), now: at(0))
        let effects = machine.step(.fetched(.init(records(1...1), .shardEnd)), now: at(1))
        #expect(closing(effects) == .shardEnd)
        #expect(machine.step(.invocationEnded(1, .succeeded), now: at(2)).last == .finished)
        #expect(machine.activity == .finished)
        #expect(machine.step(.stop, now: at(3)) == [.stopped])
    }

    @Test("A second answer to the same invocation changes nothing")
    func duplicateAnswer() {
        var machine = machine(size: 1, retries: 5)
        _ = machine.step(.start(after: 0), now: at(0))
        _ = machine.step(.fetched(.init(records(1...1), .exhausted)), now: at(0))
        _ = machine.step(.invocationEnded(1, .failed(.functionError)), now: at(0))
        let waiting = machine.activity
        #expect(machine.step(.invocationEnded(1, .succeeded), now: at(0)) == [])
        #expect(machine.activity == waiting)
        #expect(plan(machine.step(.timerFired, now: at(0.2)))?.invocation == 2)
        #expect(machine.step(.invocationEnded(1, .succeeded), now: at(0.3)) == [])
        #expect(machine.checkpoint == 0)
    }

    @Test("A wait for the function ends when it may be reachable, a wait after a failure does not")
    func functionReachable() {
        var machine = machine(size: 1, retries: 5)
        _ = machine.step(.start(after: 0), now: at(0))
        _ = machine.step(.fetched(.init(records(1...1), .exhausted)), now: at(0))
        #expect(machine.step(.functionMayBeReachable, now: at(0)) == [])
        _ = machine.step(.invocationEnded(1, .notReached(.throttled)), now: at(0))
        let again = machine.step(.functionMayBeReachable, now: at(0.01))
        #expect(plan(again)?.isRepeat == true)
        #expect(plan(again)?.attempt == 1)
        #expect(again.last == .cancelWake)
        _ = machine.step(.invocationEnded(2, .failed(.functionError)), now: at(1))
        #expect(machine.step(.functionMayBeReachable, now: at(1.1)) == [])
    }

    @Test("A stop waits for the invocation in flight, keeps what it settled, and starts nothing")
    func stop() {
        var machine = machine(size: 2)
        _ = machine.step(.start(after: 0), now: at(0))
        _ = machine.step(.fetched(.init(records(1...4), .exhausted)), now: at(0))
        #expect(machine.step(.stop, now: at(1)) == [])
        #expect(
            machine.step(.invocationEnded(1, .succeeded), now: at(2)) == [
                .settle(through: 2), .release(through: 2), .stopped,
            ])
        #expect(machine.step(.recordsMayBeAvailable, now: at(3)) == [])
        #expect(machine.step(.stop, now: at(3)) == [])
    }

    @Test("A stop ends a wait at once")
    func stopWhileWaiting() {
        var machine = machine(size: 2)
        _ = machine.step(.start(after: 0), now: at(0))
        _ = machine.step(.fetched(.init(records(1...2), .exhausted)), now: at(0))
        _ = machine.step(.invocationEnded(1, .failed(.functionError)), now: at(1))
        #expect(machine.step(.stop, now: at(1)) == [.cancelWake, .stopped])
    }

    @Test("An answer to an invocation that was never made stops the process")
    func misuse() async {
        await #expect(processExitsWith: .failure) {
            var machine = ShardMachine(settings: ShardSettings(batch: BatchLimits(size: 1)))
            let now = Timestamp(millisecondsSinceEpoch: 0)
            _ = machine.step(.start(after: 0), now: now)
            _ = machine.step(.invocationEnded(1, .succeeded), now: now)
        }
    }
}
