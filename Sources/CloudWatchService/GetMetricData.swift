import AWSWire
import ByteCoding
import EventModel
import Metering

/// One query of `GetMetricData`.
struct MetricDataQuery {
    let id: String
    let label: String
    let identity: MetricIdentity
    let unit: MetricUnit?
    let period: Int64
    let statistic: MetricStatistic
    let isReturned: Bool
}

// MARK: - GetMetricData

extension CloudWatchService {
    func getMetricData(_ call: ServiceCall, _ arguments: Arguments) throws(AWSError) -> Answer {
        try arguments.refuse(["LabelOptions"], of: call.operation)
        let queries = try queries(call, arguments)
        let start = try arguments.requiredMoment("StartTime")
        let end = try arguments.requiredMoment("EndTime")
        guard start != end else {
            throw .validation("The parameter StartTime must not equal parameter EndTime.")
        }
        guard start < end else {
            throw .validation("The parameter EndTime must be greater than StartTime.")
        }
        let order = try arguments.string("ScanBy") ?? "TimestampDescending"
        guard ["TimestampDescending", "TimestampAscending"].contains(order) else {
            throw .validation(
                "1 validation error detected: Value '\(order)' at 'scanBy' failed to satisfy constraint: "
                    + "Member must satisfy enum value set: [TimestampDescending, TimestampAscending]")
        }
        let limit = try arguments.int("MaxDatapoints") ?? CloudWatchLimits.dataPoints
        guard (1...CloudWatchLimits.dataPoints).contains(limit) else {
            throw .validation(
                "The value \(limit) for parameter MaxDatapoints is invalid: it must be between 1 and "
                    + "\(CloudWatchLimits.dataPoints).")
        }
        var page = MetricDataPage(limit: limit)
        if let token = try arguments.string("NextToken") {
            guard let place = MetricDataPlace(token), place.query < queries.count else {
                throw .invalidNextToken
            }
            page.place = place
        }
        for index in page.place.query..<queries.count where queries[index].isReturned {
            guard page.hasRoom else {
                page.stop(at: MetricDataPlace(query: index, after: nil))
                break
            }
            let values = try values(queries[index], start, end, isDescending: order == "TimestampDescending")
            page.add(values, of: queries[index], at: index)
            if page.isCut { break }
        }
        return page.answer
    }

    /// The points of one query in the order that is wanted.
    private func values(
        _ query: MetricDataQuery, _ start: Timestamp, _ end: Timestamp, isDescending: Bool
    ) throws(AWSError) -> [(time: Int64, value: Double)] {
        let first = PeriodGrid.start(start, period: query.period)
        var fold = PeriodFold(start: first, period: query.period)
        let points = try points(
            of: query.identity, resolutionSeconds: PeriodGrid.resolution(ofPeriod: query.period),
            in: first..<PeriodGrid.end(end))
        for point in points where query.unit == nil || query.unit == point.series.unit {
            fold.add(point.statistics, slot: point.slot)
        }
        let values = fold.points.compactMap { point in
            point.statistics.value(of: query.statistic).map { (time: point.time, value: $0) }
        }
        return isDescending ? values.reversed() : values
    }
}

// MARK: - Queries

extension CloudWatchService {
    private func queries(_ call: ServiceCall, _ arguments: Arguments) throws(AWSError) -> [MetricDataQuery] {
        guard let given = try arguments.objects("MetricDataQueries") else {
            throw .missing("MetricDataQueries")
        }
        guard given.count <= CloudWatchLimits.queries else {
            throw .validation(
                "The collection MetricDataQueries must not have a size greater than \(CloudWatchLimits.queries)."
            )
        }
        var queries: [MetricDataQuery] = []
        var ids: Set<String> = []
        for item in given {
            let query = try query(item, call)
            guard ids.insert(query.id).inserted else {
                throw .validation("The values for parameter id in MetricDataQueries are not unique.")
            }
            queries.append(query)
        }
        guard !queries.isEmpty else { throw .missing("MetricDataQueries") }
        guard queries.contains(where: \.isReturned) else {
            throw .validation("At least one of the MetricDataQueries must have ReturnData set to true.")
        }
        return queries
    }

    private func query(_ item: Arguments, _ call: ServiceCall) throws(AWSError) -> MetricDataQuery {
        let id = try item.required("Id")
        guard Self.isID(id) else {
            throw .validation(
                "The value \(id) for parameter \(item.path)Id is invalid: it must begin with a lower-case letter "
                    + "and have letters, digits and underscores only.")
        }
        guard !item.has("Expression") else {
            throw .notSupported(
                "Millrace does not support metric math yet (\(item.path)Expression); query the metrics and "
                    + "calculate with what comes.")
        }
        try item.refuse(["AccountId"], of: call.operation)
        guard let stat = try item.object("MetricStat") else {
            throw .validation(
                "One of the parameters \(item.path)MetricStat and Expression must be specified.")
        }
        guard let metric = try stat.object("Metric") else { throw .missing(stat.path + "Metric") }
        let namespace = try metric.required("Namespace")
        try checkName(namespace, metric.path + "Namespace")
        let name = try metric.required("MetricName")
        try checkName(name, metric.path + "MetricName")
        guard let period = try stat.int("Period") else { throw .missing(stat.path + "Period") }
        if let problem = checkPeriod(period, stat.path + "Period") { throw .validation(problem) }
        let label = try item.string("Label") ?? name
        guard !label.contains("${") else {
            throw .notSupported(parameter: "\(item.path)Label with ${…}", operation: call.operation)
        }
        return MetricDataQuery(
            id: id, label: label,
            identity: MetricIdentity(
                location: call.location, namespace: namespace, name: name,
                dimensions: try dimensions(metric)),
            unit: try unit(stat), period: Int64(period), statistic: try statistic(stat),
            isReturned: try item.bool("ReturnData") ?? true)
    }

    private func statistic(_ stat: Arguments) throws(AWSError) -> MetricStatistic {
        let name = try stat.required("Stat")
        if let statistic = MetricStatistic(name: name) ?? MetricStatistic(percentile: name) {
            return statistic
        }
        if ExtendedStatistic.isKnown(name) { throw .notSupported(statistic: name) }
        throw .validation("The value \(name) for parameter \(stat.path)Stat is not supported.")
    }

    private static func isID(_ text: String) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else {
            return false
        }
        return text.utf8.count <= CloudWatchLimits.nameCharacters
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
