/// When a scheduled rule fires: `rate(5 minutes)` or `cron(0 12 * * ? *)`, in UTC.
package struct ScheduleExpression: Equatable, Sendable {
    private enum Kind: Equatable, Sendable {
        case rate(seconds: Int64)
        case cron(CronSchedule)
    }

    /// As given.
    package let text: String
    private let kind: Kind

    /// `nil` when the text is no schedule.
    package init?(_ text: String) {
        guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return nil }
        let inside = text[text.index(after: open)...].dropLast()
        switch text[..<open] {
        case "rate":
            guard let seconds = Self.rate(inside) else { return nil }
            kind = .rate(seconds: seconds)
        case "cron":
            guard let cron = CronSchedule(inside) else { return nil }
            kind = .cron(cron)
        default: return nil
        }
        self.text = text
    }

    /// A whole number and its unit, which stands in the plural unless the number is 1.
    private static func rate(_ text: Substring) -> Int64? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }),
            let number = Int32(parts[0]), number > 0
        else { return nil }
        let units: [(String, Int64)] = [("minute", 60), ("hour", 3_600), ("day", 86_400)]
        for (name, seconds) in units where parts[1] == (number == 1 ? name : name + "s") {
            return Int64(number) * seconds
        }
        return nil
    }

    /// The first moment after `moment` at which the rule fires; `nil` when there is none any more.
    ///
    /// - Parameter anchor: A moment from which a rate counts: that of the rule's last change, or one at which it fired.
    package func next(after moment: Timestamp, anchor: Timestamp) -> Timestamp? {
        switch kind {
        case .cron(let schedule): return schedule.next(after: moment)
        case .rate(let seconds):
            let period = seconds * 1_000
            let passed = max(0, moment.millisecondsSinceEpoch - anchor.millisecondsSinceEpoch)
            let next = anchor.millisecondsSinceEpoch + (passed / period + 1) * period
            return Timestamp(millisecondsSinceEpoch: next)
        }
    }
}
