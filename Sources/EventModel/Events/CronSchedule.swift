/// Six fields of a `cron(…)` expression: minutes, hours, day of the month, month, day of the week, year; UTC.
///
/// Grammar of the EventBridge user guide, "Cron expressions": `,` `-` `*` `/`, `?` in one of the two fields of days, `L`
/// and `W` for days of the month, `L` and `#` for days of the week.
package struct CronSchedule: Equatable, Sendable {
    enum MonthDays: Equatable, Sendable {
        case any
        /// Bit n stands for day n.
        case these(UInt64)
        case last
        /// The last day that is no Saturday or Sunday.
        case lastWeekday
        /// The day that is no Saturday or Sunday and closest to this one, in the same month.
        case weekdayNear(Int)
    }

    enum WeekDays: Equatable, Sendable {
        case any
        /// Bit n stands for day n, 1 for Sunday.
        case these(UInt64)
        /// The last such day of the month.
        case last(Int)
        /// The n-th such day of the month.
        case nth(Int, Int)
    }

    private let minutes: UInt64
    private let hours: UInt64
    private let monthDays: MonthDays
    private let months: UInt64
    private let weekDays: WeekDays
    private let years: Set<Int>

    private static let yearRange = 1970...2199

    /// `nil` when the text is no schedule.
    package init?(_ text: some StringProtocol) {
        let fields = String(text).split(separator: " ").map { String($0) }
        guard fields.count == 6 else { return nil }
        guard let minutes = CronField(0...59).bits(fields[0]), let hours = CronField(0...23).bits(fields[1]),
            let monthDays = Self.monthDays(fields[2]),
            let months = CronField(1...12, names: CronField.months).bits(fields[3]),
            let weekDays = Self.weekDays(fields[4]), let years = CronField(Self.yearRange).values(fields[5])
        else { return nil }
        // One of the two says which days; the other one has to say that it does not.
        guard (fields[2] == "?") != (fields[4] == "?") else { return nil }
        self.minutes = minutes
        self.hours = hours
        self.monthDays = monthDays
        self.months = months
        self.weekDays = weekDays
        self.years = Set(years)
    }

    private static func monthDays(_ text: String) -> MonthDays? {
        switch text {
        case "?": return .any
        case "L": return .last
        case "LW", "WL": return .lastWeekday
        default: break
        }
        let days = CronField(1...31)
        if text.hasSuffix("W") { return days.number(text.dropLast()).map { .weekdayNear($0) } }
        return days.bits(text).map { .these($0) }
    }

    private static func weekDays(_ text: String) -> WeekDays? {
        let days = CronField(1...7, names: CronField.weekDays)
        switch text {
        case "?": return .any
        // The last day of a week is its seventh, a Saturday.
        case "L": return .these(1 << 7)
        default: break
        }
        if text.hasSuffix("L") { return days.number(text.dropLast()).map { .last($0) } }
        let parts = text.split(separator: "#", omittingEmptySubsequences: false)
        if parts.count == 2 {
            guard let day = days.number(parts[0]), let number = CronField(1...5).number(parts[1]) else {
                return nil
            }
            return .nth(day, number)
        }
        return days.bits(text).map { .these($0) }
    }
}

// MARK: - The next time

extension CronSchedule {
    /// The first minute after `moment` that the schedule names; `nil` when there is none.
    package func next(after moment: Timestamp) -> Timestamp? {
        let minute: Int64 = 60_000
        let milliseconds = moment.millisecondsSinceEpoch
        let floor = milliseconds - (milliseconds % minute + minute) % minute
        let start = Timestamp(millisecondsSinceEpoch: floor + minute)
        let (year, month, day) = start.civilDate
        let ofDay = Int((floor + minute) / minute % 1_440 + 1_440) % 1_440
        guard year <= Self.yearRange.upperBound else { return nil }
        for candidate in max(year, Self.yearRange.lowerBound)...Self.yearRange.upperBound
        where years.contains(candidate) {
            for number in 1...12 where months.has(number) && (candidate, number) >= (year, month) {
                let isNow = candidate == year && number == month
                let calendar = CivilMonth(year: candidate, month: number)
                for date in 1...calendar.days where (!isNow || date >= day) && matches(date, of: calendar) {
                    let earliest = isNow && date == day ? ofDay : 0
                    guard let found = minuteOfDay(from: earliest) else { continue }
                    return calendar.moment(day: date, minuteOfDay: found)
                }
            }
        }
        return nil
    }

