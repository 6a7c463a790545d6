/// What is kept of a metric's values in one stretch of time: CloudWatch's statistic set, and what percentiles need.
package struct StatisticSet: Equatable, Sendable {
    package private(set) var sampleCount: Double
    package private(set) var sum: Double
    package private(set) var minimum: Double
    package private(set) var maximum: Double
    /// `nil` when percentiles cannot be told: a value was negative, or a set was published without its values.
    package private(set) var distribution: ValueDistribution?

    /// One value that came so many times.
    package init(_ value: Double, count: Double = 1) {
        precondition(count > 0, "a set has samples")
        sampleCount = count
        sum = value * count
        minimum = value
        maximum = value
        distribution = nil
        if value >= 0 {
            var values = ValueDistribution()
            values.add(value, count: count)
            distribution = values
        }
    }

    /// A set of values that nobody knows one by one. Of one value, or of equal ones, all is known all the same
    /// (CloudWatch API reference, `GetMetricStatistics`).
    package init(sampleCount: Double, sum: Double, minimum: Double, maximum: Double) {
        if sampleCount == 1 || minimum == maximum {
            self.init(minimum, count: sampleCount)
            self.sum = sum
            self.maximum = maximum
        } else {
            self.init(
                sampleCount: sampleCount, sum: sum, minimum: minimum, maximum: maximum, distribution: nil)
        }
    }

    /// A set as it was kept.
    package init(
        sampleCount: Double, sum: Double, minimum: Double, maximum: Double, distribution: ValueDistribution?
    ) {
        self.sampleCount = sampleCount
        self.sum = sum
        self.minimum = minimum
        self.maximum = maximum
        self.distribution = distribution
    }

    package mutating func add(_ value: Double, count: Double = 1) {
        sampleCount += count
        sum += value * count
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        if value >= 0 { distribution?.add(value, count: count) } else { distribution = nil }
    }

    package mutating func merge(_ other: StatisticSet) {
        sampleCount += other.sampleCount
        sum += other.sum
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        if let theirs = other.distribution { distribution?.merge(theirs) } else { distribution = nil }
    }
}

// MARK: - Reading

extension StatisticSet {
    package var average: Double { sampleCount > 0 ? sum / sampleCount : 0 }

    /// `nil` for a percentile that cannot be told.
    package func value(of statistic: MetricStatistic) -> Double? {
        switch statistic {
        case .sampleCount: sampleCount
        case .average: average
        case .sum: sum
        case .minimum: minimum
        case .maximum: maximum
        case .percentile(let percent): percentile(percent)
        }
    }

    /// Never outside of what came; exact at both ends.
    private func percentile(_ percent: Double) -> Double? {
        guard let distribution else { return nil }
        if percent / 100 * sampleCount <= 1 { return minimum }
        if percent >= 100 { return maximum }
        return distribution.percentile(percent).map { min(maximum, max(minimum, $0)) }
    }
}

/// What may be asked of a set.
package enum MetricStatistic: Hashable, Sendable {
    case sampleCount
    case average
    case sum
    case minimum
    case maximum
    /// 0...100.
    case percentile(Double)

    /// The five plain names, `nil` for others.
    package init?(name: String) {
        switch name {
        case "SampleCount": self = .sampleCount
        case "Average": self = .average
        case "Sum": self = .sum
        case "Minimum": self = .minimum
        case "Maximum": self = .maximum
        default: return nil
        }
    }

    /// `p50`, `p99.9`; `nil` for others. CloudWatch takes up to ten decimals.
    package init?(percentile name: String) {
        let number = name.utf8.dropFirst()
        guard name.utf8.first == UInt8(ascii: "p"), !number.isEmpty, number.count <= 14,
            number.first != UInt8(ascii: "."), number.last != UInt8(ascii: "."),
            number.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
            }),
            let percent = Double(name.dropFirst()), (0...100).contains(percent)
        else { return nil }
        self = .percentile(percent)
    }
}
