import EventModel
import EventStore
import Metering
import Testing

@Suite("Metrics in the store")
struct MetricStoreTests {
    private static func identity(_ name: String, _ dimensions: [MetricDimension] = []) -> MetricIdentity {
        MetricIdentity(location: Location(), namespace: "Shop", name: name, dimensions: dimensions)
    }

    private func record(
        _ test: TestStore, _ series: MetricSeries, _ values: [(Int64, Double)], batch: Int64? = nil
    ) throws {
        let points = values.map { MetricPoint(series: series, slot: $0, statistics: StatisticSet($1)) }
        try test.store.perform { writer throws(StoreError) in try writer.record(points, batch: batch) }
    }

    @Test("Values of a minute are added to what is stored of it, percentiles included")
    func merging() throws {
        let test = try TestStore()
        let series = MetricSeries(Self.identity("Latency"), unit: .milliseconds)
        try record(test, series, [(60, 10), (120, 1)])
        try record(test, series, [(60, 1_000)], batch: 3)
        try test.reopen()
        let (points, batch) = try test.reader.points(
            of: series.identity, resolutionSeconds: 60, in: 0..<121)
        #expect(batch == 3)
        #expect(points.map(\.slot) == [60, 120])
        var expected = StatisticSet(10)
        expected.add(1_000)
        #expect(points[0].statistics == expected)
        #expect(points[1].statistics == StatisticSet(1))
        let none = try test.reader.points(of: series.identity, resolutionSeconds: 60, in: 61..<120)
        #expect(none.points.isEmpty)
    }

    @Test("Units, resolutions and dimensions are kept apart")
    func apart() throws {
        let test = try TestStore()
        let identity = Self.identity("Size")
        let other = Self.identity("Size", [MetricDimension("Shop", "a \"quoted\" one")])
        try record(test, MetricSeries(identity, unit: .bytes), [(60, 1)])
        try record(test, MetricSeries(identity, unit: .count), [(60, 2)])
        try record(test, MetricSeries(identity, unit: .count, resolutionSeconds: 1), [(61, 4)])
        try record(test, MetricSeries(other, unit: .count), [(60, 8)])
        let minutes = try test.reader.points(of: identity, resolutionSeconds: 60, in: 0..<200).points
        #expect(
            Dictionary(grouping: minutes, by: \.series.unit).mapValues(\.count) == [.bytes: 1, .count: 1])
        let seconds = try test.reader.points(of: identity, resolutionSeconds: 1, in: 0..<200).points
        #expect(seconds.map(\.statistics.sum) == [4])
        let others = try test.reader.points(of: other, resolutionSeconds: 60, in: 0..<200).points
        #expect(others.map(\.statistics.sum) == [8])
        var listed: [ListedMetric] = []
        try test.reader.metrics(in: Location(), after: nil) { metric in
            listed.append(metric)
            return true
        }
        #expect(listed.map(\.identity) == [other, identity] || listed.map(\.identity) == [identity, other])
        #expect(listed.map(\.place) == listed.map(\.place).sorted())
    }

    @Test("A published set keeps its lack of percentiles")
    func published() throws {
        let test = try TestStore()
        let series = MetricSeries(Self.identity("Set"), unit: .none)
        let set = StatisticSet(sampleCount: 2, sum: 5, minimum: -1, maximum: 6)
        try test.store.perform { writer throws(StoreError) in
            try writer.record([MetricPoint(series: series, slot: 60, statistics: set)])
        }
        let points = try test.reader.points(of: series.identity, resolutionSeconds: 60, in: 0..<100).points
        #expect(points.map(\.statistics) == [set])
    }

    @Test("Lists go on behind a place")
    func listing() throws {
        let test = try TestStore()
        for index in 0..<30 {
            try record(test, MetricSeries(Self.identity("m\(index)"), unit: .count), [(60, 1)])
        }
        var places: [MetricPlace] = []
        for _ in 0..<5 {
            var page = 0
            try test.reader.metrics(in: Location(), after: places.last) { metric in
                places.append(metric.place)
                page += 1
                return page < 7
            }
        }
        #expect(places.count == 30)
        #expect(places == Set(places).sorted())
    }

    @Test("Points past retention go a step at a time, and a metric with its last point")
    func sweeping() throws {
        let test = try TestStore()
        let now = test.now.millisecondsSinceEpoch / 60_000 * 60
        let old = MetricSeries(Self.identity("old"), unit: .count)
        let mixed = MetricSeries(Self.identity("mixed"), unit: .count)
        let fine = MetricSeries(Self.identity("fine"), unit: .count, resolutionSeconds: 1)
        let days: Int64 = 86_400
        try record(test, old, (0..<1_200).map { (now - 16 * days - $0 * 60, 1.0) })
        try record(test, mixed, [(now - 16 * days, 1), (now - 14 * days, 2)])
        try record(test, fine, [(now - 4 * 3_600, 1), (now - 2 * 3_600, 2)])
        var place: Int64 = 0
        var steps = 0
        repeat {
            let after = place
            place = try test.store.perform { writer throws(StoreError) in
                try writer.sweepMetrics(after: after)
            }
            steps += 1
        } while place != 0 || steps < 4
        #expect(steps >= 4)
        var names: [String] = []
        try test.reader.metrics(in: Location(), after: nil) { metric in
            names.append(metric.identity.name)
            return true
        }
        #expect(names == ["fine", "mixed"])
        let all: Range<Int64> = 0..<now
        for series in [mixed, fine] {
            let left = try test.reader.points(
                of: series.identity, resolutionSeconds: series.resolutionSeconds, in: all
            ).points
            #expect(left.map(\.statistics.sum) == [2])
        }
        #expect(try test.reader.points(of: old.identity, resolutionSeconds: 60, in: all).points.isEmpty)
    }
}
