import ByteCoding

/// One figure of a run: a value, and the baseline of the same run that it is held against.
struct Figure {
    let name: String
    let value: Double
    let unit: String
    var baseline: Double?
    var baselineName: String = ""
    /// Lowest ratio that the project aims at; for an absolute aim see `limit`.
    var targetRatio: Double?
    /// Highest ratio that the project aims at, for costs.
    var largestRatio: Double?
    /// Highest value that the project aims at.
    var limit: Double?

    var ratio: Double? { baseline.map { value / $0 } }

    var verdict: String {
        if let targetRatio, let ratio { return ratio >= targetRatio ? "reached" : "below" }
        if let largestRatio, let ratio { return ratio <= largestRatio ? "reached" : "above" }
        if let limit { return value <= limit ? "reached" : "above" }
        return ""
    }
}

/// Collects figures and prints them as a table that fits a terminal, or as JSON.
struct Report {
    private(set) var figures: [Figure] = []
    let isJSON: Bool

    init(isJSON: Bool) { self.isJSON = isJSON }

    mutating func add(_ figure: Figure) {
        figures.append(figure)
        if !isJSON { say(Self.line(figure)) }
    }

    static func header() -> String {
        columns("figure", "value", "baseline", "ratio", "target", "") + "\n"
            + String(repeating: "-", count: 104)
    }

    private static func line(_ figure: Figure) -> String {
        let value = "\(short(figure.value)) \(figure.unit)"
        let baseline = figure.baseline.map { "\(short($0)) \(figure.baselineName)" } ?? ""
        let ratio = figure.ratio.map { fixed($0) } ?? ""
        let target =
            figure.targetRatio.map { ">= \(fixed($0))" } ?? figure.largestRatio.map { "<= \(fixed($0))" }
            ?? figure.limit.map { "<= \(short($0))" } ?? ""
        return columns(figure.name, value, baseline, ratio, target, figure.verdict)
    }

    private static func columns(
        _ name: String, _ value: String, _ base: String, _ ratio: String, _ target: String, _ verdict: String
    ) -> String {
        padded(name, 40) + padded(value, 16) + padded(base, 22) + padded(ratio, 8) + padded(target, 10)
            + verdict
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    static func fixed(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    static func short(_ value: Double) -> String {
        if value >= 10_000 { return "\(Int((value / 1_000).rounded()))k" }
        if value >= 100 { return "\(Int(value.rounded()))" }
        return fixed(value)
    }

    func json() -> String {
        var rows: [JSONValue] = []
        for figure in figures {
            var members: [(String, JSONValue)] = []
            members.append(("name", .string(figure.name)))
            members.append(("value", .number("\(figure.value)")))
            members.append(("unit", .string(figure.unit)))
            if let baseline = figure.baseline {
                members.append(("baseline", .number("\(baseline)")))
                members.append(("baselineName", .string(figure.baselineName)))
            }
            if let ratio = figure.ratio { members.append(("ratio", .number("\(ratio)"))) }
            if let target = figure.targetRatio { members.append(("targetRatio", .number("\(target)"))) }
            if let largest = figure.largestRatio { members.append(("largestRatio", .number("\(largest)"))) }
            if let limit = figure.limit { members.append(("limit", .number("\(limit)"))) }
            rows.append(.object(JSONObject(members)))
        }
        return JSONValue.array(rows).text
    }
}
