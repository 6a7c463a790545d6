/// Adds points up to periods, as a query asks for them.
package struct PeriodFold: Equatable, Sendable {
    /// Where the first period begins, in seconds since 1970; the others follow without gaps.
    package let start: Int64
    /// Seconds of a period.
    package let period: Int64
    /// Sets by the place of their period, from 0.
    package private(set) var sets: [Int64: StatisticSet] = [:]

    package init(start: Int64, period: Int64) {
        self.start = start
        self.period = period
    }

    /// Adds a point; one before the start is not asked for.
    package mutating func add(_ statistics: StatisticSet, slot: Int64) {
        guard slot >= start else { return }
        let place = (slot - start) / period
        if sets[place] == nil { sets[place] = statistics } else { sets[place]?.merge(statistics) }
    }

    /// Each period that has values with its beginning, oldest first.
    package var points: [(time: Int64, statistics: StatisticSet)] {
        sets.sorted { $0.key < $1.key }.map { (start + $0.key * period, $0.value) }
    }
}
