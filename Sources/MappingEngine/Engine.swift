import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Synchronization
import Telemetry

/// Runs every mapping of the store: follows the definitions, starts and stops pollers, wakes them on commits.
///
/// Confined to the loop of its context; `Engine` itself only hands over.
package final class Engine: @unchecked Sendable {
    package let context: EngineContext
    var runners: [String: MappingRunner] = [:]
    /// Mappings whose next state is on its way into the store.
    private var settling: Set<String> = []
    /// Why an enabled mapping has no runner.
    var obstacles: [String: String] = [:]
    var functions: [FunctionKey: FunctionFamily] = [:]
    private var functionEdition: Int?
    var shardPollers: [ShardKey: [ShardPoller]] = [:]
    var queuePollers: [QueueKey: [QueuePoller]] = [:]
    private var activePollers: [ObjectIdentifier: ShardPoller] = [:]
    private var sampleTimer: TimerToken?
    /// Last results of mappings that are not on their way into the store yet.
    var results: [String: String] = [:]
    var resultTimer: TimerToken?
    private var isReconciling = false
    private var drainCompletion: (() -> Void)?
    private var isDraining = false
    /// What commits made readable and the loop has not yet seen.
    private let pending = Mutex(CommittedChanges())

    package init(context: EngineContext) {
        self.context = context
    }

    /// Follows the store from now on. Any thread, once.
    package func start() {
        context.store.observe { [self] changes in
            let isFirst = pending.withLock { waiting in
                let wasEmpty = waiting.isEmpty
                waiting.queues += changes.queues
                waiting.shards += changes.shards
                waiting.definitionsChanged = waiting.definitionsChanged || changes.definitionsChanged
                return wasEmpty && !waiting.isEmpty
            }
            if isFirst { context.loop.execute { self.takeChanges() } }
        }
        context.loop.execute { self.reconcile() }
    }

    private func takeChanges() {
        let changes = pending.withLock { waiting in
            let taken = waiting
            waiting = CommittedChanges()
            return taken
        }
        for shard in changes.shards {
            for poller in shardPollers[shard] ?? [] { poller.recordsMayBeAvailable() }
        }
        for queue in changes.queues {
            for poller in queuePollers[queue] ?? [] { poller.messagesMayBeAvailable() }
        }
        if changes.definitionsChanged { reconcile() }
    }

    /// Stops polling, lets invocations end and commits what they settled; then calls back on the loop.
    package func drain(_ completion: @escaping @Sendable () -> Void) {
        context.loop.execute { [self] in
            isDraining = true
            drainCompletion = completion
            for runner in runners.values where !runner.isStopping { stop(runner) }
            endDrainIfDone()
        }
    }

    private func endDrainIfDone() {
        guard isDraining, runners.isEmpty, let completion = drainCompletion else { return }
        drainCompletion = nil
        storeResults()
        completion()
    }
}

// MARK: - Following the definitions

extension Engine {
    private func reconcile() {
        precondition(context.loop.isCurrent, "the engine lives on its loop")
        guard !isDraining else { return }
        let snapshot = context.store.catalog.snapshot
        followFunctions(snapshot)
        let mappings = snapshot.mappings
        for mapping in mappings where !settling.contains(mapping.id) { follow(mapping, snapshot) }
        let known = Set(mappings.map(\.id))
        for (id, runner) in runners where !known.contains(id) && !runner.isStopping { stop(runner) }
        for id in obstacles.keys where !known.contains(id) { obstacles[id] = nil }
    }

    private func followFunctions(_ snapshot: CatalogSnapshot) {
        guard snapshot.functionEdition != functionEdition else { return }
        functionEdition = snapshot.functionEdition
        var present: [FunctionKey: FunctionFamily] = [:]
        for family in snapshot.families {
            present[family.key] = family
            guard functions[family.key] != family else { continue }
            context.host.define(family)
            for runner in runners.values where runner.mapping.functionKey == family.key {
                guard let function = family.definition(qualifier: runner.mapping.functionQualifier) else {
                    continue
                }
                runner.functionWasDefined(function)
            }
        }
        for key in functions.keys where present[key] == nil { context.host.remove(key) }
        functions = present
    }

    private func follow(_ mapping: EventSourceMapping, _ snapshot: CatalogSnapshot) {
        let runner = runners[mapping.id]
        if let runner, runner.isStopping { return }
        switch mapping.state {
        case .enabled:
            guard let runner else { return start(mapping, snapshot) }
            if sourceIsGone(runner, snapshot) {
                stop(runner)
            } else {
                runner.adopt(mapping)
                if let stream = snapshot.stream(read: mapping.source) { follow(stream, runner) }
            }
        case .creating, .enabling, .updating:
            if let runner { return goOn(runner, towards: mapping, snapshot) }
            if mapping.isEnabled {
                start(mapping, snapshot)
            } else {
                settleDisabled(mapping, snapshot)
            }
        case .disabling:
            if let runner { return stop(runner) }
            settle(mapping, .disabled)
        case .deleting:
            if let runner { return stop(runner) }
            remove(mapping)
        case .disabled:
            if let runner { stop(runner) }
        }
    }

