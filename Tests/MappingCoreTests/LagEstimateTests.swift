import EventModel
import MappingCore
import Testing

@Suite("Ages in a histogram")
struct AgeHistogramTests {
    @Test("Small ages are exact, large ones within a sixteenth and never above the largest seen")
    func quantiles() {
        var histogram = AgeHistogram()
        #expect(histogram.quantile(0.99) == nil)
        for age in 1...1_000 { histogram.record(.milliseconds(age)) }
        #expect(histogram.count == 1_000)
        #expect(histogram.maximum == .milliseconds(1_000))
        #expect(histogram.last == .milliseconds(1_000))
        #expect(histogram.quantile(0) == .milliseconds(1))
        #expect(histogram.quantile(0.01) == .milliseconds(10))
        #expect(histogram.quantile(1) == .milliseconds(1_000))
        for share in [0.1, 0.5, 0.9, 0.99] {
            let found = (histogram.quantile(share) ?? .zero).wholeMilliseconds
            let exact = Int64(share * 1_000)
            #expect((exact...exact + exact / 16 + 1).contains(found))
        }
    }

    @Test("Ages beyond all bounds and below zero are taken")
    func extremes() {
        var histogram = AgeHistogram()
        histogram.record(.milliseconds(Int64.max))
        histogram.record(.milliseconds(-5))
        #expect(histogram.quantile(0.5) == .zero)
        #expect((histogram.quantile(1) ?? .zero) >= .seconds(86_400 * 365 * 30_000))
    }

    @Test("Two histograms together know what one would have known")
    func merging() {
        var all = AgeHistogram()
        var even = AgeHistogram()
        var odd = AgeHistogram()
        for age in 0..<500 {
            all.record(.milliseconds(age))
            if age % 2 == 0 { even.record(.milliseconds(age)) } else { odd.record(.milliseconds(age)) }
        }
        even.merge(odd)
        #expect(even.count == all.count)
        for share in [0.01, 0.5, 0.99, 1] { #expect(even.quantile(share) == all.quantile(share)) }
    }
}

@Suite("How far a shard is behind")
struct LagEstimateTests {
    private func at(_ seconds: Int) -> Timestamp { Timestamp(millisecondsSinceEpoch: Int64(seconds) * 1_000) }

    @Test("Ages are taken at read, invoke and completion")
    func ages() {
        var lag = LagEstimate()
        lag.recordsRead(lastArrival: at(0), now: at(1))
        lag.batchInvoked(lastArrival: at(0), now: at(2))
        lag.batchCompleted(lastArrival: at(0), now: at(5))
        #expect(lag.ageAtRead.last == .seconds(1))
        #expect(lag.ageAtInvoke.last == .seconds(2))
        #expect(lag.ageAtCompletion.last == .seconds(5))
    }

    @Test("A steady drain is estimated within a few percent")
    func steady() throws {
        var lag = LagEstimate()
        // 10,000 stored, 100 a second come, 300 a second are settled.
        for second in 0...20 {
            lag.observe(
                tip: 10_000 + Position(100 * second), checkpoint: Position(300 * second), now: at(second))
        }
        #expect(lag.recordsBehind == 10_000 + 2_000 - 6_000)
        #expect(abs(lag.drainRate(now: at(20)) - 300) < 9)
        #expect(abs(lag.arrivalRate(now: at(20)) - 100) < 3)
        let left = try #require(lag.timeToDrain(now: at(20)))
        #expect((28...32).contains(Int(left.wholeMilliseconds / 1_000)))
    }

    @Test("A shard that falls behind has no time to drain, one that is up to date needs none")
    func hopeless() {
        var lag = LagEstimate()
        #expect(lag.timeToDrain(now: at(0)) == .zero)
        for second in 0...20 {
            lag.observe(tip: Position(100 * second), checkpoint: Position(10 * second), now: at(second))
        }
        #expect(lag.timeToDrain(now: at(20)) == nil)
    }

    @Test("A rate fades when nothing happens")
    func fading() {
        var lag = LagEstimate()
        for second in 0...60 { lag.observe(tip: 10_000, checkpoint: Position(10 * second), now: at(second)) }
        let busy = lag.drainRate(now: at(60))
        lag.observe(tip: 10_000, checkpoint: 600, now: at(90))
        let quiet = lag.drainRate(now: at(90))
        #expect(quiet < busy * 0.5 && quiet > busy * 0.3)
        #expect(lag.drainRate(now: at(1_000_000)) < 0.001)
    }
}
