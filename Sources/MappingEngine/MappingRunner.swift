import Digest
import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Telemetry

/// Runs one mapping: one poller per shard of its stream, or one for its queue, and what they have in common.
///
/// Confined to the engine's loop.
final class MappingRunner: @unchecked Sendable {
    enum Source {
        case queue(QueueDefinition)
        case stream(StreamDefinition)
    }

    let context: EngineContext
    let metrics: MappingMetrics
    let meters: MappingMeters
    let hasher = MD5Hasher()
    /// `nil` when every record or message passes.
    var filter: SourceFilter?
    private(set) var mapping: EventSourceMapping
    var counts = MappingCounts()
    var lastError: String?
    private(set) var shardPollers: [ShardKey: ShardPoller] = [:]
    private(set) var queuePoller: QueuePoller?
    private(set) var isStopping = false
    /// The stream as the lineage knows it.
    var stream: StreamDefinition?
    var lineage = ShardLineage()
    /// Where the mapping stands in shards that wait for their parents.
    var progress: [ShardKey: ShardProgress] = [:]
    /// Tells the engine that `lastProcessingResult` changed.
    private let onResult: (String) -> Void
    /// Tells the engine that a shard had something to do, so that its age is sampled.
    private let onActivity: (ShardPoller) -> Void

    init(
        context: EngineContext, mapping: EventSourceMapping, onResult: @escaping (String) -> Void,
        onActivity: @escaping (ShardPoller) -> Void
    ) {
        self.context = context
        self.mapping = mapping
        self.onResult = onResult
        self.onActivity = onActivity
        metrics = MappingMetrics(registry: context.metrics, mapping: mapping)
        meters = MappingMeters(mapping, recorder: context.recorder)
        filter = SourceFilter(of: mapping)
    }

    /// Takes over what the service changed of the stored mapping, but no settings other than tags.
    func adopt(_ stored: EventSourceMapping) {
        precondition(
            stored.settings.withoutTags == mapping.settings.withoutTags, "a runner keeps its settings")
        mapping = stored
    }

    /// Goes on with new settings of a queue mapping: what was received under the old ones is neither lost nor received
    /// again.
    ///
    /// - Returns: False when they need new pollers.
    func adoptSettings(of stored: EventSourceMapping, function: FunctionDefinition?) -> Bool {
        guard let queuePoller, !isStopping, stored.isEnabled, stored.functionARN == mapping.functionARN,
            stored.settings.metrics == mapping.settings.metrics,
            // With filters there is one metric more.
            stored.settings.metrics.isEmpty || stored.settings.filters == mapping.settings.filters
        else { return false }
        if stored.settings.filters != mapping.settings.filters { filter = SourceFilter(of: stored) }
        mapping = stored
        queuePoller.adopt(queueSettings(queuePoller.queue, function))
        return true
    }

    /// Starts the poller of a queue.
    func start(queue: QueueDefinition, function: FunctionDefinition?) {
        let poller = QueuePoller(runner: self, queue: queue, settings: queueSettings(queue, function))
        queuePoller = poller
        poller.start()
    }

    private func queueSettings(_ queue: QueueDefinition, _ function: FunctionDefinition?) -> QueueSettings {
        QueueSettings(
            batch: BatchLimits(of: mapping.settings),
            reportsBatchItemFailures: mapping.settings.reportsBatchItemFailures,
            functionTimeout: .seconds(function?.timeoutSeconds ?? 3),
            queueVisibility: .seconds(queue.attributes.visibilityTimeoutSeconds),
            scaling: PollerScaling(of: mapping.settings.queue), backOff: backOff(of: queue.name))
    }

