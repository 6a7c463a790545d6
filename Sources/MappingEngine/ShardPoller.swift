import Digest
import EventModel
import EventStore
import HTTP
import MappingCore
import RuntimeAPI
import Telemetry

/// What a poller remembers of one lane.
struct LaneNotes {
    /// The ID of the newest request; only the newest is ever used again.
    var request: (ordinal: RequestOrdinal, id: String) = (0, "")
    /// What the function last answered when it failed, for the discard store.
    var lastAnswer: (payload: [UInt8], logTail: [UInt8]) = ([], [])
    var lastError: String?
}

/// Runs the machine of one shard for one mapping, with its lanes: feeds it what happened and performs its effects.
///
/// Confined to the engine's loop: made there, and every callback of store, host and timers comes back to it.
final class ShardPoller: @unchecked Sendable {
    enum Phase: Equatable {
        case running
        /// The machine was told to stop; what it settled is still being committed.
        case stopping
        case ended
    }

    let shard: ShardDefinition
    let stream: StreamDefinition
    unowned let runner: MappingRunner
    let context: EngineContext
    let numbers: SequenceNumber
    let encoder: RecordEncoder

    var machine: LaneMachine
    var records = EncodedRecords()
    var settlement = PendingSettlement()
    /// Made with the first record, so that idle shards stay small.
    var lag: LagEstimate?
    var history = AgeHistory()
    var lastError: String?
    var lanes: [LaneNotes]
    /// Reports on records that the function succeeded with and the checkpoint has not passed.
    var successes: [DestinationReport] = []
    /// `nil` without tumbling windows.
    var windowing: WindowNotes?
    private(set) var phase = Phase.running
    /// Filtered records that no decision has told of yet, and when one last did.
    var filteredUntold: (count: Int, told: Timestamp?) = (0, nil)
    var permitWait: PermitWait?
    /// What all lanes have in use, so that a slow shard with many lanes does not take what others wait for.
    let permits = PermitHolder()
    var isWaitingForPermit: Bool { permitWait != nil }

    private var inbox: [LaneMachine.Input] = []
    private var effects: [LaneMachine.Effect] = []
    private var isStepping = false
    private var wake: TimerToken?
    private var lastFetch = (bytes: 0, records: 0)
    private var onEnd: (() -> Void)?
    private var onShardEnd: ((ShardPoller) -> Void)?

    init(
        runner: MappingRunner, stream: StreamDefinition, shard: ShardDefinition, settings: ShardSettings,
        lanes: Int, windowLength: Duration?, role: String, onShardEnd: @escaping (ShardPoller) -> Void
    ) {
        self.runner = runner
        self.stream = stream
        self.shard = shard
        context = runner.context
        numbers = SequenceNumber(shard: shard, of: stream)
        encoder = RecordEncoder(stream: stream, shard: shard, source: runner.mapping.source, role: role)
        machine = LaneMachine(settings: settings, lanes: lanes, windowLength: windowLength)
        self.lanes = Array(repeating: LaneNotes(), count: lanes)
        windowing = windowLength.map { WindowNotes(length: $0) }
        self.onShardEnd = onShardEnd
    }

    func start(from progress: ShardProgress) {
        precondition(context.loop.isCurrent, "pollers live on the engine's loop")
        settlement.start(at: progress.checkpoint)
        if windowing == nil, progress.window != nil { settlement.keep(.none) }
        if let window = progress.window { windowing?.state = window.state }
        let open = progress.window.map { TumblingWindow(start: $0.start, end: $0.end) }
        step(.start(after: progress.checkpoint, settled: progress.settledAhead, window: open))
    }

    func recordsMayBeAvailable() {
        if phase == .running { step(.recordsMayBeAvailable) }
    }

    func functionMayBeReachable() {
        if phase == .running { step(.functionMayBeReachable) }
    }

