import Telemetry
import Testing

@Suite("A metrics registry")
struct MetricsTests {
    private let metrics = Metrics()

    private var text: String { String(decoding: metrics.renderPrometheus(), as: UTF8.self) }

    @Test("Counters and gauges render with help, type and escaped labels, sorted")
    func rendering() {
        metrics.counter("b_total", help: "Second.", labels: ["queue": "a\"b\\c\nd"]).add(3)
        metrics.gauge("a", help: "First.").set(1.5)
        metrics.counter("b_total", help: "Second.", labels: ["queue": "a"]).add()
        #expect(
            text == """
                # HELP a First.
                # TYPE a gauge
                a 1.5
                # HELP b_total Second.
                # TYPE b_total counter
                b_total{queue="a"} 1
                b_total{queue="a\\"b\\\\c\\nd"} 3

                """)
    }

    @Test("A histogram's buckets add up")
    func histogram() {
        let histogram = metrics.histogram("h_seconds", help: "H.", labels: ["f": "x"], bounds: [0.5, 1])
        histogram.observe(0.25)
        histogram.observe(.milliseconds(500))
        histogram.observe(.seconds(3))
        #expect(
            text == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{f="x",le="0.5"} 2
                h_seconds_bucket{f="x",le="1"} 2
                h_seconds_bucket{f="x",le="+Inf"} 3
                h_seconds_sum{f="x"} 3.75
                h_seconds_count{f="x"} 3

                """)
    }

    @Test("The same name and labels give the same handle")
    func identity() {
        metrics.counter("c_total", help: "C.", labels: ["a": "1"]).add(2)
        #expect(metrics.counter("c_total", help: "C.", labels: ["a": "1"]).value == 2)
        #expect(metrics.counter("c_total", help: "C.", labels: ["a": "2"]).value == 0)
    }

    @Test("A removed series is no longer shown, and neither is a name without series")
    func removal() {
        metrics.gauge("g", help: "G.", labels: ["shard": "1"]).set(1)
        metrics.remove("g", labels: ["shard": "1"])
        #expect(text.isEmpty)
    }

    @Test("A gauge moves both ways")
    func gauge() {
        let gauge = metrics.gauge("g", help: "G.")
        gauge.add(2)
        gauge.add(-0.5)
        #expect(gauge.value == 1.5)
    }

    @Test("Too many series of one name end up in one", .timeLimit(.minutes(1)))
    func overflow() {
        for number in 0..<(Metrics.seriesPerName + 5) {
            metrics.counter("many_total", help: "M.", labels: ["n": String(number)]).add()
        }
        #expect(text.contains("many_total{overflow=\"true\"} 5\n"))
    }
}
