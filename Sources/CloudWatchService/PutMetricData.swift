import AWSWire
import EventModel
import EventStore
import HTTP
import Metering

// MARK: - PutMetricData

extension CloudWatchService {
    /// Stores values of the caller's own metrics; they are durable when the answer comes.
    func putMetricData(_ call: ServiceCall, _ arguments: Arguments, _ reply: @escaping Reply) throws(AWSError)
    {
        try arguments.refuse(["EntityMetricData"], of: call.operation)
        let namespace = try arguments.required("Namespace")
        try checkName(namespace, "Namespace")
        // The names that begin so are the services' own.
        guard !namespace.hasPrefix("AWS/") else { throw .invalid(namespace, "Namespace") }
        guard let data = try arguments.objects("MetricData") else { throw .missing("MetricData") }
        guard data.count <= CloudWatchLimits.metricData else {
            throw .tooMany("MetricData", CloudWatchLimits.metricData)
        }
        var points: [MetricPoint] = []
        for datum in data {
            points += try self.points(of: datum, namespace, call.location)
        }
        let ready = points
        guard !ready.isEmpty else { return reply(.object([])) }
        store.submit(mayRunHere: loop.isQuiet) { writer throws(StoreError) in
            try writer.record(ready)
        } completion: { [loop] result in
            loop.execute {
                switch result {
                case .success: reply(.object([]))
                case .failure(let error): call.fail(error.wireError)
                }
            }
        }
    }

    /// One point a minute, and one a second for high resolution.
    private func points(
        of datum: Arguments, _ namespace: String, _ location: Location
    ) throws(AWSError) -> [MetricPoint] {
        let name = try datum.required("MetricName")
        try checkName(name, datum.path + "MetricName")
        let identity = MetricIdentity(
            location: location, namespace: namespace, name: name, dimensions: try dimensions(datum))
        let moment = try moment(of: datum)
        let unit = try unit(datum) ?? .none
        let resolution = try datum.int("StorageResolution") ?? 60
        guard resolution == 1 || resolution == 60 else {
            throw .invalid("\(resolution)", datum.path + "StorageResolution")
        }
        guard let statistics = try statistics(of: datum) else { return [] }
        let resolutions: [Int64] = resolution == 1 ? [60, 1] : [60]
        return resolutions.map { resolution in
            let series = MetricSeries(identity, unit: unit, resolutionSeconds: resolution)
            return MetricPoint(series: series, slot: series.slot(of: moment), statistics: statistics)
        }
    }

    private func moment(of datum: Arguments) throws(AWSError) -> Timestamp {
        let now = now()
        guard let moment = try datum.moment("Timestamp") else { return now }
        guard moment <= now + CloudWatchLimits.future else {
            throw .invalid(
                "The parameter \(datum.path)Timestamp must specify a time no more than two hours in the future."
            )
        }
        guard moment >= now - CloudWatchLimits.past else {
            throw .invalid(
                "The parameter \(datum.path)Timestamp must specify a time no more than two weeks in the past."
            )
        }
        return moment
    }
}

// MARK: - Values

extension CloudWatchService {
    /// What a datum says; `nil` for values that came no time at all.
    private func statistics(of datum: Arguments) throws(AWSError) -> StatisticSet? {
        let path = datum.path
        let given = ["Value", "Values", "StatisticValues"].filter { datum.has($0) }
        guard given.count <= 1 else { throw .exclusive(path + given[0], path + given[1]) }
        if let value = try datum.double("Value") {
            try check(value, path + "Value")
            guard !datum.has("Counts") else { throw .exclusive(path + "Value", path + "Counts") }
            return StatisticSet(value)
        }
        if let set = try datum.object("StatisticValues") { return try statisticSet(set) }
        guard let values = try datum.doubles("Values") else {
            throw .combination(
                "At least one of the parameters \(path)Value, \(path)Values and \(path)StatisticValues must be "
                    + "specified.")
        }
        guard values.count <= CloudWatchLimits.values else {
            throw .tooMany("\(path)Values", CloudWatchLimits.values)
        }
        let counts = try datum.doubles("Counts") ?? values.map { _ in 1 }
        guard counts.count == values.count else {
            throw .invalid("The parameters \(path)Values and \(path)Counts must be of the same size.")
        }
        var statistics: StatisticSet?
        for (index, (value, count)) in zip(values, counts).enumerated() {
            try check(value, "\(path)Values.member.\(index + 1)")
            try check(count, "\(path)Counts.member.\(index + 1)")
            guard count >= 0 else { throw .invalid("\(count)", "\(path)Counts.member.\(index + 1)") }
            guard count > 0 else { continue }
            if statistics == nil {
                statistics = StatisticSet(value, count: count)
            } else {
                statistics?.add(value, count: count)
            }
        }
        return statistics
    }

    private func statisticSet(_ set: Arguments) throws(AWSError) -> StatisticSet {
        var numbers: [Double] = []
        for name in ["SampleCount", "Sum", "Minimum", "Maximum"] {
            guard let number = try set.double(name) else { throw .missing(set.path + name) }
            try check(number, set.path + name)
            numbers.append(number)
        }
        guard numbers[0] > 0 else { throw .invalid("\(numbers[0])", set.path + "SampleCount") }
        guard numbers[2] <= numbers[3] else {
            throw .invalid(
                "The parameter \(set.path)Maximum must be greater than or equal to \(set.path)Minimum.")
        }
        return StatisticSet(
            sampleCount: numbers[0], sum: numbers[1], minimum: numbers[2], maximum: numbers[3])
    }

    private func check(_ value: Double, _ parameter: String) throws(AWSError) {
        guard value.magnitude <= CloudWatchLimits.value else {
            throw .invalid(value.isNaN ? "NaN" : "\(value)", parameter)
        }
    }
}
