package import EventModel

/// A name and a value that tell metrics of one name apart: `FunctionName` = `orders`.
package struct MetricDimension: Hashable, Comparable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package static func < (left: MetricDimension, right: MetricDimension) -> Bool {
        (left.name, left.value) < (right.name, right.value)
    }
}

/// What CloudWatch calls a metric: a namespace, a name and a set of dimensions, in one account and region.
package struct MetricIdentity: Hashable, Sendable {
    package let location: Location
    package let namespace: String
    package let name: String
    /// Sorted, so that equal sets are equal.
    package let dimensions: [MetricDimension]

    package init(
        location: Location, namespace: String, name: String, dimensions: [MetricDimension] = []
    ) {
        self.location = location
        self.namespace = namespace
        self.name = name
        self.dimensions = dimensions.sorted()
    }
}

/// Data of one metric that may be added up: of one unit and one resolution.
package struct MetricSeries: Hashable, Sendable {
    package let identity: MetricIdentity
    package let unit: MetricUnit
    /// Seconds that one stored point covers: 60, or 1 for high resolution.
    package let resolutionSeconds: Int64

    package init(_ identity: MetricIdentity, unit: MetricUnit, resolutionSeconds: Int64 = 60) {
        self.identity = identity
        self.unit = unit
        self.resolutionSeconds = resolutionSeconds
    }

    /// The beginning of the stretch that a moment belongs to, in seconds since 1970.
    package func slot(of moment: Timestamp) -> Int64 {
        let seconds = moment.millisecondsSinceEpoch.flooredQuotient(1_000)
        return seconds.flooredQuotient(resolutionSeconds) * resolutionSeconds
    }
}

/// The units that CloudWatch knows (CloudWatch API reference, `MetricDatum`).
package enum MetricUnit: String, CaseIterable, Sendable {
    case seconds = "Seconds"
    case microseconds = "Microseconds"
    case milliseconds = "Milliseconds"
    case bytes = "Bytes"
    case kilobytes = "Kilobytes"
    case megabytes = "Megabytes"
    case gigabytes = "Gigabytes"
    case terabytes = "Terabytes"
    case bits = "Bits"
    case kilobits = "Kilobits"
    case megabits = "Megabits"
    case gigabits = "Gigabits"
    case terabits = "Terabits"
    case percent = "Percent"
    case count = "Count"
    case bytesPerSecond = "Bytes/Second"
    case kilobytesPerSecond = "Kilobytes/Second"
    case megabytesPerSecond = "Megabytes/Second"
    case gigabytesPerSecond = "Gigabytes/Second"
    case terabytesPerSecond = "Terabytes/Second"
    case bitsPerSecond = "Bits/Second"
    case kilobitsPerSecond = "Kilobits/Second"
    case megabitsPerSecond = "Megabits/Second"
    case gigabitsPerSecond = "Gigabits/Second"
    case terabitsPerSecond = "Terabits/Second"
    case countPerSecond = "Count/Second"
    case none = "None"
}

/// One stored or storable point: the statistics of a series in one minute (or second).
package struct MetricPoint: Equatable, Sendable {
    package let series: MetricSeries
    /// Where its stretch begins, in seconds since 1970.
    package let slot: Int64
    package var statistics: StatisticSet

    package init(series: MetricSeries, slot: Int64, statistics: StatisticSet) {
        self.series = series
        self.slot = slot
        self.statistics = statistics
    }
}

extension Int64 {
    /// The quotient rounded down, also below zero.
    package func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
