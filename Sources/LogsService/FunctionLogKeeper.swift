package import EventModel
package import EventStore
package import HTTP
package import RuntimeAPI

/// Stores what functions print, some milliseconds after they printed it, and removes what is past retention.
///
/// Confined to `loop`, the one on which functions run; every entry point preconditions it or hands over to it. That makes
/// it safe to share.
package final class FunctionLogKeeper: @unchecked Sendable {
    /// How long lines are gathered before they are stored (our own).
    private static let pause = Duration.milliseconds(100)
    /// Wait before a commit that failed is tried again (our own).
    private static let retryDelay = Duration.seconds(1)
    /// How often it looks for what is past retention, and how soon again while there is more (our own).
    private static let sweepPause = Duration.seconds(10)
    private static let busySweepPause = Duration.milliseconds(50)

    private let store: EventStore
    private let loop: EventLoop
    private let now: @Sendable () -> Timestamp
    private let report: @Sendable (String) -> Void
    private var buffer = FunctionLogBuffer()
    /// Taken from the buffer, not known to be stored.
    private var writing: [NamedLogBatch]?
    private var isScheduled = false
    private var hasReported = false
    private var sweptThrough: Int64 = 0
    private var onEnd: (() -> Void)?

    /// - Parameter report: Told when lines cannot be stored.
    package init(
        store: EventStore, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.loop = loop
        self.now = now
        self.report = report
    }

    /// Begins to look for what is past retention. Any thread, once.
    package func start() {
        loop.execute { [self] in scheduleSweep(after: Self.sweepPause) }
    }

    /// Keeps a line; called for each, so it only copies it.
    package func take(_ line: FunctionLogLine) {
        buffer.append(line, at: now().millisecondsSinceEpoch)
        guard !isScheduled, writing == nil else { return }
        schedule(after: Self.pause)
    }

    /// Stores what there is, then calls back on the loop; also when the store does not take it.
    package func finish(_ completion: @escaping @Sendable () -> Void) {
        loop.execute { [self] in
            onEnd = completion
            if writing == nil { storeNext() }
        }
    }

    private func schedule(after pause: Duration) {
        isScheduled = true
        loop.schedule(after: pause) { [weak self] in
            guard let self else { return }
            isScheduled = false
            if writing == nil { storeNext() }
        }
    }

    private func storeNext() {
        guard !buffer.isEmpty else { return end() }
        write(buffer.takeBatch(at: now().millisecondsSinceEpoch))
    }

    private func write(_ batches: [NamedLogBatch]) {
        writing = batches
        store.submit { writer throws(StoreError) in
            try writer.putFunctionLogs(batches)
        } completion: { [self] result in
            loop.execute { self.written(result) }
        }
    }

    private func written(_ result: Result<Void, StoreError>) {
        guard let batches = writing else { return }
        switch result {
        case .success:
            hasReported = false
            writing = nil
            if onEnd != nil { return storeNext() }
            // What came meanwhile is gathered for a while, unless there is a commit's worth already.
            let isMuch = buffer.lineCount >= FunctionLogBuffer.batchLines
            if isMuch { storeNext() } else if !buffer.isEmpty { schedule(after: Self.pause) }
        case .failure(let error):
            // Once: a full disk stays full for a while.
            if !hasReported { report("output of functions is not stored: \(error)") }
            hasReported = true
            guard onEnd == nil else { return end() }
            loop.schedule(after: Self.retryDelay) { [weak self] in
                guard let self else { return }
                if onEnd != nil { end() } else { write(batches) }
            }
        }
    }

    private func end() {
        guard let action = onEnd else { return }
        onEnd = nil
        action()
    }
}

// MARK: - Retention

extension FunctionLogKeeper {
    private func scheduleSweep(after pause: Duration) {
        loop.schedule(after: pause) { [weak self] in
            guard let self, onEnd == nil else { return }
            sweep()
        }
    }

    private func sweep() {
        let place = sweptThrough
        store.submit { writer throws(StoreError) in
            try writer.sweepLogs(after: place)
        } completion: { [self] result in
            loop.execute { self.swept(result) }
        }
    }

    private func swept(_ result: Result<Int64, StoreError>) {
        switch result {
        case .success(let next):
            sweptThrough = next
            scheduleSweep(after: next == 0 ? Self.sweepPause : Self.busySweepPause)
        case .failure(let error):
            if error == .closed { return }
            report("old log events are not removed: \(error)")
            scheduleSweep(after: Self.sweepPause)
        }
    }
}
