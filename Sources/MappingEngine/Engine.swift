package import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Synchronization

/// Runs every mapping of the store: follows the definitions, starts and stops pollers, wakes them on commits.
///
/// Confined to the loop of its context; `Engine` itself only hands over.
package final class Engine: @unchecked Sendable {
    package let context: EngineContext
    private(set) var runners: [String: MappingRunner] = [:]
    /// Mappings whose next state is on its way into the store.
    private var settling: Set<String> = []
    /// Why an enabled mapping has no runner.
    private var obstacles: [String: String] = [:]
    private var functions: [String: FunctionDefinition] = [:]
    private var shardPollers: [ShardKey: [ShardPoller]] = [:]
    private var queuePollers: [QueueKey: [QueuePoller]] = [:]
    private var activePollers: [ObjectIdentifier: ShardPoller] = [:]
    private var sampleTimer: TimerToken?
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
        var present: [String: FunctionDefinition] = [:]
        for function in snapshot.functions {
            present[function.name] = function
            if functions[function.name] != function { context.host.define(function) }
        }
        for name in functions.keys where present[name] == nil { context.host.remove(name: name) }
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
                startNewShards(of: runner, snapshot)
            }
        case .creating, .enabling, .updating:
            // Old pollers end first; their end comes back here.
            if let runner { return stop(runner) }
            if mapping.isEnabled {
                start(mapping, snapshot)
            } else {
                settle(mapping, .disabled)
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

    private func sourceIsGone(_ runner: MappingRunner, _ snapshot: CatalogSnapshot) -> Bool {
        if let poller = runner.queuePoller {
            guard let queue = snapshot.queue(poller.queue.key) else { return true }
            // The effective visibility follows the queue's attribute.
            return queue.attributes.visibilityTimeoutSeconds != poller.queue.attributes.visibilityTimeoutSeconds
        }
        return snapshot.stream(runner.mapping.source) == nil
    }

    private func stop(_ runner: MappingRunner) {
        let id = runner.mapping.id
        runner.stop { [self] in
            for poller in runner.shardPollers.values {
                shardPollers[poller.shard.key]?.removeAll { $0 === poller }
                if shardPollers[poller.shard.key]?.isEmpty == true { shardPollers[poller.shard.key] = nil }
                activePollers[ObjectIdentifier(poller)] = nil
            }
            if let poller = runner.queuePoller {
                queuePollers[poller.queue.key]?.removeAll { $0 === poller }
                if queuePollers[poller.queue.key]?.isEmpty == true { queuePollers[poller.queue.key] = nil }
            }
            runners[id] = nil
            endDrainIfDone()
            reconcile()
        }
    }

    /// Writes the state that a transition leads to, unless the service has changed the mapping meanwhile.
    private func settle(_ mapping: EventSourceMapping, _ state: EventSourceMapping.State) {
        write(mapping.id) { writer throws(StoreError) in
            guard var stored = writer.catalog.mapping(mapping.id), stored.state == mapping.state else { return }
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

    private func write(_ id: String, _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> Void) {
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
            context.loop.schedule(after: EngineLimits.storeRetryDelay) { [self] in
                settling.remove(id)
                reconcile()
            }
        }
    }
}

// MARK: - Starting

extension Engine {
    private func start(_ mapping: EventSourceMapping, _ snapshot: CatalogSnapshot) {
        if mapping.source.service == "sqs" {
            guard let queue = snapshot.queue(mapping.source) else { return hold(mapping, "the queue to exist") }
            let runner = makeRunner(mapping)
            runner.start(queue: queue, function: functions[mapping.functionName])
            if let poller = runner.queuePoller { queuePollers[queue.key, default: []].append(poller) }
            if mapping.state != .enabled { settle(mapping, .enabled) }
        } else {
            guard let stream = snapshot.stream(mapping.source) else { return hold(mapping, "the stream to exist") }
            startStream(mapping, stream)
        }
    }

    private func hold(_ mapping: EventSourceMapping, _ obstacle: String) {
        obstacles[mapping.id] = obstacle
        if mapping.state != .enabled { settle(mapping, .enabled) }
    }

    private func makeRunner(_ mapping: EventSourceMapping) -> MappingRunner {
        obstacles[mapping.id] = nil
        let id = mapping.id
        let runner = MappingRunner(context: context, mapping: mapping) { [weak self] result in
            self?.keepResult(id, result)
        } onActivity: { [weak self] poller in
            self?.noteActivity(of: poller)
        }
        runners[id] = runner
        return runner
    }

    private func startStream(_ mapping: EventSourceMapping, _ stream: StreamDefinition) {
        let runner = makeRunner(mapping)
        startShards(stream.shards, of: stream, runner, isFirstStart: mapping.state == .creating) { [self] in
            if mapping.state != .enabled { settle(mapping, .enabled) }
        }
    }

    /// Shards that have appeared since the start are read from their beginning, whatever `StartingPosition` says.
    private func startNewShards(of runner: MappingRunner, _ snapshot: CatalogSnapshot) {
        guard let stream = snapshot.stream(runner.mapping.source) else { return }
        let new = stream.shards.filter { runner.shardPollers[$0.key] == nil && !runner.isStarting($0.key) }
        guard !new.isEmpty else { return }
        startShards(new, of: stream, runner, isFirstStart: false) {}
    }

    /// Fixes where the mapping begins in each shard, durably, and starts the pollers behind it.
    private func startShards(
        _ shards: [ShardDefinition], of stream: StreamDefinition, _ runner: MappingRunner, isFirstStart: Bool,
        _ completion: @escaping () -> Void
    ) {
        var beginnings: [(shard: ShardKey, position: Position)] = []
        do {
            for shard in shards {
                beginnings.append((shard.key, try beginning(in: shard.key, runner.mapping, isFirstStart)))
            }
        } catch {
            runner.lastError = "starting: \(error)"
            context.loop.schedule(after: EngineLimits.storeRetryDelay) { [self] in
                guard !runner.isStopping else { return }
                startShards(shards, of: stream, runner, isFirstStart: isFirstStart, completion)
            }
            return
        }
        runner.willStart(shards.map(\.key))
        let id = runner.mapping.id
        let wanted = beginnings
        let whenDone = LoopBox(completion)
        context.store.submit { writer throws(StoreError) in
            var positions: [Position] = []
            for item in wanted {
                positions.append(try writer.startCheckpoint(mapping: id, shard: item.shard, after: item.position))
            }
            return positions
        } completion: { [self] (result: Result<[Position], StoreError>) in
            context.loop.execute {
                self.started(shards, of: stream, runner, result)
                if case .success = result { whenDone.run() }
            }
        }
    }

    private func beginning(
        in shard: ShardKey, _ mapping: EventSourceMapping, _ isFirstStart: Bool
    ) throws(StoreError) -> Position {
        guard isFirstStart, let settings = mapping.settings.stream else { return 0 }
        switch settings.startingPosition {
        case .trimHorizon: return 0
        case .latest: return context.reader.tip(of: shard).position
        case .atTimestamp(let moment):
            // Without such a record yet, the next one to be written is the first.
            guard let first = try context.reader.firstPosition(at: moment, in: shard) else {
                return context.reader.tip(of: shard).position
            }
            return first - 1
        }
    }

    private func started(
        _ shards: [ShardDefinition], of stream: StreamDefinition, _ runner: MappingRunner,
        _ result: Result<[Position], StoreError>
    ) {
        runner.didStart(shards.map(\.key))
        guard !runner.isStopping else { return }
        switch result {
        case .success(let positions):
            let role = functions[runner.mapping.functionName]?.role ?? "arn:aws:iam::000000000000:role/lambda-role"
            for (shard, position) in zip(shards, positions) {
                runner.start(shard: shard, of: stream, after: position, role: role)
                if let poller = runner.shardPollers[shard.key] {
                    shardPollers[shard.key, default: []].append(poller)
                }
            }
        case .failure(let error):
            // The mapping may have been deleted; otherwise the next change or start tries again.
            runner.lastError = "starting: \(error)"
            context.logger.log(
                .error, "shards not started", ["mapping": .string(runner.mapping.id), "error": .string("\(error)")])
        }
    }

    private func keepResult(_ id: String, _ result: String) {
        let logger = context.logger
        context.store.submit { writer throws(StoreError) in
            guard var stored = writer.catalog.mapping(id), stored.lastProcessingResult != result else { return }
            stored.lastProcessingResult = result
            try writer.updateMapping(stored)
        } completion: { stored in
            if case .failure(let error) = stored {
                logger.log(.error, "last result not stored", ["mapping": .string(id), "error": .string("\(error)")])
            }
        }
    }
}

// MARK: - Sampling ages

extension Engine {
    private func noteActivity(of poller: ShardPoller) {
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
                let waits = mapping.state == .disabled ? "being enabled" : obstacles[mapping.id] ?? "its pollers to start"
                return MappingSnapshot(
                    mapping: mapping, counts: MappingCounts(), inFlight: 0, waitsFor: waits, lastError: nil, shards: [])
            }
            return runner.snapshot(stored: mapping, now: context.now())
        }
    }
}
