/// A moment of wall time, in milliseconds since the Unix epoch.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let millisecondsSinceEpoch: Int64

    package init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }
}

// MARK: - Arithmetic

extension Timestamp {
    package static func + (moment: Timestamp, length: Duration) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: moment.millisecondsSinceEpoch + length.wholeMilliseconds)
    }

    package static func - (moment: Timestamp, length: Duration) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: moment.millisecondsSinceEpoch - length.wholeMilliseconds)
    }

    package static func - (end: Timestamp, start: Timestamp) -> Duration {
        .milliseconds(end.millisecondsSinceEpoch - start.millisecondsSinceEpoch)
    }
}

extension Duration {
    /// The length in milliseconds, fractions dropped.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}

// MARK: - Text

extension Timestamp {
    /// `2019-11-14T00:38:06.021Z`, the form of invocation records.
    package var iso8601Milliseconds: String { "\(dateAndTime(separator: "T")).\(padded(milliseconds, 3))Z" }

    /// `2022-07-13T13:48:01Z`, the form of DynamoDB arrival times in invocation records.
    package var iso8601Seconds: String { "\(dateAndTime(separator: "T"))Z" }

    /// `2024-09-17T12:49:54.528`, the label of a DynamoDB stream.
    package var streamLabel: String { "\(dateAndTime(separator: "T")).\(padded(milliseconds, 3))" }

    /// Seconds with exactly three decimals (`1545084650.987`), as JSON bodies of AWS carry them.
    package var epochSecondsText: String {
        "\(millisecondsSinceEpoch / 1_000).\(padded(Int(millisecondsSinceEpoch % 1_000), 3))"
    }

    private var milliseconds: Int {
        let rest = Int(millisecondsSinceEpoch % 1_000)
        return rest < 0 ? rest + 1_000 : rest
    }

    /// Year, month and day of the proleptic Gregorian calendar, UTC.
    package var civilDate: (year: Int, month: Int, day: Int) {
        let days = Int((millisecondsSinceEpoch - Int64(milliseconds)) / 1_000).flooredQuotient(86_400)
        // Days since 0000-03-01, so that the leap day is the last of a year.
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }

    /// `2019-11-14T00:38:06` with the given character between date and time.
    package func dateAndTime(separator: String) -> String {
        let (year, month, day) = civilDate
        let seconds = Int((millisecondsSinceEpoch - Int64(milliseconds)) / 1_000)
        let ofDay = seconds - seconds.flooredQuotient(86_400) * 86_400
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(ofDay / 3_600, 2)):\(padded(ofDay / 60 % 60, 2)):\(padded(ofDay % 60, 2))"
        return date + separator + time
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int {
    fileprivate func flooredQuotient(_ divisor: Int) -> Int {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
