import ByteCoding

/// Lays out metrics as text and as JSON.
enum MetricsView {
    private static let plotRows = 8
    private static let blocks: [Character] = Array(" ▁▂▃▄▅▆▇█")

    static func lines(_ curves: [MetricCurve], _ span: MetricSpan, _ mappings: [MappingStatus]) -> [String] {
        guard !curves.isEmpty else {
            return ["Nothing was recorded in the last \(length(Int64(span.steps) * span.period))."]
        }
        var table = TextTable([
            .left("METRIC"), .left("OF"), .right("SAMPLES"), .right("SUM"), .right("AVERAGE"),
            .right("LEAST"),
            .right("MOST"),
            .left("LAST \(length(Int64(span.steps) * span.period).uppercased())"),
        ])
        for curve in curves {
            let line = curves.count == 1 ? "" : sparkline(curve, span)
            // Adding up ages, or how many ran at once, says nothing.
            let hasSum = curve.isCount || !["Milliseconds", "Seconds", "Count"].contains(curve.unit)
            table.add([
                curve.metric.name, curve.metric.owner(mappings), text(curve.samples, "Count"),
                hasSum ? text(curve.sum, curve.unit) : "–", text(curve.average, curve.unit),
                text(curve.minimum, curve.unit), text(curve.maximum, curve.unit), line,
            ])
        }
        guard curves.count == 1, let curve = curves.first else { return table.lines }
        return table.lines + [""] + plot(curve, span)
    }

    /// `60 min`, `24 h`, `15 days`.
    private static func length(_ seconds: Int64) -> String {
        if seconds % 86_400 == 0, seconds >= 2 * 86_400 { return "\(seconds / 86_400) days" }
        return seconds % 3_600 == 0 && seconds > 3_600 ? "\(seconds / 3_600) h" : "\(seconds / 60) min"
    }

    static func text(_ value: Double, _ unit: String) -> String {
        switch unit {
        case "Milliseconds" where value.magnitude < 1e15:
            value.magnitude < 1_000
                ? Text.decimal(value, places: value == value.rounded() ? 0 : 1) + " ms"
                : Text.seconds(value / 1_000)
        case "Seconds" where value.magnitude < 1e12: Text.seconds(value)
        default:
            value == value.rounded() && value.magnitude < 1e15
                ? Text.number(Int64(value)) : Text.decimal(value, places: 2)
        }
    }

    /// One character a step; a step without values is blank.
    static func sparkline(_ curve: MetricCurve, _ span: MetricSpan) -> String {
        let top = (0..<span.steps).compactMap { curve.height($0) }.max() ?? 0
        return String(
            (0..<span.steps).map { step in
                guard let height = curve.height(step) else { return blocks[0] }
                return blocks[top > 0 ? 1 + Int(max(0, height) / top * 7) : 1]
            })
    }
}

// MARK: - A curve drawn large

extension MetricsView {
    static func plot(_ curve: MetricCurve, _ span: MetricSpan) -> [String] {
        let top = max(0, (0..<span.steps).compactMap { curve.height($0) }.max() ?? 0)
        let labels = [text(top, curve.unit), text(top / 2, curve.unit), text(0, curve.unit)]
        let width = labels.map(\.count).max() ?? 0
        var lines: [String] = []
        for row in (0..<plotRows).reversed() {
            let label = row == plotRows - 1 ? labels[0] : row == plotRows / 2 - 1 ? labels[1] : ""
            let cells = (0..<span.steps).map { step -> Character in
                guard let height = curve.height(step), top > 0 else { return blocks[0] }
                let filled = max(0, height) / top * Double(plotRows) - Double(row)
                return blocks[min(8, max(0, Int((filled * 8).rounded())))]
            }
            lines.append("\(label.leftPadded(to: width)) ┤\(String(cells))")
        }
        lines.append("\(labels[2].leftPadded(to: width)) └" + String(repeating: "─", count: span.steps))
        let past = "\(length(Int64(span.steps) * span.period)) ago"
        let gap = max(1, span.steps - past.count - 3)
        lines.append(
            String(repeating: " ", count: width + 2) + past + String(repeating: " ", count: gap) + "now")
        let what = curve.isCount ? "sum" : "largest value"
        lines.append(
            String(repeating: " ", count: width + 2) + "\(what) of each \(span.period / 60) min, "
                + "\(curve.unit)")
        return lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }
    }
}

// MARK: - JSON

extension MetricsView {
    static func json(_ curves: [MetricCurve], _ namespace: String, _ span: MetricSpan) -> JSONValue {
        let metrics: [JSONValue] = curves.map { curve in
            let dimensions = curve.metric.dimensions.map { ($0.name, JSONValue.string($0.value)) }
            let points: [JSONValue] = curve.points.sorted { $0.key < $1.key }.map { step, point in
                .object(
                    JSONObject([
                        ("atMs", .number("\((span.start + Int64(step) * span.period) * 1_000)")),
                        ("samples", number(point.samples)), ("sum", number(point.sum)),
                        ("minimum", number(point.minimum)), ("maximum", number(point.maximum)),
                    ]))
            }
            return .object(
                JSONObject([
                    ("name", .string(curve.metric.name)), ("dimensions", .object(JSONObject(dimensions))),
                    ("unit", .string(curve.unit)), ("samples", number(curve.samples)),
                    ("sum", number(curve.sum)), ("average", number(curve.average)),
                    ("minimum", number(curve.minimum)), ("maximum", number(curve.maximum)),
                    ("points", .array(points)),
                ]))
        }
        return .object(
            JSONObject([
                ("namespace", .string(namespace)), ("fromMs", .number("\(span.start * 1_000)")),
                ("toMs", .number("\(span.end * 1_000)")), ("periodSeconds", .number("\(span.period)")),
                ("metrics", .array(metrics)),
            ]))
    }

    private static func number(_ value: Double) -> JSONValue {
        let whole = Int64(exactly: value)
        return .number(whole.map { "\($0)" } ?? "\(value)")
    }
}