    private func minuteOfDay(from earliest: Int) -> Int? {
        for hour in earliest / 60..<24 where hours.has(hour) {
            let first = hour == earliest / 60 ? earliest % 60 : 0
            for minute in first..<60 where minutes.has(minute) { return hour * 60 + minute }
        }
        return nil
    }

    private func matches(_ day: Int, of month: CivilMonth) -> Bool {
        let matchesMonth =
            switch monthDays {
            case .any: true
            case .these(let bits): bits.has(day)
            case .last: day == month.days
            case .lastWeekday: day == month.weekday(near: month.days)
            case .weekdayNear(let wanted): wanted <= month.days && day == month.weekday(near: wanted)
            }
        guard matchesMonth else { return false }
        let weekDay = month.weekDay(of: day)
        return switch weekDays {
        case .any: true
        case .these(let bits): bits.has(weekDay)
        case .last(let wanted): weekDay == wanted && day + 7 > month.days
        case .nth(let wanted, let number): weekDay == wanted && (day - 1) / 7 + 1 == number
        }
    }
}

extension UInt64 {
    fileprivate func has(_ bit: Int) -> Bool { self >> UInt64(bit) & 1 == 1 }
}

/// A month of the Gregorian calendar.
private struct CivilMonth {
    /// Days from 1970-01-01 to its first.
    private let first: Int
    let days: Int

    init(year: Int, month: Int) {
        first = Self.daysToFirst(year: year, month: month)
        let (nextYear, nextMonth) = month == 12 ? (year + 1, 1) : (year, month + 1)
        days = Self.daysToFirst(year: nextYear, month: nextMonth) - first
    }

    /// Counts years from March, so that the leap day is the last of one. For years from 1970.
    private static func daysToFirst(year: Int, month: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        return shifted * 365 + leapDays + (153 * monthFromMarch + 2) / 5 - 719_468
    }

    /// 1 for Sunday; 1970-01-01 was a Thursday.
    func weekDay(of day: Int) -> Int { (first + day - 1 + 4) % 7 + 1 }

    /// The day that is no Saturday or Sunday and closest to `day` without leaving the month.
    func weekday(near day: Int) -> Int {
        switch weekDay(of: day) {
        case 7: day > 1 ? day - 1 : day + 2
        case 1: day < days ? day + 1 : day - 2
        default: day
        }
    }

    func moment(day: Int, minuteOfDay: Int) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: (Int64(first + day - 1) * 1_440 + Int64(minuteOfDay)) * 60_000)
    }
}

/// One field: which numbers it may hold, and their names.
private struct CronField {
    static let months = [
        "JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10,
        "NOV": 11, "DEC": 12,
    ]
    static let weekDays = ["SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7]

    private let range: ClosedRange<Int>
    private let names: [String: Int]

    init(_ range: ClosedRange<Int>, names: [String: Int] = [:]) {
        self.range = range
        self.names = names
    }

    func number(_ text: some StringProtocol) -> Int? {
        if let named = names[text.uppercased()] { return named }
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }), let number = Int(text),
            range.contains(number)
        else { return nil }
        return number
    }

    /// For ranges up to 63.
    func bits(_ text: String) -> UInt64? {
        values(text).map { $0.reduce(0) { $0 | 1 << UInt64($1) } }
    }

    func values(_ text: String) -> [Int]? {
        var all: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let some = values(ofPart: part) else { return nil }
            all += some
        }
        return all
    }

    /// `*`, `5`, `5-9`, or one of them and a step behind a slash.
    private func values(ofPart text: Substring) -> [Int]? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let bounds = bounds(parts[0], isOpen: parts.count == 2) else { return nil }
        guard parts.count == 2 else { return Array(bounds) }
        guard let step = Int(parts[1]), step > 0, step <= range.upperBound else { return nil }
        return Array(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
    }

    private func bounds(_ text: Substring, isOpen: Bool) -> ClosedRange<Int>? {
        if text == "*" { return range }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = number(parts[0]) else { return nil }
        guard parts.count == 2 else { return first...(isOpen ? range.upperBound : first) }
        guard let last = number(parts[1]), last >= first else { return nil }
        return first...last
    }
}
