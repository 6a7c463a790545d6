package import EventModel
import Synchronization

/// Where the values of one metric go; look it up once and keep it.
///
/// One handle may stand for several metrics that get the same values: those of a function by its name, by its name and
/// resource, and of the whole account. They are told apart when points are stored, not when values are recorded.
/// Safe from any thread; costs a lock and some arithmetic a value.
package final class MetricHandle: Sendable {
    private struct State {
        var open = OpenPoints()
        /// The recorder knows that there is something to fetch.
        var isListed = false
    }

    package let series: [MetricSeries]
    private let recorder: MetricRecorder
    private let state = Mutex(State())

    init(_ series: [MetricSeries], recorder: MetricRecorder) {
        precondition(!series.isEmpty, "a handle stands for a metric")
        self.series = series
        self.recorder = recorder
    }

    /// Adds a value to the minute of a moment; an old minute's is added to what is stored of it.
    ///
    /// - Parameter count: How many times the value came.
    package func record(_ value: Double, count: Double = 1, at moment: Timestamp) {
        let slot = series[0].slot(of: moment)
        let isNew = state.withLock { state in
            state.open.add(value, count: count, slot: slot)
            defer { state.isListed = true }
            return !state.isListed
        }
        if isNew { recorder.list(self) }
    }

    package func record(_ count: Int, at moment: Timestamp) { record(Double(count), at: moment) }

    /// Calls back with each point of each of its metrics that is taken out; true when nothing is left.
    func take(before slot: Int64?, _ add: (MetricPoint) -> Void) -> Bool {
        let (taken, isEmpty) = state.withLock { state in
            let taken = state.open.take(before: slot)
            if state.open.isEmpty { state.isListed = false }
            return (taken, state.open.isEmpty)
        }
        for point in taken { spread(point, add) }
        return isEmpty
    }

    func look(_ add: (MetricPoint) -> Void) {
        for point in state.withLock({ $0.open.points }) { spread(point, add) }
    }

    private func spread(_ point: (slot: Int64, statistics: StatisticSet), _ add: (MetricPoint) -> Void) {
        for one in series {
            add(MetricPoint(series: one, slot: point.slot, statistics: point.statistics))
        }
    }
}
