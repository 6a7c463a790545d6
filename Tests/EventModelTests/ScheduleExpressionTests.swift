import EventModel
import Testing

@Suite("Schedules of rules")
struct ScheduleExpressionTests {
    /// `2024-02-28 23:59:30` and so on, UTC.
    private static func moment(_ text: String) -> Timestamp {
        let numbers = text.split { "- :".contains($0) }.map { Int64($0) ?? 0 }
        let (year, month) = (numbers[1] <= 2 ? numbers[0] - 1 : numbers[0], (numbers[1] + 9) % 12)
        let days =
            year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + numbers[2] - 1 - 719_468
        let seconds = days * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + numbers[5]
        return Timestamp(millisecondsSinceEpoch: seconds * 1_000)
    }

    private static func text(_ moment: Timestamp?) -> String {
        moment?.dateAndTime(separator: " ") ?? "never"
    }

    @Test(
        "A cron expression fires next",
        arguments: [
            ("0 12 * * ? *", "2024-05-01 11:59:59", "2024-05-01 12:00:00"),
            ("0 12 * * ? *", "2024-05-01 12:00:00", "2024-05-02 12:00:00"),
            ("* * * * ? *", "2024-12-31 23:59:30", "2025-01-01 00:00:00"),
            ("15 10 ? * MON-FRI *", "2024-05-03 10:15:00", "2024-05-06 10:15:00"),
            ("15 10 ? * 2-6 *", "2024-05-04 00:00:00", "2024-05-06 10:15:00"),
            ("0/5 8-17 ? * MON-FRI *", "2024-05-03 17:55:00", "2024-05-06 08:00:00"),
            ("0/5 8-17 ? * MON-FRI *", "2024-05-03 17:50:01", "2024-05-03 17:55:00"),
            ("*/15 * * * ? *", "2024-05-03 17:45:00", "2024-05-03 18:00:00"),
            ("10-20/5 * * * ? *", "2024-05-03 17:15:00", "2024-05-03 17:20:00"),
            ("10-20/5 * * * ? *", "2024-05-03 17:20:00", "2024-05-03 18:10:00"),
            ("0 0,12 1,15 * ? *", "2024-05-01 12:00:00", "2024-05-15 00:00:00"),
            ("0 0 L * ? *", "2024-02-01 00:00:00", "2024-02-29 00:00:00"),
            ("0 0 L * ? *", "2023-02-01 00:00:00", "2023-02-28 00:00:00"),
            ("0 0 LW * ? *", "2024-06-01 00:00:00", "2024-06-28 00:00:00"),
            // The 15th of June 2024 is a Saturday, that of September a Sunday.
            ("0 0 15W * ? *", "2024-06-01 00:00:00", "2024-06-14 00:00:00"),
            ("0 0 15W * ? *", "2024-09-01 00:00:00", "2024-09-16 00:00:00"),
            // The 1st of June 2024 is a Saturday, and the day does not leave its month.
            ("0 0 1W * ? *", "2024-05-31 00:00:00", "2024-06-03 00:00:00"),
            // The 31st of March 2024 is a Sunday.
            ("0 0 31W * ? *", "2024-03-15 00:00:00", "2024-03-29 00:00:00"),
            ("0 0 31W * ? *", "2024-04-01 00:00:00", "2024-05-31 00:00:00"),
            ("0 9 ? * 2#1 *", "2024-05-06 09:00:00", "2024-06-03 09:00:00"),
            ("0 9 ? * TUE#3 *", "2024-05-01 00:00:00", "2024-05-21 09:00:00"),
            ("0 9 ? * 6#5 *", "2024-05-01 00:00:00", "2024-05-31 09:00:00"),
            ("0 9 ? * 6#5 *", "2024-06-01 00:00:00", "2024-08-30 09:00:00"),
            ("0 9 ? * 6L *", "2024-05-01 00:00:00", "2024-05-31 09:00:00"),
            ("0 9 ? * SUNL *", "2024-05-01 00:00:00", "2024-05-26 09:00:00"),
            ("0 9 ? * L *", "2024-05-01 00:00:00", "2024-05-04 09:00:00"),
            ("0 0 29 2 ? *", "2024-02-29 00:00:00", "2028-02-29 00:00:00"),
            ("0 0 29 FEB ? 2100-2104", "2024-02-29 00:00:00", "2104-02-29 00:00:00"),
            ("0 0 1 JAN ? 2025/5", "2025-01-01 00:00:00", "2030-01-01 00:00:00"),
            ("30 4 1 jan,jul ? *", "2024-01-01 04:30:00", "2024-07-01 04:30:00"),
            ("0 0 ? 12 sun *", "2024-01-01 00:00:00", "2024-12-01 00:00:00"),
            ("0 0 1 1 ? 2023", "2024-01-01 00:00:00", "never"),
            ("0 0 30 2 ? *", "2024-01-01 00:00:00", "never"),
            ("0 0 1 1 ? 1970", "1969-06-01 00:00:00", "1970-01-01 00:00:00"),
        ])
    func cron(fields: String, now: String, next: String) throws {
        let schedule = try #require(ScheduleExpression("cron(\(fields))"))
        let moment = Self.moment(now)
        #expect(Self.text(schedule.next(after: moment, anchor: moment)) == next)
    }

