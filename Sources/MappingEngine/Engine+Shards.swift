import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Telemetry

// Which shards of a stream are read: `ShardLineage` decides, the engine fixes places and starts and ends pollers.

extension Engine {
    /// Where a mapping begins in one shard: behind a position.
    typealias Beginning = (shard: ShardKey, position: Position)

    /// Takes over which shards the runner's stream has now.
    func follow(_ stream: StreamDefinition, _ runner: MappingRunner) {
        guard runner.stream?.shards != stream.shards else { return }
        runner.stream = stream
        step(runner, .listed(stream.shards.map { ShardLineage.Member($0) }))
    }

    private func step(_ runner: MappingRunner, _ input: ShardLineage.Input) {
        guard !runner.isStopping else { return }
        for effect in runner.lineage.step(input) {
            switch effect {
            case .place(let shards): place(shards, runner)
            case .start(let shard): start(shard, runner)
            case .forget(let shard): runner.progress[shard] = nil
            }
        }
    }

    /// Fixes where the mapping begins in some shards, durably and all at once.
    private func place(_ shards: [ShardKey], _ runner: MappingRunner) {
        let wanted: [Beginning]
        do {
            wanted = try beginnings(in: shards, runner.mapping)
        } catch {
            return placed(shards, runner, .failure(error))
        }
        let id = runner.mapping.id
        context.store.submit { writer throws(StoreError) in
            // A mapping that has places already was created before these shards, whatever its state still says.
            let isFirst = try !writer.hasCheckpoints(of: id)
            var progress: [ShardProgress] = []
            for item in wanted {
                let position = try writer.startCheckpoint(
                    mapping: id, shard: item.shard, after: isFirst ? item.position : 0)
                let settled = try writer.settledAhead(of: id, in: item.shard)
                let window = try writer.openWindow(of: id, in: item.shard)
                progress.append(
                    ShardProgress(checkpoint: position, settledAhead: settled, window: window))
            }
            return progress
        } completion: { [self] (result: Result<[ShardProgress], StoreError>) in
            context.loop.execute { self.placed(shards, runner, result) }
        }
    }

    private func placed(
        _ shards: [ShardKey], _ runner: MappingRunner, _ result: Result<[ShardProgress], StoreError>
    ) {
        guard !runner.isStopping else { return }
        switch result {
        case .success(let progress):
            for (shard, progress) in zip(shards, progress) { runner.progress[shard] = progress }
            step(
                runner,
                .placed(
                    zip(shards, progress).map { shard, progress in
                        ShardLineage.Place(
                            shard: shard, checkpoint: progress.checkpoint,
                            hasOpenWindow: progress.window != nil)
                    }))
            // Those that had nothing left to read need no place any more.
            for shard in shards where !runner.lineage.isPending(shard) { runner.progress[shard] = nil }
            if runner.mapping.state != .enabled { settle(runner.mapping, .enabled) }
        case .failure(let error):
            step(runner, .notPlaced(shards))
            runner.lastError = "starting: \(error)"
            context.logger.log(
                .error, "shards not started",
                ["mapping": .string(runner.mapping.id), "error": .string("\(error)")])
            context.loop.schedule(after: EngineLimits.storeRetryDelay) { [weak self, weak runner] in
                guard let self, let runner, let stream = runner.stream else { return }
                self.step(runner, .listed(stream.shards.map { ShardLineage.Member($0) }))
            }
        }
    }

    private func start(_ key: ShardKey, _ runner: MappingRunner) {
        guard let stream = runner.stream, let shard = stream.shard(key),
            let progress = runner.progress.removeValue(forKey: key)
        else { preconditionFailure("a shard is started that was listed and has its place") }
        let role = function(of: runner.mapping)?.role ?? "arn:aws:iam::000000000000:role/lambda-role"
        let poller = runner.makePoller(of: shard, stream, role: role) { [weak self, weak runner] in
            guard let self, let runner else { return }
            self.ended($0, runner)
        }
        shardPollers[key, default: []].append(poller)
        poller.start(from: progress)
    }

    /// A shard is through: its poller goes, its children may come.
    private func ended(_ poller: ShardPoller, _ runner: MappingRunner) {
        guard !runner.isStopping else { return }
        forget(poller)
        runner.remove(poller)
        step(runner, .ended(poller.shard.key))
    }

    func forget(_ poller: ShardPoller) {
        let key = poller.shard.key
        shardPollers[key]?.removeAll { $0 === poller }
        if shardPollers[key]?.isEmpty == true { shardPollers[key] = nil }
        endActivity(of: poller)
    }

    /// Where a mapping that is being created begins in these shards.
    func beginnings(
        in shards: [ShardKey], _ mapping: EventSourceMapping
    ) throws(StoreError) -> [Beginning] {
        let isFirstStart = mapping.state == .creating
        var beginnings: [Beginning] = []
        for shard in shards {
            let start = isFirstStart ? mapping.settings.stream?.startingPosition : nil
            let position = try ShardBeginning.position(start, tip: context.reader.tip(of: shard).position) {
                (moment) throws(StoreError) in
                try context.reader.firstPosition(at: moment, in: shard)
            }
            beginnings.append((shard, position))
        }
        return beginnings
    }
}