    /// Makes the poller of one shard.
    ///
    /// - Parameter onEnd: Called when the shard is read to its end and everything is committed.
    func makePoller(
        of shard: ShardDefinition, _ stream: StreamDefinition, role: String,
        onEnd: @escaping (ShardPoller) -> Void
    ) -> ShardPoller {
        precondition(shardPollers[shard.key] == nil && !isStopping, "a shard has one poller")
        let settings = ShardSettings(
            of: mapping.settings, retention: .seconds(stream.retentionHours * 3_600),
            backOff: backOff(of: shard.id))
        let seconds = mapping.settings.stream?.tumblingWindowSeconds ?? 0
        let length: Duration? = seconds > 0 ? .seconds(seconds) : nil
        let lanes = mapping.settings.stream?.parallelizationFactor ?? 1
        let poller = ShardPoller(
            runner: self, stream: stream, shard: shard, settings: settings, lanes: lanes,
            windowLength: length, role: role, onShardEnd: onEnd)
        shardPollers[shard.key] = poller
        return poller
    }

    /// Waits whose dice are what the mapping and the source are called: they differ everywhere and are the same again
    /// after a restart, so that what happened can be told from what is stored.
    private func backOff(of source: String) -> BackOff {
        .jittered(seed: BackOff.seed(from: "\(mapping.id) \(source)"))
    }

    /// Lets go of the poller of a shard that has ended.
    func remove(_ poller: ShardPoller) { shardPollers[poller.shard.key] = nil }

    /// What waits for the function tries again at once.
    func functionWasDefined(_ function: FunctionDefinition) {
        for poller in shardPollers.values { poller.functionMayBeReachable() }
        guard let queuePoller else { return }
        // How long messages are hidden follows the function's timeout.
        queuePoller.adopt(queueSettings(queuePoller.queue, function))
        queuePoller.functionMayBeReachable()
    }

    /// Stops all pollers and calls back when nothing is in flight and everything settled is committed.
    func stop(_ completion: @escaping () -> Void) {
        precondition(!isStopping, "a runner is stopped once")
        isStopping = true
        var waiting = shardPollers.count + (queuePoller == nil ? 0 : 1)
        guard waiting > 0 else { return context.loop.execute(LoopBox(completion).run) }
        let ended: () -> Void = {
            waiting -= 1
            if waiting == 0 { completion() }
        }
        for poller in shardPollers.values { poller.stop(ended) }
        queuePoller?.stop(ended)
    }

}

/// Carries a closure of the loop back to the loop. Made and run there, never touched in between.
struct LoopBox: @unchecked Sendable {
    private let action: () -> Void
    init(_ action: @escaping () -> Void) { self.action = action }
    func run() { action() }
}

// MARK: - What pollers report

extension MappingRunner {
    func batchClosed() {
        counts.batches += 1
        metrics.batches.add()
    }

    func invocationEnded(failed: Bool) {
        counts.invocations += 1
        metrics.invocations.add()
        if failed {
            counts.failedInvocations += 1
            metrics.failedInvocations.add()
        }
        // The two texts of AWS (esm-api.md §5); queue mappings have none.
        let result = failed ? "PROBLEM: Function call failed" : "OK"
        if mapping.lastProcessingResult != nil, mapping.lastProcessingResult != result {
            mapping.lastProcessingResult = result
            onResult(result)
        }
    }

    func settled(records: Int, discarded: Int) {
        counts.records += Int64(records)
        metrics.records.add(records)
        guard discarded > 0 else { return }
        counts.discarded += Int64(discarded)
        metrics.discarded.add(discarded)
    }

    func retried() {
        counts.retries += 1
        metrics.retries.add()
    }

    func bisected() {
        counts.bisects += 1
        metrics.bisects.add()
    }

    func movedToDeadLetter(_ count: Int) {
        counts.discarded += Int64(count)
        metrics.discarded.add(count)
    }

    /// Messages went to the dead-letter queue that no mapping ever executed.
    func neverExecuted(_ count: Int) {
        counts.neverExecuted += Int64(count)
        metrics.neverExecuted.add(count)
    }

    func noteActivity(of poller: ShardPoller) { onActivity(poller) }
}

extension PollerScaling {
    init(of settings: QueueMappingSettings) {
        if let pollers = settings.provisionedPollers {
            self = .provisioned(minimumPollers: pollers.minimum, maximumPollers: pollers.maximum)
        } else if let maximum = settings.maximumConcurrency {
            self = .limited(maximumConcurrency: maximum)
        } else {
            self = .automatic
        }
    }
}