    /// Lets the invocation in flight end, commits what is settled, then calls back.
    func stop(_ completion: @escaping () -> Void) {
        precondition(context.loop.isCurrent && onEnd == nil, "a poller is stopped once, on its loop")
        onEnd = completion
        guard phase == .running else { return endIfSettled() }
        phase = .stopping
        step(.stop)
    }

    /// Feeds the machine. Effects may feed it again; such inputs wait for their turn.
    func step(_ input: LaneMachine.Input) {
        inbox.append(input)
        guard !isStepping else { return }
        // The end of its last poller lets go of the runner, which is still needed for what follows here.
        let runner = runner
        defer { withExtendedLifetime(runner) {} }
        isStepping = true
        var next = 0
        while next < inbox.count {
            effects.removeAll(keepingCapacity: true)
            machine.step(inbox[next], now: context.now(), into: &effects)
            next += 1
            for index in effects.indices { perform(effects[index]) }
        }
        inbox.removeAll(keepingCapacity: true)
        isStepping = false
        flush()
    }

    private func perform(_ effect: LaneMachine.Effect) {
        switch effect {
        case .fetch(let position, let limit, let bytes): fetch(after: position, limit: limit, bytes: bytes)
        case .invoke(let lane, let plan): invoke(plan, in: lane)
        case .settle(let position): settle(through: position)
        case .discard(let lane, let batch): discard(batch, of: lane)
        case .keepSettled(let positions):
            settlement.keep(settledAhead: positions)
            releaseSuccesses(among: positions)
        case .invokeWindow(let plan): invoke(plan)
        case .dropWindowState: windowing?.state = WindowNotes.emptyState
        case .keepWindow(let window): keep(window)
        case .discardWindow(let window): discard(window)
        case .wake(let time): schedule(time)
        case .cancelWake: cancelWake()
        case .release(let position): records.release(through: position)
        case .explain(let lane, let decision): explain(decision, of: lane)
        case .explainHeldBack(let lane, let first, let records):
            explainHeldBack(lane, first: first, records: records)
        case .finished:
            explainEnd()
            end()
        case .stopped:
            onShardEnd = nil
            end()
        }
    }

    private func end() {
        cancelWake()
        leavePermitLine()
        phase = .ended
        endIfSettled()
    }

    /// Calls back once nothing is left to commit.
    func endIfSettled() {
        guard phase == .ended, settlement.isClean else { return }
        if let action = onEnd {
            onEnd = nil
            onShardEnd = nil
            records.removeAll()
            action()
        } else if let action = onShardEnd {
            onShardEnd = nil
            records.removeAll()
            action(self)
        }
    }
}

// MARK: - Timer

extension ShardPoller {
    private func schedule(_ time: Timestamp) {
        cancelWake()
        let delay = max(.zero, time - context.now())
        wake = context.loop.schedule(after: delay) { [weak self] in
            guard let self else { return }
            self.wake = nil
            self.step(.timerFired)
        }
    }

    private func cancelWake() {
        if let wake { context.loop.cancel(wake) }
        wake = nil
    }
}

// MARK: - Reading

