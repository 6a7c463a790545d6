package import EventModel

/// The date of a signature, `20240131T235959Z`.
struct SignatureDate {
    let text: String
    let moment: Timestamp

    /// `nil` when the text has another form or names a day or time that does not exist.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[4..<6]),
            let day = Self.number(bytes[6..<8]), let hour = Self.number(bytes[9..<11]),
            let minute = Self.number(bytes[11..<13]), let second = Self.number(bytes[13..<15]),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds =
            Self.days(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second
        self.text = text
        moment = Timestamp(millisecondsSinceEpoch: Int64(seconds) * 1_000)
    }

    static func text(of moment: Timestamp) -> String {
        moment.iso8601Seconds.filter { $0 != "-" && $0 != ":" }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    /// Days since 1970-01-01 in the Gregorian calendar; the year is counted from March, so that its leap day is the last.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return shiftedYear * 365 + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400 + dayOfYear
            - 719_468
    }
}

/// Dates in the form of signatures, for services that look at them themselves.
package enum SignatureTime {
    /// The moment of `20240131T235959Z`; `nil` for other forms and for days that do not exist.
    package static func moment(of text: String) -> Timestamp? { SignatureDate(text)?.moment }
}