    /// Old pollers end first; their end comes back here. Those that are being started for this very transition go on: to
    /// stop them only starts them again, and with several mappings each would stop the others without end.
    private func goOn(
        _ runner: MappingRunner, towards mapping: EventSourceMapping, _ snapshot: CatalogSnapshot
    ) {
        let isMeant =
            runner.mapping.state == mapping.state && runner.mapping.modifiedAt == mapping.modifiedAt
            && runner.mapping.settings == mapping.settings && mapping.isEnabled
        guard !sourceIsGone(runner, snapshot) else { return stop(runner) }
        let function = function(of: mapping)
        if mapping.state == .updating, runner.adoptSettings(of: mapping, function: function) {
            return settle(mapping, .enabled)
        }
        guard isMeant else { return stop(runner) }
        if let stream = snapshot.stream(read: mapping.source) { follow(stream, runner) }
    }

    private func sourceIsGone(_ runner: MappingRunner, _ snapshot: CatalogSnapshot) -> Bool {
        if let poller = runner.queuePoller {
            guard let queue = snapshot.queue(poller.queue.key) else { return true }
            // The effective visibility follows the queue's attribute.
            return queue.attributes.visibilityTimeoutSeconds
                != poller.queue.attributes.visibilityTimeoutSeconds
        }
        guard let known = runner.stream, let stream = snapshot.stream(read: runner.mapping.source) else {
            return true
        }
        // One that was created anew has the old one's name, and how old a record may become follows retention.
        return stream.key != known.key || stream.retentionHours != known.retentionHours
    }

    private func stop(_ runner: MappingRunner) {
        let id = runner.mapping.id
        runner.stop { [self] in
            for poller in runner.shardPollers.values { forget(poller) }
            if let poller = runner.queuePoller {
                queuePollers[poller.queue.key]?.removeAll { $0 === poller }
                if queuePollers[poller.queue.key]?.isEmpty == true { queuePollers[poller.queue.key] = nil }
            }
            runners[id] = nil
            endDrainIfDone()
            reconcile()
        }
    }

    /// A starting position counts from the creation, even if the mapping is enabled much later.
    private func settleDisabled(_ mapping: EventSourceMapping, _ snapshot: CatalogSnapshot) {
        let stream = mapping.state == .creating ? snapshot.stream(read: mapping.source) : nil
        do {
            let shards = stream?.shards.map(\.key) ?? []
            settle(mapping, .disabled, startingAt: try beginnings(in: shards, mapping))
        } catch {
            written(mapping.id, .failure(error))
        }
    }

    /// Writes the state that a transition leads to, unless the service has changed the mapping meanwhile.
    func settle(
        _ mapping: EventSourceMapping, _ state: EventSourceMapping.State,
        startingAt beginnings: [Beginning] = []
    ) {
        write(mapping.id) { writer throws(StoreError) in
            guard var stored = writer.catalog.mapping(mapping.id), stored.state == mapping.state else {
                return
            }
            for beginning in beginnings {
                _ = try writer.startCheckpoint(
                    mapping: mapping.id, shard: beginning.shard, after: beginning.position)
            }
            stored.state = state
            try writer.updateMapping(stored)
        }
    }

    private func remove(_ mapping: EventSourceMapping) {
        MappingMetrics(registry: context.metrics, mapping: mapping).remove(from: context.metrics)
        write(mapping.id) { writer throws(StoreError) in
            if writer.catalog.mapping(mapping.id) != nil { try writer.deleteMapping(mapping.id) }
        }
    }

    private func write(
        _ id: String, _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> Void
    ) {
        settling.insert(id)
        context.store.submit(operation) { [self] result in
            context.loop.execute { self.written(id, result) }
        }
    }

    private func written(_ id: String, _ result: Result<Void, StoreError>) {
        switch result {
        case .success:
            settling.remove(id)
            reconcile()
        case .failure(let error):
            context.logger.log(
                .error, "mapping state not stored", ["mapping": .string(id), "error": .string("\(error)")])
            settling.insert(id)
            context.loop.schedule(after: EngineLimits.storeRetryDelay) { [self] in
                settling.remove(id)
                reconcile()
            }
        }
    }
}

// MARK: - Sampling ages

extension Engine {
    func endActivity(of poller: ShardPoller) { activePollers[ObjectIdentifier(poller)] = nil }

    func noteActivity(of poller: ShardPoller) {
        activePollers[ObjectIdentifier(poller)] = poller
        guard sampleTimer == nil else { return }
        sampleTimer = context.loop.schedule(after: .seconds(1)) { [weak self] in self?.sample() }
    }

    /// Once a second for shards that had something to do within the history's span; idle shards cost nothing.
    private func sample() {
        sampleTimer = nil
        let now = context.now()
        for (key, poller) in activePollers where !poller.sampleAge(now: now) { activePollers[key] = nil }
        guard !activePollers.isEmpty else { return }
        sampleTimer = context.loop.schedule(after: .seconds(1)) { [weak self] in self?.sample() }
    }
}

// MARK: - Status

extension Engine {
    /// All mappings as they are now, sorted by ID. On the loop.
    package func snapshots() -> [MappingSnapshot] {
        precondition(context.loop.isCurrent, "the engine lives on its loop")
        return context.store.catalog.snapshot.mappings.map { mapping in
            guard let runner = runners[mapping.id] else {
                let waits =
                    mapping.state == .disabled
                    ? "being enabled" : obstacles[mapping.id] ?? "its pollers to start"
                return MappingSnapshot(
                    mapping: mapping, counts: MappingCounts(), inFlight: 0, waitsFor: waits, lastError: nil,
                    shards: [])
            }
            return runner.snapshot(stored: mapping, now: context.now())
        }
    }
}