extension ShardPoller {
    private func fetch(after position: Position, limit: Int, bytes limitBytes: Int) {
        // Room for as much as the last time, so that long fetches do not grow their arrays step by step.
        var read = ShardRead(bytes: lastFetch.bytes, records: lastFetch.records)
        let count = machine.laneCount
        let through: Position
        do {
            // A read that passes most records over looks at more of them, but not without end.
            let isFiltered = runner.filter != nil
            let most = isFiltered ? max(limit, EngineLimits.filterScanRecords) : limit
            let mostBytes = isFiltered ? max(limitBytes, EngineLimits.filterScanBytes) : limitBytes
            through = try context.reader.records(
                in: shard.key, after: position, limit: most, maxBytes: mostBytes
            ) {
                (position, arrival, key, payload) in
                read.note(arrival, bytes: key.count + payload.count)
                let isWanted = !machine.isSettled(position)
                if isWanted { read.polled += 1 }
                if isWanted, !isFiltered || passes(position, arrival, key, payload, &read) {
                    encode(position, arrival, key, payload, lanes: count, into: &read)
                }
                return read.records.count < limit && read.bytes.count < limitBytes
                    && read.bytesLookedAt < mostBytes && read.lookedAt < most
            }
            read.isFull =
                read.records.count >= limit || read.bytes.count >= limitBytes
                || read.bytesLookedAt >= mostBytes || read.lookedAt >= most
        } catch {
            return fetchLater(after: position, limit: limit, bytes: limitBytes, error)
        }
        lastFetch = (read.bytes.count, read.entries.count)
        records.append(bytes: read.bytes, entries: read.entries)
        if let arrival = read.lastArrival {
            if lag == nil { lag = LagEstimate() }
            lag?.recordsRead(lastArrival: arrival, now: context.now())
            runner.noteActivity(of: self)
        }
        runner.polled(read.polled, filteredOut: read.filtered?.count ?? 0)
        if let sample = read.filtered { explainFiltered(sample) }
        let beyond = read.isFull ? .more : continuation(after: through)
        let answer = LaneMachine.Input.fetched(
            .init(read.records, through: through, beyond), lanes: read.lanes)
        guard read.isFull, read.records.count < limit, read.filtered != nil else { return step(answer) }
        // A long run of records that are mostly passed over is read in pieces, between which others get their turn.
        context.loop.execute { [self] in
            // Stopped meanwhile, and perhaps without its runner.
            if phase != .ended { step(answer) }
        }
    }

    /// Asks the filters; what they turn away is noted.
    private func passes(
        _ position: Position, _ arrival: Timestamp, _ key: Span<UInt8>, _ payload: Span<UInt8>,
        _ read: inout ShardRead
    ) -> Bool {
        let passes = runner.filter?.passes(
            position, arrival: arrival, partitionKey: key, payload: payload, of: shard.key, in: stream,
            numbers: numbers)
        if passes ?? true { return true }
        // A change begins with bytes that are no text.
        let start = isTableStream ? ChangeRecord.Header.byteCount : 0
        read.noteFiltered(position, payload.extracting(start..<payload.count))
        return false
    }

    private func encode(
        _ position: Position, _ arrival: Timestamp, _ key: Span<UInt8>, _ payload: Span<UInt8>,
        lanes count: Int, into read: inout ShardRead
    ) {
        let start = read.bytes.count
        guard encoder.append(position, arrival: arrival, partitionKey: key, payload: payload, to: &read.bytes)
        else { preconditionFailure("the store holds change records for a table's stream") }
        let end = read.bytes.count
        let lane = UInt8(LaneHash.lane(of: key, lanes: count))
        read.entries.append(
            .init(position: position, arrival: arrival, start: start, end: end, lane: lane))
        if count > 1 { read.lanes.append(lane) }
        read.records.append(RecordSummary(position: position, arrival: arrival, encodedBytes: end - start))
        read.bytes.append(UInt8(ascii: ","))
    }

    private func continuation(after position: Position) -> ShardMachine.Continuation {
        // A stream that is gone has no end; the mapping is told about it elsewhere.
        guard let current = context.store.catalog.snapshot.stream(stream.key) else { return .exhausted }
        // A shard that its stream lists no more was closed, and all its records were trimmed.
        guard let shard = current.shard(shard.key) else { return .shardEnd }
        guard let end = shard.endingPosition else {
            return context.reader.tip(of: shard.key).position > position ? .more : .exhausted
        }
        return position >= end ? .shardEnd : .more
    }

    private func fetchLater(after position: Position, limit: Int, bytes: Int, _ error: StoreError) {
        lastError = "reading: \(error)"
        context.logger.log(
            .error, "shard read failed",
            ["mapping": .string(runner.mapping.id), "shard": .string(shard.id), "error": .string("\(error)")])
        context.loop.schedule(after: EngineLimits.storeRetryDelay) { [weak self] in
            guard let self else { return }
            self.fetch(after: position, limit: limit, bytes: bytes)
        }
    }
}