    @Test("Every moment that a cron expression fires at is one that its fields name")
    func stepping() throws {
        let schedule = try #require(ScheduleExpression("cron(0/20 6,18 ? * 2-6 *)"))
        var moment = Self.moment("2024-02-23 00:00:00")
        var seen: [String] = []
        for _ in 0..<9 {
            moment = try #require(schedule.next(after: moment, anchor: moment))
            seen.append(String(Self.text(moment).dropFirst(8).dropLast(3)))
        }
        #expect(
            seen == [
                "23 06:00", "23 06:20", "23 06:40", "23 18:00", "23 18:20", "23 18:40", "26 06:00",
                "26 06:20",
                "26 06:40",
            ])
    }

    @Test(
        "A rate keeps its beat, however late somebody asks",
        arguments: [
            ("rate(1 minute)", 0, 60), ("rate(1 minute)", 59, 60), ("rate(1 minute)", 60, 120),
            ("rate(5 minutes)", 299, 300), ("rate(5 minutes)", 301, 600), ("rate(1 hour)", 7_201, 10_800),
            ("rate(2 hours)", 0, 7_200), ("rate(1 day)", 0, 86_400), ("rate(10 days)", 900_000, 1_728_000),
            // A clock that was set back.
            ("rate(5 minutes)", -1_000, 300),
        ])
    func rate(text: String, nowSeconds: Int64, nextSeconds: Int64) throws {
        let schedule = try #require(ScheduleExpression(text))
        let anchor = Self.moment("2024-05-01 10:00:07")
        let next = schedule.next(after: anchor + .seconds(nowSeconds), anchor: anchor)
        #expect(next == anchor + .seconds(nextSeconds))
    }

    @Test(
        "What is no schedule is refused",
        arguments: [
            "", "rate", "rate()", "rate(5)", "rate(5 minute)", "rate(1 minutes)", "rate(0 minutes)",
            "rate(-1 minutes)", "rate(5 seconds)", "rate(5  minutes)", "rate(1.5 hours)", "rate(5 minutes",
            "Rate(5 minutes)", "at(2024-01-01T00:00:00)", "cron()", "cron(* * * * *)", "cron(* * * * * *)",
            "cron(0 12 ? * ? *)", "cron(0 12 * * ? * *)", "cron(60 12 * * ? *)", "cron(0 24 * * ? *)",
            "cron(0 12 0 * ? *)", "cron(0 12 32 * ? *)", "cron(0 12 * 13 ? *)", "cron(0 12 ? * 8 *)",
            "cron(0 12 ? * 0 *)", "cron(0 12 * * ? 1969)", "cron(0 12 * * ? 2200)", "cron(0/0 12 * * ? *)",
            "cron(5-1 12 * * ? *)", "cron(0 12 1,L * ? *)", "cron(0 12 ? * 2#6 *)",
            "cron(0 12 ? * 2#1,3#1 *)",
            "cron(0 12 32W * ? *)", "cron(, 12 * * ? *)", "cron(1, 12 * * ? *)", "cron(a 12 * * ? *)",
            "cron(0 12 * FOO ? *)", "cron(+1 12 * * ? *)", "cron(0 12 * * ? *) ",
        ])
    func invalid(text: String) {
        #expect(ScheduleExpression(text) == nil)
    }
}
