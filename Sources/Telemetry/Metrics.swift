import Synchronization

/// A registry of counters, gauges and histograms, found by name and labels.
///
/// Look a handle up once and keep it: an update through a handle is one atomic operation, a look-up takes a lock.
/// Safe from any thread.
package final class Metrics: Sendable {
    /// Series per metric name (our own bound). Past it, updates go into one series with the label `overflow="true"`.
    package static let seriesPerName = 20_000

    private let families = Mutex<[String: Family]>([:])

    package init() {}

    /// A number that only grows. Its name ends in `_total`.
    package func counter(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:]
    ) -> Counter {
        switch series(name, help: help, kind: .counter, labels: labels, make: { .counter(Counter()) }) {
        case .counter(let counter): return counter
        case .gauge, .histogram: preconditionFailure("\(name) is registered with another type")
        }
    }

    /// A number that goes up and down.
    package func gauge(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        switch series(name, help: help, kind: .gauge, labels: labels, make: { .gauge(Gauge()) }) {
        case .gauge(let gauge): return gauge
        case .counter, .histogram: preconditionFailure("\(name) is registered with another type")
        }
    }

    /// A distribution over buckets.
    ///
    /// - Parameter bounds: Upper bounds, ascending, without the infinite one. All series of a name share the first one's.
    package func histogram(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        bounds: [Double] = Histogram.seconds
    ) -> Histogram {
        let made = series(name, help: help, kind: .histogram, labels: labels) {
            .histogram(Histogram(bounds: bounds))
        }
        switch made {
        case .histogram(let histogram): return histogram
        case .counter, .gauge: preconditionFailure("\(name) is registered with another type")
        }
    }

    /// Forgets one series, for what was deleted (a mapping, a shard). Handles still held update nothing visible.
    package func remove(_ name: String, labels: KeyValuePairs<String, String>) {
        let key = LabelText.render(labels)
        families.withLock { $0[name]?.series[key] = nil }
    }

    /// Everything in Prometheus' text format 0.0.4, names and labels sorted.
    package func renderPrometheus() -> [UInt8] {
        PrometheusText.render(families.withLock { $0 })
    }

    private func series(
        _ name: String, help: String, kind: Family.Kind, labels: KeyValuePairs<String, String>,
        make: () -> Series
    ) -> Series {
        precondition(LabelText.isName(name), "a metric name is letters, digits and underscores")
        let key = LabelText.render(labels)
        return families.withLock { families in
            families[name, default: Family(help: help, kind: kind, series: [:])].find(key, kind, make)
        }
    }
}

/// All series of one name.
struct Family {
    enum Kind: String {
        case counter, gauge, histogram
    }

    let help: String
    let kind: Kind
    /// By rendered labels: `queue="orders",state="in_flight"`.
    var series: [String: Series]

    mutating func find(_ wanted: String, _ kind: Kind, _ make: () -> Series) -> Series {
        precondition(self.kind == kind, "a metric keeps its type")
        if let known = series[wanted] { return known }
        let key = series.count < Metrics.seriesPerName ? wanted : "overflow=\"true\""
        if let known = series[key] { return known }
        let made = make()
        series[key] = made
        return made
    }
}

enum Series {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
}

/// A number that only grows.
package final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    package func add(_ amount: Int = 1) {
        precondition(amount >= 0, "a counter only grows")
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    package var value: Int { count.load(ordering: .relaxed) }
}

/// A number that goes up and down. `set` and `add` may be mixed, but not by threads at once.
package final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    package func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    package func set(_ value: Int) { set(Double(value)) }

    package func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        var stored = false
        while !stored {
            let wanted = (Double(bitPattern: seen) + amount).bitPattern
            (stored, seen) = bits.weakCompareExchange(expected: seen, desired: wanted, ordering: .relaxed)
        }
    }

    package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// A distribution: how many observations fell below each bound, their sum and their count.
package final class Histogram: Sendable {
    /// From a tenth of a millisecond to 15 minutes, the span of an invocation; in seconds.
    package static let seconds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
        60, 300, 900,
    ]
    /// Record and message counts of a batch.
    package static let counts: [Double] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]

    struct Snapshot {
        var counts: [Int]
        var sum: Double
    }

    let bounds: [Double]
    private let state: Mutex<Snapshot>

    init(bounds: [Double]) {
        precondition(
            !bounds.isEmpty && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds ascend")
        self.bounds = bounds
        state = Mutex(Snapshot(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
    }

    package func observe(_ value: Double) {
        var index = 0
        while index < bounds.count && value > bounds[index] { index += 1 }
        state.withLock {
            $0.counts[index] += 1
            $0.sum += value
        }
    }

    package func observe(_ length: Duration) {
        let (seconds, attoseconds) = length.components
        observe(Double(seconds) + Double(attoseconds) * 1e-18)
    }

    var snapshot: Snapshot { state.withLock { $0 } }

    package var count: Int { snapshot.counts.reduce(0, +) }
}
