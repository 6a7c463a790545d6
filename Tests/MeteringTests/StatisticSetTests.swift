import EventModel
import Metering
import Testing

@Suite("The statistics of a minute")
struct StatisticSetTests {
    @Test("Count, sum, smallest and largest follow the values")
    func plain() {
        var set = StatisticSet(5)
        set.add(1)
        set.add(3, count: 2)
        #expect(set.value(of: .sampleCount) == 4)
        #expect(set.value(of: .sum) == 12)
        #expect(set.value(of: .minimum) == 1)
        #expect(set.value(of: .maximum) == 5)
        #expect(set.value(of: .average) == 3)
    }

    @Test("Percentiles are exact at both ends and never outside of what came")
    func ends() throws {
        var set = StatisticSet(0.7)
        for value in [11.3, 400, 22.9] { set.add(value) }
        #expect(set.value(of: .percentile(0)) == 0.7)
        #expect(set.value(of: .percentile(25)) == 0.7)
        #expect(set.value(of: .percentile(100)) == 400)
        let middle = try #require(set.value(of: .percentile(50)))
        #expect(abs(middle / 11.3 - 1) < 0.011)
    }

    @Test("Equal values have exact percentiles")
    func equal() {
        let set = StatisticSet(123.456, count: 1_000)
        #expect(set.value(of: .percentile(99)) == 123.456)
    }

    @Test("Negative values and published sets have no percentiles")
    func untold() {
        var negative = StatisticSet(4)
        negative.add(-1)
        #expect(negative.value(of: .percentile(50)) == nil)
        #expect(negative.value(of: .minimum) == -1)
        let published = StatisticSet(sampleCount: 3, sum: 9, minimum: 1, maximum: 5)
        #expect(published.value(of: .percentile(50)) == nil)
        var joined = StatisticSet(2)
        joined.merge(published)
        #expect(joined.value(of: .percentile(50)) == nil)
        #expect(joined.value(of: .sum) == 11)
    }

    @Test("A published set of one value, or of equal ones, has percentiles")
    func told() {
        let one = StatisticSet(sampleCount: 1, sum: 7, minimum: 7, maximum: 7)
        #expect(one.value(of: .percentile(99)) == 7)
        let equal = StatisticSet(sampleCount: 4, sum: 8, minimum: 2, maximum: 2)
        #expect(equal.value(of: .percentile(10)) == 2)
    }

    @Test(
        "Statistics are read by their names",
        arguments: [
            ("Sum", MetricStatistic.sum), ("SampleCount", .sampleCount), ("Average", .average),
            ("Minimum", .minimum), ("Maximum", .maximum), ("p0", .percentile(0)), ("p99", .percentile(99)),
            ("p99.95", .percentile(99.95)), ("p100", .percentile(100)),
        ] as [(String, MetricStatistic)])
    func names(name: String, statistic: MetricStatistic) {
        #expect((MetricStatistic(name: name) ?? MetricStatistic(percentile: name)) == statistic)
    }

    @Test(
        "Other names are none",
        arguments: ["", "p", "p101", "p-1", "p1e1", "p.5", "p5.", "P50", "sum", "tm99", "p99 "])
    func others(name: String) {
        #expect(MetricStatistic(name: name) == nil)
        #expect(MetricStatistic(percentile: name) == nil)
    }

    @Test("Periods count from the start and are added up")
    func periods() {
        var fold = PeriodFold(start: 120, period: 300)
        for (slot, value) in [(60, 100), (120, 1), (180, 2), (419, 3), (420, 4), (1_020, 5)]
            as [(Int64, Double)]
        {
            fold.add(StatisticSet(value), slot: slot)
        }
        #expect(fold.points.map(\.time) == [120, 420, 1_020])
        #expect(fold.points.map { $0.statistics.sum } == [6, 4, 5])
    }

    @Test("A moment belongs to the minute that it is in, before 1970 too")
    func slots() {
        let series = MetricSeries(
            MetricIdentity(location: Location(), namespace: "n", name: "m"), unit: .count)
        #expect(series.slot(of: Timestamp(millisecondsSinceEpoch: 119_999)) == 60)
        #expect(series.slot(of: Timestamp(millisecondsSinceEpoch: 120_000)) == 120)
        #expect(series.slot(of: Timestamp(millisecondsSinceEpoch: -1)) == -60)
    }
}
