import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Telemetry

// MARK: - Starting

extension Engine {
    func start(_ mapping: EventSourceMapping, _ snapshot: CatalogSnapshot) {
        if mapping.source.service == "sqs" {
            guard let queue = snapshot.queue(mapping.source) else {
                return hold(mapping, "the queue to exist")
            }
            let runner = makeRunner(mapping)
            runner.start(queue: queue, function: functions[mapping.functionName])
            if let poller = runner.queuePoller { queuePollers[queue.key, default: []].append(poller) }
            if mapping.state != .enabled { settle(mapping, .enabled) }
        } else {
            guard let stream = snapshot.stream(read: mapping.source) else {
                let isConsumer = ConsumerReference(mapping.source) != nil
                return hold(mapping, "the stream \(isConsumer ? "consumer " : "")to exist")
            }
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
    func startNewShards(of runner: MappingRunner, _ snapshot: CatalogSnapshot) {
        guard let stream = snapshot.stream(read: runner.mapping.source) else { return }
        let new = stream.shards.filter { runner.shardPollers[$0.key] == nil && !runner.isStarting($0.key) }
        guard !new.isEmpty else { return }
        startShards(new, of: stream, runner, isFirstStart: false) {}
    }

    /// Fixes where the mapping begins in each shard, durably, and starts the pollers behind it.
    private func startShards(
        _ shards: [ShardDefinition], of stream: StreamDefinition, _ runner: MappingRunner, isFirstStart: Bool,
        _ completion: @escaping () -> Void
    ) {
        let wanted: [Beginning]
        do {
            wanted = try beginnings(in: shards, runner.mapping, isFirstStart)
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
        let whenDone = LoopBox(completion)
        context.store.submit { writer throws(StoreError) in
            var progress: [ShardProgress] = []
            for item in wanted {
                let position = try writer.startCheckpoint(
                    mapping: id, shard: item.shard, after: item.position)
                let settled = try writer.settledAhead(of: id, in: item.shard)
                let window = try writer.openWindow(of: id, in: item.shard)
                progress.append(
                    ShardProgress(checkpoint: position, settledAhead: settled, window: window))
            }
            return progress
        } completion: { [self] (result: Result<[ShardProgress], StoreError>) in
            context.loop.execute {
                self.started(shards, of: stream, runner, result)
                if case .success = result { whenDone.run() }
            }
        }
    }

    /// Where a mapping begins in one shard: behind a position.
    typealias Beginning = (shard: ShardKey, position: Position)

    func beginnings(
        in shards: [ShardDefinition], _ mapping: EventSourceMapping, _ isFirstStart: Bool
    ) throws(StoreError) -> [Beginning] {
        var beginnings: [Beginning] = []
        for shard in shards {
            beginnings.append((shard.key, try beginning(in: shard.key, mapping, isFirstStart)))
        }
        return beginnings
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
        _ result: Result<[ShardProgress], StoreError>
    ) {
        runner.didStart(shards.map(\.key))
        guard !runner.isStopping else { return }
        switch result {
        case .success(let progress):
            let role =
                functions[runner.mapping.functionName]?.role ?? "arn:aws:iam::000000000000:role/lambda-role"
            for (shard, progress) in zip(shards, progress) {
                runner.start(shard: shard, of: stream, from: progress, role: role)
                if let poller = runner.shardPollers[shard.key] {
                    shardPollers[shard.key, default: []].append(poller)
                }
            }
        case .failure(let error):
            // The mapping may have been deleted; otherwise the next change or start tries again.
            runner.lastError = "starting: \(error)"
            context.logger.log(
                .error, "shards not started",
                ["mapping": .string(runner.mapping.id), "error": .string("\(error)")])
        }
    }

    private func keepResult(_ id: String, _ result: String) {
        let logger = context.logger
        context.store.submit { writer throws(StoreError) in
            guard var stored = writer.catalog.mapping(id), stored.lastProcessingResult != result else {
                return
            }
            stored.lastProcessingResult = result
            try writer.updateMapping(stored)
        } completion: { stored in
            if case .failure(let error) = stored {
                logger.log(
                    .error, "last result not stored", ["mapping": .string(id), "error": .string("\(error)")])
            }
        }
    }
}
