package import EventModel
package import EventStore
package import HTTP
package import Metering

/// Stores what the recorder has, a little after the end of every minute, and removes what is past retention.
///
/// Confined to `loop`; every entry point preconditions it or comes from there. That makes it safe to share.
package final class MetricKeeper: @unchecked Sendable {
    /// How long after the end of a minute it is stored: what was recorded at its very end is there by then (our own).
    private static let grace = Duration.seconds(1)
    /// Wait before a commit that failed is tried again (our own).
    private static let retryDelay = Duration.seconds(5)

    private let store: EventStore
    private let recorder: MetricRecorder
    private let loop: EventLoop
    private let now: @Sendable () -> Timestamp
    private let report: @Sendable (String) -> Void
    private var isStoring = false
    /// Where the walk over all metrics is.
    private var sweptThrough: Int64 = 0
    private var onEnd: (() -> Void)?

    /// - Parameters:
    ///   - reader: Asked once for what was stored before.
    ///   - report: Told of minutes that could not be stored.
    package init(
        store: EventStore, reader: StoreReader, recorder: MetricRecorder, loop: EventLoop,
        now: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        self.store = store
        self.recorder = recorder
        self.loop = loop
        self.now = now
        self.report = report
        recorder.continueNumbers(after: try reader.lastMetricBatch())
    }

    /// Any thread, once.
    package func start() {
        loop.execute { [self] in scheduleMinute() }
    }

    /// Stores the open minute too, then calls back on the loop; also when the store does not take it.
    package func finish(_ completion: @escaping @Sendable () -> Void) {
        loop.execute { [self] in
            onEnd = completion
            recorder.close(before: nil)
            if !isStoring { storeNext() }
        }
    }

    private func scheduleMinute() {
        let passed = now().millisecondsSinceEpoch.flooredRemainder(60_000)
        loop.schedule(after: .milliseconds(60_000 - passed) + Self.grace) { [weak self] in
            guard let self, self.onEnd == nil else { return }
            self.minuteEnded()
            self.scheduleMinute()
        }
    }

    /// Stores the minutes that are over.
    package func minuteEnded() {
        precondition(loop.isCurrent, "the keeper is confined to its loop")
        recorder.close(before: now())
        sweep()
        if !isStoring { storeNext() }
    }

    private func storeNext() {
        guard let batch = recorder.nextBatch else {
            isStoring = false
            return end()
        }
        isStoring = true
        store.submit { writer throws(StoreError) in
            try writer.record(batch.points, batch: batch.number)
        } completion: { [self] result in
            loop.execute { self.stored(batch.number, result) }
        }
    }

    private func stored(_ number: Int64, _ result: Result<Void, StoreError>) {
        let dropped = recorder.takeDroppedPoints()
        if dropped > 0 { report("\(dropped) minutes of metrics were dropped: the store did not take them") }
        switch result {
        case .success:
            recorder.stored(number)
            storeNext()
        case .failure(let error):
            report("metrics are not stored: \(error)")
            guard onEnd == nil else {
                isStoring = false
                return end()
            }
            loop.schedule(after: Self.retryDelay) { [weak self] in self?.storeNext() }
        }
    }

    private func sweep() {
        let place = sweptThrough
        store.submit { writer throws(StoreError) in
            try writer.sweepMetrics(after: place)
        } completion: { [self] result in
            loop.execute {
                switch result {
                case .success(let next): self.sweptThrough = next
                case .failure(let error): self.report("old metrics are not removed: \(error)")
                }
            }
        }
    }

    private func end() {
        guard let action = onEnd else { return }
        onEnd = nil
        action()
    }
}

extension Int64 {
    fileprivate func flooredRemainder(_ divisor: Int64) -> Int64 { self - flooredQuotient(divisor) * divisor }
}
