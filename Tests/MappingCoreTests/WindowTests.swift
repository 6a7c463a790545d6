import EventModel
import MappingCore
import Testing

@Suite("Tumbling windows of a shard")
struct WindowTests {
    private func moment(_ milliseconds: Int64) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: 1_720_000_000_000 + milliseconds)
    }

    private func record(_ position: Position, at milliseconds: Int64) -> RecordSummary {
        RecordSummary(position: position, arrival: moment(milliseconds), encodedBytes: 10)
    }

    private func machine(retries: Int? = nil, age: Duration? = nil) -> LaneMachine {
        LaneMachine(
            settings: ShardSettings(
                batch: BatchLimits(size: 10), maximumRetryAttempts: retries, maximumRecordAge: age),
            lanes: 1, windowLength: .seconds(10))
    }

    private func plans(_ effects: [LaneMachine.Effect]) -> [WindowPlan] {
        effects.compactMap { if case .invokeWindow(let plan) = $0 { plan } else { nil } }
    }

    private func invoked(_ effects: [LaneMachine.Effect]) -> [Position] {
        effects.compactMap { if case .invoke(_, let plan) = $0 { plan.records.first } else { nil } }
    }

    @Test("Windows are aligned to the epoch and hold their start, not their end")
    func alignment() {
        for (arrival, start) in [(0, 0), (1, 0), (9_999, 0), (10_000, 10_000), (25_000, 20_000)] {
            let window = TumblingWindow(of: moment(Int64(arrival)), length: .seconds(10))
            #expect(window == TumblingWindow(start: moment(Int64(start)), end: moment(Int64(start) + 10_000)))
        }
    }

    @Test("A record of a later window ends the one before it, once that is settled")
    func laterRecord() {
        var machine = machine()
        _ = machine.step(.start(after: 0), now: moment(0))
        let read = [record(1, at: 1_000), record(2, at: 9_000), record(3, at: 11_000)]
        var effects = machine.step(.fetched(.init(read, .exhausted), lanes: []), now: moment(11_000))
        #expect(invoked(effects) == [1] && plans(effects).isEmpty)
        effects = machine.step(.invocationEnded(0, 1, .succeeded), now: moment(11_001))
        let first = TumblingWindow(start: moment(0), end: moment(10_000))
        #expect(effects.contains(.keepWindow(first)))
        #expect(plans(effects).map(\.window) == [first])
        #expect(invoked(effects) == [], "the next window waits")
        effects = machine.step(.windowInvocationEnded(1, .succeeded), now: moment(11_002))
        #expect(effects.first == .dropWindowState)
        #expect(invoked(effects) == [3])
        #expect(machine.openWindow == TumblingWindow(start: moment(10_000), end: moment(20_000)))
    }

    @Test("Without more records a window ends a second after its end")
    func quiet() {
        var machine = machine()
        _ = machine.step(.start(after: 0), now: moment(0))
        _ = machine.step(.fetched(.init([record(1, at: 5)], .exhausted), lanes: []), now: moment(6))
        var effects = machine.step(.invocationEnded(0, 1, .succeeded), now: moment(7))
        #expect(effects.contains(.wake(at: moment(11_000))))
        effects = machine.step(.timerFired, now: moment(10_999))
        #expect(plans(effects).isEmpty && effects.contains(.wake(at: moment(11_000))))
        effects = machine.step(.timerFired, now: moment(11_000))
        #expect(plans(effects).count == 1)
    }

    @Test(
        "A failing end is tried again under its request, blocks what follows, and is given up with its retries"
    )
    func failingEnd() {
        var machine = machine(retries: 1)
        _ = machine.step(.start(after: 0), now: moment(0))
        let read = [record(1, at: 1), record(2, at: 11_000)]
        _ = machine.step(.fetched(.init(read, .exhausted), lanes: []), now: moment(11_000))
        var effects = machine.step(.invocationEnded(0, 1, .succeeded), now: moment(11_001))
        effects = machine.step(
            .windowInvocationEnded(1, .failed(.badResponse(.stateMissing))), now: moment(11_002))
        #expect(plans(effects).isEmpty && invoked(effects).isEmpty)
        effects = machine.step(.timerFired, now: moment(12_000))
        #expect(plans(effects).map(\.request) == [1] && plans(effects).map(\.attempt) == [2])
        effects = machine.step(.windowInvocationEnded(2, .failed(.functionError)), now: moment(12_001))
        let discarded = effects.compactMap { effect in
            if case .discardWindow(let window) = effect { window } else { nil }
        }
        #expect(discarded.map(\.approximateInvokeCount) == [2])
        #expect(discarded.map(\.condition) == [.retryAttemptsExhausted])
        #expect(invoked(effects) == [2])
    }

    @Test("An end that cannot be told within the maximum age is given up")
    func age() {
        var machine = machine(age: .seconds(60))
        _ = machine.step(
            .start(after: 1, window: TumblingWindow(start: moment(0), end: moment(10_000))),
            now: moment(80_000))
        let effects = machine.step(.fetched(.init([], .exhausted), lanes: []), now: moment(80_001))
        #expect(plans(effects).isEmpty)
        #expect(effects.contains(.dropWindowState) && effects.contains(.keepWindow(nil)))
    }

    @Test("A state that is too large ends the window before the next batch; the rest opens it anew")
    func overflow() {
        var machine = LaneMachine(
            settings: ShardSettings(batch: BatchLimits(size: 1)), lanes: 1, windowLength: .seconds(10))
        _ = machine.step(.start(after: 0), now: moment(0))
        let read = [record(1, at: 1), record(2, at: 2)]
        _ = machine.step(.fetched(.init(read, .exhausted), lanes: []), now: moment(3))
        #expect(plans(machine.step(.stateOverflowed, now: moment(4))).isEmpty)
        var effects = machine.step(.invocationEnded(0, 1, .succeeded), now: moment(4))
        #expect(plans(effects).map(\.isEarly) == [true])
        #expect(invoked(effects) == [])
        effects = machine.step(.windowInvocationEnded(1, .succeeded), now: moment(5))
        #expect(invoked(effects) == [2])
        #expect(machine.openWindow?.start == moment(0))
    }

    @Test("A stop waits for an end in flight, and leaves one that is not for the next life")
    func stop() {
        for isInFlight in [true, false] {
            var machine = machine()
            _ = machine.step(.start(after: 0), now: moment(0))
            _ = machine.step(.fetched(.init([record(1, at: 1)], .shardEnd), lanes: []), now: moment(2))
            _ = machine.step(.invocationEnded(0, 1, .succeeded), now: moment(3))
            if !isInFlight {
                _ = machine.step(.windowInvocationEnded(1, .failed(.functionError)), now: moment(4))
            }
            let effects = machine.step(.stop, now: moment(5))
            #expect(effects.contains(.stopped) == !isInFlight)
            guard isInFlight else { continue }
            let last = machine.step(.windowInvocationEnded(1, .succeeded), now: moment(6))
            #expect(last.contains(.keepWindow(nil)) && last.last == .stopped)
        }
    }

    @Test(
        "An answer needs an object state",
        arguments: [
            (#"{"state":{"a":1}}"#, #"{"a":1}"#), (#"{"state":{}}"#, "{}"), (#"{"state":1}"#, nil),
            ("{}", nil), ("null", nil), ("[]", nil), ("x", nil), (#"{"batchItemFailures":[]}"#, nil),
        ] as [(String, String?)])
    func answer(text: String, state: String?) {
        let answer = WindowAnswer(Array(text.utf8), reportsBatchItemFailures: true) { _ in 0 }
        #expect(answer.state.map { String(decoding: $0, as: UTF8.self) } == state)
        #expect(answer.response == (state == nil ? .wholeBatch(.stateMissing) : .success))
    }

    @Test("Batch item failures count beside a state, where they are reported")
    func partialAnswer() {
        let bytes = Array(#"{"state":{},"batchItemFailures":[{"itemIdentifier":"7"}]}"#.utf8)
        for isReporting in [true, false] {
            let answer = WindowAnswer(bytes, reportsBatchItemFailures: isReporting) { $0 == "7" ? 2 : nil }
            #expect(answer.response == (isReporting ? .failed([2]) : .success))
        }
    }

    @Test("The report of an end has no records, and names the window")
    func report() {
        let window = TumblingWindow(of: moment(0), length: .seconds(100))
        let batch = DiscardedBatch(
            records: RecordSpan(first: 1, last: 2, count: 2), condition: .retryAttemptsExhausted,
            approximateInvokeCount: 1, responseContext: .absent, request: 1, checkpoint: 2)
        let record = InvocationRecord(
            of: batch, requestID: "r", functionARN: "f", timestamp: moment(0), source: .kinesis, shardID: "s",
            startSequenceNumber: "1", endSequenceNumber: "2", firstArrival: moment(0), lastArrival: moment(0),
            streamARN: "a", window: .init(window))
        let text = String(decoding: record.bytes, as: UTF8.self)
        #expect(text.contains(#""batchSize":2,"streamArn":"a"},"timeWindowInfo":{"windowStart":"2024-"#))
        #expect(text.hasSuffix(#""isFinalInvokeForWindow":false,"isWindowTerminatedEarly":false}}"#))
    }
}
