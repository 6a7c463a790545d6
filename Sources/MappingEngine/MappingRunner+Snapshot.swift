import EventModel
import EventStore
import MappingCore

// MARK: - Status

extension MappingRunner {
    /// - Parameter stored: The mapping as the store has it, state included.
    func snapshot(stored: EventSourceMapping, now: Timestamp) -> MappingSnapshot {
        var shards: [ShardSnapshot] = []
        if let queuePoller {
            shards.append(queuePoller.snapshot(now: now))
        }
        for poller in shardPollers.values.sorted(by: { $0.shard.key < $1.shard.key }) {
            shards.append(poller.snapshot(now: now))
        }
        let inFlight = shards.reduce(0) { $0 + $1.inFlight }
        var waitsFor = ""
        if inFlight == 0 {
            // The shard that is furthest behind says best why nothing moves; those in line behind it cannot.
            let none = lineage.isExhausted ? "nothing: all shards have ended" : "shards"
            waitsFor = shards.max { $0.recordsBehind < $1.recordsBehind }?.waitsFor ?? none
        }
        for shard in lineage.waiting {
            if let snapshot = snapshot(waiting: shard) { shards.append(snapshot) }
        }
        return MappingSnapshot(
            mapping: stored, counts: counts, inFlight: inFlight, waitsFor: waitsFor, lastError: lastError,
            shards: shards, standing: queuePoller?.machine.standing(now: now))
    }
}

extension MappingRunner {
    /// A shard whose parents are not through.
    private func snapshot(waiting key: ShardKey) -> ShardSnapshot? {
        guard let stream, let shard = stream.shard(key) else { return nil }
        var snapshot = ShardSnapshot()
        snapshot.shardID = shard.id
        let checkpoint = progress[key]?.checkpoint ?? 0
        snapshot.recordsBehind = max(0, context.reader.tip(of: key).position - checkpoint)
        snapshot.parents = lineage.waits(key).map { stream.shard($0)?.id ?? "a shard that is trimmed" }
        snapshot.waitsFor = "the end of " + snapshot.parents.joined(separator: " and ")
        return snapshot
    }
}

extension AgeSample {
    init(_ histogram: AgeHistogram) {
        self.init(last: histogram.last, p99: histogram.quantile(0.99), maximum: histogram.maximum)
    }
}

extension ShardPoller {
    func snapshot(now: Timestamp) -> ShardSnapshot {
        var snapshot = ShardSnapshot()
        snapshot.shardID = shard.id
        let checkpoint = settlement.checkpoint
        let tip = context.reader.tip(of: shard.key).position
        if checkpoint > 0 { snapshot.checkpoint = checkpointText(checkpoint) }
        snapshot.recordsBehind = max(0, tip - checkpoint)
        if var lag {
            lag.observe(tip: tip, checkpoint: checkpoint, now: now)
            snapshot.ageAtRead = AgeSample(lag.ageAtRead)
            snapshot.ageAtInvoke = AgeSample(lag.ageAtInvoke)
            snapshot.ageAtCompletion = AgeSample(lag.ageAtCompletion)
            snapshot.drainPerSecond = lag.drainRate(now: now)
            snapshot.timeToDrain = lag.timeToDrain(now: now)
            self.lag = lag
        }
        snapshot.lastError = lastError
        snapshot.history = history.inOrder
        snapshot.waitsFor = waitsFor(now: now)
        snapshot.inFlight = machine.inFlightBatches
        return snapshot
    }

    private func checkpointText(_ position: Position) -> String? {
        do {
            return try context.reader.arrival(of: position, in: shard.key).map {
                numbers.text(position, arrival: $0)
            }
        } catch {
            // Shown beside what else is known; the number itself is not worth failing a status page for.
            return nil
        }
    }

    private func waitsFor(now: Timestamp) -> String {
        if isWaitingForPermit { return "a concurrency permit" }
        if settlement.isFailing { return "the store to take writes again" }
        if let wait = machine.windowWait {
            let left = DecisionText.length(wait.until - now)
            guard case .failed(_, let attempts) = wait.reason else {
                return "the function, to end a window, again in \(left)"
            }
            return "the end of a window, retry \(attempts) in \(left)"
        }
        // The lane that is furthest behind says best why the checkpoint does not move.
        let lane = machine.lowest?.lane ?? 0
        let holds = "lane \(lane + 1) of \(machine.laneCount), which holds the others back: "
        return (machine.isHeldBack ? holds : "") + waitsFor(lane, now: now)
    }

    private func waitsFor(_ lane: Int, now: Timestamp) -> String {
        switch machine.activity(of: lane) {
        case .notStarted: return "its start"
        case .idle: return "records"
        case .collecting(let records, let until):
            return "a batching window (\(records) records, \(DecisionText.length(until - now)) left)"
        case .reading: return "a read"
        case .invoking: return ""
        case .waiting(_, _, let reason, let until):
            let left = DecisionText.length(until - now)
            switch reason {
            case .failed(_, let attempts): return "retry \(attempts) in \(left)"
            case .notReached(.throttled): return "the function's concurrency, again in \(left)"
            case .notReached(.unavailable(let why)): return "\(why) Again in \(left)"
            }
        case .finished: return "nothing: the shard has ended"
        case .stopped: return "nothing: stopped"
        }
    }

    /// Adds a sample to the history; false when the shard has been idle for as long as the history reaches.
    func sampleAge(now: Timestamp) -> Bool {
        guard phase == .running else { return false }
        let checkpoint = settlement.checkpoint
        let tip = context.reader.tip(of: shard.key)
        lag?.observe(tip: tip.position, checkpoint: checkpoint, now: now)
        guard tip.position > checkpoint else {
            history.add(.zero)
            return now - tip.arrival < .seconds(EngineLimits.historySamples)
        }
        let oldest = records.first(after: checkpoint)?.arrival ?? tip.arrival
        history.add(now - oldest)
        return true
    }
}

extension QueuePoller {
    func snapshot(now: Timestamp) -> ShardSnapshot {
        var snapshot = ShardSnapshot()
        let counters = context.store.leases.counters(of: queue.key, now: now)
        let behind = counters.visible + counters.inFlight
        observeLag(now: now)
        snapshot.recordsBehind = Int64(behind)
        snapshot.ageAtRead = AgeSample(lag.ageAtRead)
        snapshot.ageAtInvoke = AgeSample(lag.ageAtInvoke)
        snapshot.ageAtCompletion = AgeSample(lag.ageAtCompletion)
        snapshot.drainPerSecond = lag.drainRate(now: now)
        snapshot.timeToDrain = lag.timeToDrain(now: now)
        snapshot.lastError = lastError
        snapshot.inFlight = machine.inFlightBatches
        if isWaitingForFunction {
            snapshot.waitsFor = "the function to be defined"
        } else if isWaitingForPermit {
            snapshot.waitsFor = "a concurrency permit"
        } else if machine.inFlightBatches == 0 {
            let isHidden = counters.visible == 0 && counters.inFlight > 0
            snapshot.waitsFor = isHidden ? "messages to become visible again" : "messages"
        }
        return snapshot
    }
}
