import AWSWire
import EventModel
import Metering

// MARK: - GetMetricStatistics

extension CloudWatchService {
    func getMetricStatistics(_ call: ServiceCall, _ arguments: Arguments) throws(AWSError) -> Answer {
        let namespace = try arguments.required("Namespace")
        try checkName(namespace, "Namespace")
        let name = try arguments.required("MetricName")
        try checkName(name, "MetricName")
        let identity = MetricIdentity(
            location: call.location, namespace: namespace, name: name, dimensions: try dimensions(arguments))
        let unit = try unit(arguments)
        let start = try arguments.requiredMoment("StartTime")
        let end = try arguments.requiredMoment("EndTime")
        guard let period = try arguments.int("Period") else { throw .missing("Period") }
        if let problem = checkPeriod(period, "Period") { throw .invalid(problem) }
        try checkSpan(start, end, period: Int64(period))
        let wanted = try statistics(arguments)

        let period64 = Int64(period)
        let first = PeriodGrid.start(start, period: period64)
        let points = try points(
            of: identity, resolutionSeconds: PeriodGrid.resolution(ofPeriod: period64),
            in: first..<PeriodGrid.end(end))
        var folds: [MetricUnit: PeriodFold] = [:]
        for point in points where unit == nil || unit == point.series.unit {
            folds[point.series.unit, default: PeriodFold(start: first, period: period64)]
                .add(point.statistics, slot: point.slot)
        }
        var datapoints: [Answer] = []
        for (unit, fold) in folds.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            for point in fold.points {
                datapoints.append(datapoint(point.time, point.statistics, unit, wanted))
            }
        }
        return .object([("Label", .text(name)), ("Datapoints", .list(datapoints))])
    }

    private func checkSpan(_ start: Timestamp, _ end: Timestamp, period: Int64) throws(AWSError) {
        guard start != end else {
            throw .invalid("The parameter StartTime must not equal parameter EndTime.")
        }
        guard start < end else {
            throw .invalid("The parameter StartTime must be less than the parameter EndTime.")
        }
        let seconds = PeriodGrid.end(end) - PeriodGrid.start(start, period: period)
        let count = (seconds + period - 1) / period
        guard count <= CloudWatchLimits.datapoints else {
            throw .combination(
                "You have requested up to \(Self.grouped(count)) datapoints, which exceeds the limit of "
                    + "\(Self.grouped(Int64(CloudWatchLimits.datapoints))). You may reduce the datapoints requested "
                    + "by increasing Period, or decreasing the time range.")
        }
    }

    /// `12,960`.
    private static func grouped(_ number: Int64) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    private struct Wanted {
        var plain: [MetricStatistic] = []
        var percentiles: [(name: String, statistic: MetricStatistic)] = []
    }

    private func statistics(_ arguments: Arguments) throws(AWSError) -> Wanted {
        let names = try arguments.strings("Statistics") ?? []
        let extended = try arguments.strings("ExtendedStatistics") ?? []
        guard !names.isEmpty || !extended.isEmpty else {
            throw .combination(
                "At least one of the parameters Statistics and ExtendedStatistics must be specified.")
        }
        guard names.isEmpty || extended.isEmpty else { throw .exclusive("Statistics", "ExtendedStatistics") }
        var wanted = Wanted()
        for name in names {
            guard let statistic = MetricStatistic(name: name) else {
                throw .validation(
                    "1 validation error detected: Value '[\(names.joined(separator: ", "))]' at 'statistics' failed "
                        + "to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value "
                        + "set: [Maximum, SampleCount, Sum, Minimum, Average]]")
            }
            if !wanted.plain.contains(statistic) { wanted.plain.append(statistic) }
        }
        guard extended.count <= CloudWatchLimits.extendedStatistics else {
            throw .tooMany("ExtendedStatistics", CloudWatchLimits.extendedStatistics)
        }
        for name in extended {
            guard let statistic = MetricStatistic(percentile: name) else {
                if ExtendedStatistic.isKnown(name) { throw .notSupported(statistic: name) }
                throw .invalid(name, "ExtendedStatistics")
            }
            if !wanted.percentiles.contains(where: { $0.name == name }) {
                wanted.percentiles.append((name, statistic))
            }
        }
        return wanted
    }

    private func datapoint(
        _ time: Int64, _ statistics: StatisticSet, _ unit: MetricUnit, _ wanted: Wanted
    ) -> Answer {
        var members: [(String, Answer)] = [
            ("Timestamp", .moment(Timestamp(millisecondsSinceEpoch: time * 1_000)))
        ]
        for statistic in wanted.plain {
            guard let name = statistic.name, let value = statistics.value(of: statistic) else { continue }
            members.append((name, .number(value)))
        }
        members.append(("Unit", .text(unit.rawValue)))
        if !wanted.percentiles.isEmpty {
            // One that cannot be told is left out.
            let values = wanted.percentiles.compactMap { name, statistic in
                statistics.value(of: statistic).map { (name, Answer.number($0)) }
            }
            members.append(("ExtendedStatistics", .map(values)))
        }
        return .object(members)
    }
}

extension MetricStatistic {
    /// As requests and answers have it; `nil` for a percentile.
    var name: String? {
        switch self {
        case .sampleCount: "SampleCount"
        case .average: "Average"
        case .sum: "Sum"
        case .minimum: "Minimum"
        case .maximum: "Maximum"
        case .percentile: nil
        }
    }
}

/// CloudWatch's statistics over a part of the values ("CloudWatch statistics definitions").
enum ExtendedStatistic {
    static func isKnown(_ name: String) -> Bool {
        if name == "IQM" { return true }
        return ["tm", "wm", "tc", "ts", "TM", "WM", "TC", "TS", "PR"].contains { prefix in
            guard name.hasPrefix(prefix), let next = name.utf8.dropFirst(2).first else { return false }
            return next == UInt8(ascii: "(") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next)
        }
    }
}

extension AWSError {
    static func notSupported(statistic name: String) -> AWSError {
        .notSupported(
            "Millrace does not support the statistic \(name) yet; there are percentiles, such as p99.")
    }
}
