import ByteCoding
import EventModel

/// The stretch of time that is shown, in steps of whole minutes.
struct MetricSpan: Equatable {
    /// Seconds since 1970.
    let start: Int64
    let end: Int64
    /// Seconds of a step.
    let period: Int64

    init(since: Duration, now: Timestamp) {
        let seconds = since.components.seconds
        let minutes = Int64(MetricsCommand.steps) * 60
        period = max(1, (seconds + minutes - 1) / minutes) * 60
        let steps = (seconds + period - 1) / period
        // The minute that is open belongs to it.
        end = (now.millisecondsSinceEpoch / 60_000 + 1) * 60
        start = end - steps * period
    }

    var steps: Int { Int((end - start) / period) }
}

/// One metric's values over a span.
struct MetricCurve {
    struct Point: Equatable {
        let samples: Double
        let sum: Double
        let minimum: Double
        let maximum: Double
    }

    let metric: NamedMetric
    let unit: String
    /// By step, from 0; steps without values are not there.
    let points: [Int: Point]

    var samples: Double { points.values.reduce(0) { $0 + $1.samples } }
    var sum: Double { points.values.reduce(0) { $0 + $1.sum } }
    var minimum: Double { points.values.map(\.minimum).min() ?? 0 }
    var maximum: Double { points.values.map(\.maximum).max() ?? 0 }
    var average: Double { samples > 0 ? sum / samples : 0 }

    /// Counts are drawn by their sums, everything else by its largest value.
    var isCount: Bool { unit == "Count" && metric.name != "ConcurrentExecutions" }
    func height(_ step: Int) -> Double? { points[step].map { isCount ? $0.sum : $0.maximum } }
}

/// Reads metrics through CloudWatch's API.
struct MetricSource {
    private static let target = "GraniteServiceVersion20100801"

    let client: ServiceClient
    let namespace: String

    /// All there are, in order.
    func list() throws(CommandFailure) -> [NamedMetric] {
        var found: [NamedMetric] = []
        var token: JSONValue?
        repeat {
            var members: [(String, JSONValue)] = [("Namespace", .string(namespace))]
            if let token { members.append(("NextToken", token)) }
            let page = try call("ListMetrics", .object(JSONObject(members)))
            for metric in page["Metrics"]?.arrayValue ?? [] {
                let dimensions = (metric["Dimensions"]?.arrayValue ?? []).map {
                    (name: $0["Name"]?.stringValue ?? "", value: $0["Value"]?.stringValue ?? "")
                }
                found.append(
                    NamedMetric(name: metric["MetricName"]?.stringValue ?? "", dimensions: dimensions))
            }
            token = page["NextToken"]
        } while token != nil
        return found
    }

    /// One curve for each unit; none for a metric without values in the span.
    func curves(of metric: NamedMetric, over span: MetricSpan) throws(CommandFailure) -> [MetricCurve] {
        let answer = try call(
            "GetMetricStatistics",
            [
                "Namespace": .string(namespace), "MetricName": .string(metric.name),
                "Dimensions": .array(
                    metric.dimensions.map { ["Name": .string($0.name), "Value": .string($0.value)] }),
                "StartTime": .number("\(span.start)"), "EndTime": .number("\(span.end)"),
                "Period": .number("\(span.period)"),
                "Statistics": ["SampleCount", "Sum", "Minimum", "Maximum"],
            ])
        var points: [String: [Int: MetricCurve.Point]] = [:]
        for point in answer["Datapoints"]?.arrayValue ?? [] {
            guard let time = point["Timestamp"]?.doubleValue else { continue }
            let step = Int((Int64(time) - span.start) / span.period)
            func value(_ name: String) -> Double { point[name]?.doubleValue ?? 0 }
            points[point["Unit"]?.stringValue ?? "None", default: [:]][step] = MetricCurve.Point(
                samples: value("SampleCount"), sum: value("Sum"), minimum: value("Minimum"),
                maximum: value("Maximum"))
        }
        return points.sorted { $0.key < $1.key }.map {
            MetricCurve(metric: metric, unit: $0.key, points: $0.value)
        }
    }

    private func call(_ operation: String, _ body: JSONValue) throws(CommandFailure) -> JSONValue {
        switch try client.call(
            "\(Self.target).\(operation)", service: "monitoring", version: "1.0", body: body.bytes)
        {
        case .success(let answer): return answer
        case .failure(let code, let message): throw CommandFailure("\(operation) failed: \(code): \(message)")
        }
    }
}
