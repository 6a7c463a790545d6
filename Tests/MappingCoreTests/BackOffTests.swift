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

    @Test("Jitter shortens it by its share at most, equally for equal seeds")
    func jitter() {
        let jittered = BackOff(
            first: .seconds(1), cap: .seconds(60), jitter: .shortens(percent: 50, seed: 7))
        let delays = (1...200).map { jittered.delay(afterAttempt: 1, salt: $0) }
        #expect(delays.allSatisfy { $0 >= .milliseconds(500) && $0 <= .seconds(1) })
        #expect(Set(delays).count > 50)
        #expect(delays == (1...200).map { jittered.delay(afterAttempt: 1, salt: $0) })
    }
}

@Suite("The limit of batches in flight")
struct ConcurrencyLimitTests {
    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(millisecondsSinceEpoch: milliseconds) }

    @Test("A reduction halves it, and it comes back a step a second")
    func reduceAndRecover() {
        var limit = ConcurrencyLimit(ceiling: 5)
        #expect(limit.current(now: at(0)) == 5)
        #expect(limit.nextRise(now: at(0)) == nil)
        let changed = limit.reduce(now: at(0))
        #expect(changed)
        #expect(limit.current(now: at(0)) == 2)
        #expect(limit.nextRise(now: at(0)) == at(1_000))
        #expect(limit.current(now: at(999)) == 2)
        #expect(limit.current(now: at(1_000)) == 3)
        #expect(limit.nextRise(now: at(1_500)) == at(2_000))
        #expect(limit.current(now: at(3_000)) == 5)
        #expect(limit.nextRise(now: at(3_000)) == nil)
        #expect(limit.current(now: at(1_000_000_000)) == 5)
    }

    @Test("A burst of failures counts once, and one batch is always allowed")
    func burst() {
        var limit = ConcurrencyLimit(ceiling: 5)
        #expect([0, 10, 999].map { limit.reduce(now: at($0)) } == [true, false, false])
        #expect(limit.current(now: at(999)) == 2)
        for second in 2...9 { _ = limit.reduce(now: at(Int64(second) * 1_000)) }
        #expect(limit.current(now: at(9_000)) >= 1)
    }
}
