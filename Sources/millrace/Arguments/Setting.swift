/// A value as text together with where it was given, turned into what it stands for.
struct Setting: Equatable {
    let text: String
    /// `--port`, `MILLRACE_PORT` or `millrace.yaml:12`.
    let origin: String

    func integer(in range: ClosedRange<Int>) throws(UsageError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw refusal("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A finite number above 0, or from 0 if that is allowed.
    func number(allowingZero: Bool = false) throws(UsageError) -> Double {
        guard let number = Double(text), number.isFinite, allowingZero ? number >= 0 : number > 0 else {
            throw refusal(allowingZero ? "a number from 0" : "a number above 0")
        }
        return number
    }

    /// `1%`, `0.5%`, or a fraction: `0.01`. From 0 to 1.
    func fraction() throws(UsageError) -> Double {
        let isPercent = text.hasSuffix("%")
        guard let number = Double(isPercent ? String(text.dropLast()) : text) else {
            throw refusal("a share such as 1% or 0.01")
        }
        let fraction = isPercent ? number / 100 : number
        guard (0...1).contains(fraction) else { throw refusal("a share from 0% to 100%") }
        return fraction
    }

    /// `500ms`, `30s`, `5m`, `2h`; a bare number counts seconds.
    func duration() throws(UsageError) -> Duration {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let units: [String: Double] = ["": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3_600]
        guard let number = Double(digits), let unit = units[String(text.dropFirst(digits.count))],
            number * unit <= 1_000_000_000
        else {
            throw refusal("a length of time such as 500ms, 30s, 5m or 2h")
        }
        return .milliseconds(Int64(number * unit * 1_000))
    }

    /// Bytes: `512`, `1k` or `1KB` (1,024), `1M`.
    func bytes(in range: ClosedRange<Int>) throws(UsageError) -> Int {
        let digits = text.prefix { $0.isNumber }
        let units: [String: Int] = ["": 1, "b": 1, "k": 1_024, "kb": 1_024, "m": 1_048_576, "mb": 1_048_576]
        guard let number = Int(digits), let unit = units[text.dropFirst(digits.count).lowercased()],
            number <= range.upperBound, range.contains(number * unit)
        else {
            throw refusal(
                "a size such as 512, 1k or 1M, from \(range.lowerBound) to \(range.upperBound) bytes")
        }
        return number * unit
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type
    ) throws(UsageError) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            throw refusal("one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// `Name=Value`.
    func pair() throws(UsageError) -> (name: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { throw refusal("Name=Value") }
        return (String(parts[0]), String(parts[1]))
    }

    private func refusal(_ expected: String) -> UsageError {
        UsageError("\(origin) is '\(text)', but has to be \(expected).")
    }
}
