import EventModel

/// What a `QueueMachine` has to know of its mapping, its function and its queue.
package struct QueueSettings: Equatable, Sendable {
    package var batch: BatchLimits
    package var reportsBatchItemFailures: Bool
    package var functionTimeout: Duration
    /// The queue's own visibility timeout.
    package var queueVisibility: Duration
    package var scaling: PollerScaling
    package var backOff: BackOff

    package init(
        batch: BatchLimits, reportsBatchItemFailures: Bool, functionTimeout: Duration,
        queueVisibility: Duration, scaling: PollerScaling = .automatic, backOff: BackOff = .standard
    ) {
        self.batch = batch
        self.reportsBatchItemFailures = reportsBatchItemFailures
        self.functionTimeout = functionTimeout
        self.queueVisibility = queueVisibility
        self.scaling = scaling
        self.backOff = backOff
    }

    /// The visibility timeout to receive with; `nil` means the queue's own (esm-sqs.md §2).
    package var receiveVisibility: Duration? {
        let needed = batch.window + functionTimeout
        guard batch.window > .zero, needed > queueVisibility else { return nil }
        return needed + .seconds(30)
    }
}
