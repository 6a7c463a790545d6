package import EventModel
import Synchronization

/// Collects what is recorded until it is stored: values of the open minutes, and closed minutes on their way.
///
/// What nobody records costs nothing. Safe from any thread.
package final class MetricRecorder: Sendable {
    /// Points in one commit, so that others wait for a few milliseconds at most (our own).
    package static let batchPoints = 500
    /// Points that may wait for a store that does not take them; the oldest are dropped (our own).
    package static let waitingPoints = 100_000

    /// Points that go into the store together, in the order of their numbers.
    package struct Batch: Sendable {
        /// Stored with the points, which tells a reader whether it has them already.
        package let number: Int64
        package let points: [MetricPoint]
    }

    fileprivate struct State {
        var waiting: [Batch] = []
        var nextNumber: Int64 = 1
        var droppedPoints = 0
    }

    /// Held while points move from handles to batches and while queries look at both, so that these see each value once.
    private let state = Mutex(State())
    /// Handles that have something in their open points. Of its own, because whoever records has no time to wait for the
    /// end of a minute; taken inside of `state` or alone.
    private let listed = Mutex<[MetricHandle]>([])

    package init() {}

    /// - Parameter metrics: All get the same values; of one unit.
    package func handle(_ metrics: [MetricIdentity], unit: MetricUnit) -> MetricHandle {
        MetricHandle(metrics.map { MetricSeries($0, unit: unit) }, recorder: self)
    }

    func list(_ handle: MetricHandle) {
        listed.withLock { $0.append(handle) }
    }
}

// MARK: - On the way into the store

extension MetricRecorder {
    /// Numbers go on behind the last one that an earlier process stored. Before the first `close`.
    package func continueNumbers(after number: Int64) {
        state.withLock { $0.nextNumber = max($0.nextNumber, number + 1) }
    }

    /// Puts all minutes that ended before a moment (`nil`: all there are) into batches, which wait to be stored.
    package func close(before moment: Timestamp?) {
        let slot = moment.map { $0.millisecondsSinceEpoch.flooredQuotient(60_000) * 60 }
        state.withLock { state in
            var merged: [MetricSeries: [Int64: StatisticSet]] = [:]
            var handles = listed.withLock { listed in
                defer { listed = [] }
                return listed
            }
            handles.removeAll { handle in
                handle.take(before: slot) { point in
                    if merged[point.series]?[point.slot] == nil {
                        merged[point.series, default: [:]][point.slot] = point.statistics
                    } else {
                        merged[point.series]?[point.slot]?.merge(point.statistics)
                    }
                }
            }
            listed.withLock { [handles] in $0 += handles }
            var points: [MetricPoint] = []
            for (series, slots) in merged {
                for (slot, statistics) in slots {
                    points.append(MetricPoint(series: series, slot: slot, statistics: statistics))
                }
            }
            state.enqueue(points)
        }
    }

    /// The batch to be stored next; it stays until `stored` says that its commit is done.
    package var nextBatch: Batch? { state.withLock { $0.waiting.first } }

    package func stored(_ number: Int64) {
        state.withLock { state in
            if state.waiting.first?.number == number { state.waiting.removeFirst() }
        }
    }

    /// Points given up since the last call because the store did not take them.
    package func takeDroppedPoints() -> Int {
        state.withLock { state in
            defer { state.droppedPoints = 0 }
            return state.droppedPoints
        }
    }
}

extension MetricRecorder.State {
    fileprivate mutating func enqueue(_ points: [MetricPoint]) {
        var rest = points[...]
        while !rest.isEmpty {
            waiting.append(
                MetricRecorder.Batch(
                    number: nextNumber, points: Array(rest.prefix(MetricRecorder.batchPoints))))
            nextNumber += 1
            rest = rest.dropFirst(MetricRecorder.batchPoints)
        }
        var count = waiting.reduce(0) { $0 + $1.points.count }
        // The first may be in the middle of its commit.
        while count > MetricRecorder.waitingPoints, waiting.count > 2 {
            let dropped = waiting.remove(at: 1).points.count
            droppedPoints += dropped
            count -= dropped
        }
    }
}

// MARK: - Queries

/// What a recorder holds at one moment.
package struct RecorderSnapshot: Sendable {
    package var open: [MetricPoint] = []
    package var waiting: [(number: Int64, points: [MetricPoint])] = []
    /// The number that the next batch gets.
    package var nextNumber: Int64 = 1

    /// The points that a store whose last number is `stored` does not have; `nil` when the snapshot is too old to say.
    package func points(notIn stored: Int64) -> [MetricPoint]? {
        guard stored < nextNumber else { return nil }
        return open + waiting.filter { $0.number > stored }.flatMap(\.points)
    }
}

extension MetricRecorder {
    /// Copies the points of the metrics that are wanted.
    package func snapshot(where isWanted: (MetricIdentity) -> Bool) -> RecorderSnapshot {
        state.withLock { state in
            var snapshot = RecorderSnapshot()
            snapshot.nextNumber = state.nextNumber
            for handle in listed.withLock({ $0 })
            where handle.series.contains(where: { isWanted($0.identity) }) {
                handle.look { point in
                    if isWanted(point.series.identity) { snapshot.open.append(point) }
                }
            }
            for batch in state.waiting {
                let points = batch.points.filter { isWanted($0.series.identity) }
                if !points.isEmpty { snapshot.waiting.append((batch.number, points)) }
            }
            return snapshot
        }
    }
}
