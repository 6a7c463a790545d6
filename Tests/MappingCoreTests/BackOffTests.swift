import EventModel
import MappingCore
import Testing

@Suite("The wait before another attempt")
struct BackOffTests {
    @Test(
        "It doubles from 200 ms up to a minute",
        arguments: [
            (1, 200), (2, 400), (3, 800), (8, 25_600), (9, 51_200), (10, 60_000), (1_000_000, 60_000),
        ])
    func standard(attempt: Int, milliseconds: Int) {
        #expect(BackOff.standard.delay(afterAttempt: attempt) == .milliseconds(milliseconds))
    }

    @Test(
        "Jitter lengthens it by four tenths at most, and never past the cap",
        arguments: [
            (1, 200...280), (2, 400...560), (3, 800...1_120), (9, 42_857...60_000),
            (1_000_000, 42_857...60_000),
        ])
    func jitter(attempt: Int, milliseconds: ClosedRange<Int>) {
        let delays = (1...500).map { seed in
            Int(BackOff.jittered(seed: seed).delay(afterAttempt: attempt, salt: 3).wholeMilliseconds)
        }
        #expect(delays.allSatisfy(milliseconds.contains))
        // Spread over the whole range, not bunched at one end of it.
        let length = milliseconds.upperBound - milliseconds.lowerBound
        for quarter in 0..<4 {
            let start = milliseconds.lowerBound + length * quarter / 4
            #expect(delays.count { (start...start + length / 4).contains($0) } > 60)
        }
    }

    @Test("Equal seeds give equal waits; other requests, attempts and names give others")
    func determinism() {
        let first = BackOff.jittered(seed: BackOff.seed(from: "mapping shardId-000000000000"))
        let second = BackOff.jittered(seed: BackOff.seed(from: "mapping shardId-000000000001"))
        let waits = (1...200).map { first.delay(afterAttempt: 1, salt: $0) }
        #expect(waits == (1...200).map { first.delay(afterAttempt: 1, salt: $0) })
        #expect(Set(waits).count > 50)
        #expect(waits != (1...200).map { second.delay(afterAttempt: 1, salt: $0) })
    }

    @Test("Lanes of one shard do not come back together")
    func lanes() {
        let settings = ShardSettings(
            batch: BatchLimits(size: 1), maximumRetryAttempts: 1, backOff: .jittered(seed: 5))
        var machine = LaneMachine(settings: settings, lanes: 10)
        let now = Timestamp(millisecondsSinceEpoch: 1_000)
        _ = machine.step(.start(after: 0), now: now)
        let records = (1...10).map { RecordSummary(position: $0, arrival: now, encodedBytes: 10) }
        _ = machine.step(.fetched(.init(records, .exhausted), lanes: Array(0..<10)), now: now)
        for lane in 0..<10 {
            _ = machine.step(.invocationEnded(lane, 1, .failed(.functionError)), now: now)
        }
        let ends = (0..<10).map { lane -> Timestamp? in
            guard case .waiting(_, _, _, let until) = machine.activity(of: lane) else { return nil }
            return until
        }
        #expect(Set(ends).count > 5 && !ends.contains(nil))
    }
}
