import ByteCoding
import EventModel
import Testing

@testable import millrace

@Suite("The metrics verb")
struct MetricsViewTests {
    private let span = MetricSpan(
        since: .seconds(600), now: Timestamp(millisecondsSinceEpoch: 1_720_000_000_123))

    private func curve(
        _ name: String, _ unit: String, _ values: [Int: Double], dimensions: [(name: String, value: String)]
    ) -> MetricCurve {
        MetricCurve(
            metric: NamedMetric(name: name, dimensions: dimensions), unit: unit,
            points: values.mapValues { .init(samples: 2, sum: $0, minimum: 0, maximum: $0 / 2) })
    }

    @Test("An hour has a step a minute, a day has 60 steps, and the open minute is in")
    func spans() {
        #expect(span.period == 60)
        #expect(span.steps == 10)
        #expect(span.end == 1_720_000_020)
        let day = MetricSpan(
            since: .seconds(86_400), now: Timestamp(millisecondsSinceEpoch: 1_720_000_000_123))
        #expect(day.period == 1_440)
        #expect(day.steps == 60)
        let long = MetricSpan(
            since: .seconds(15 * 86_400), now: Timestamp(millisecondsSinceEpoch: 1_720_000_000_123))
        #expect(long.steps <= 60)
        #expect(long.period % 60 == 0)
    }

    @Test("Several metrics are a table with small curves")
    func table() {
        let curves = [
            curve("Errors", "Count", [0: 4, 9: 8], dimensions: [("FunctionName", "fn")]),
            curve(
                "Duration", "Milliseconds", [3: 3_000], dimensions: [("EventSourceMappingUUID", "0123456789")]
            ),
        ]
        #expect(
            MetricsView.lines(curves, span, []) == [
                "METRIC    OF                SAMPLES  SUM  AVERAGE  LEAST   MOST  LAST 10 MIN",
                "Errors    fn                      4   12        3      0      4  ▄        █",
                "Duration  mapping 01234567        2    –    1.5 s   0 ms  1.5 s     █",
            ])
    }

    @Test("One metric alone is drawn large")
    func plot() {
        let lines = MetricsView.lines(
            [curve("IteratorAge", "Milliseconds", [0: 400, 8: 1_600, 9: 1_500], dimensions: [])], span, [])
        #expect(
            Array(lines.dropFirst(3)) == [
                "800 ms ┤        █▄",
                "       ┤        ██",
                "       ┤        ██",
                "       ┤        ██",
                "400 ms ┤        ██",
                "       ┤        ██",
                "       ┤█       ██",
                "       ┤█       ██",
                "  0 ms └──────────",
                "        10 min ago now",
                "        largest value of each 1 min, Milliseconds",
            ])
    }

    @Test("JSON has each point")
    func json() {
        let json = MetricsView.json(
            [curve("Errors", "Count", [2: 5], dimensions: [("FunctionName", "fn")])], "AWS/Lambda", span)
        #expect(
            json.text == #"{"namespace":"AWS/Lambda","fromMs":1719999420000,"toMs":1720000020000,"#
                + #""periodSeconds":60,"metrics":[{"name":"Errors","dimensions":{"FunctionName":"fn"},"#
                + #""unit":"Count","samples":2,"sum":5,"average":2.5,"minimum":0,"maximum":2.5,"#
                + #""points":[{"atMs":1719999540000,"samples":2,"sum":5,"minimum":0,"maximum":2.5}]}]}"#)
    }
}
