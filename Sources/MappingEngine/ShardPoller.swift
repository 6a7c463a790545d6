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
    /// `nil` without tumbling windows.
    var windowing: WindowNotes?
    private(set) var phase = Phase.running
    var permitWait: PermitWait?
    var isWaitingForPermit: Bool { permitWait != nil }

    private var inbox: [LaneMachine.Input] = []
    private var effects: [LaneMachine.Effect] = []
    private var isStepping = false
    private var wake: TimerToken?
    private var lastFetch = (bytes: 0, records: 0)
    private var onEnd: (() -> Void)?

    init(
        runner: MappingRunner, stream: StreamDefinition, shard: ShardDefinition, settings: ShardSettings,
        lanes: Int, windowLength: Duration?, role: String
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
        case .keepSettled(let positions): settlement.keep(settledAhead: positions)
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
        case .finished, .stopped:
            cancelWake()
            leavePermitLine()
            phase = .ended
            endIfSettled()
        }
    }

    /// Calls back once nothing is left to commit.
    func endIfSettled() {
        guard phase == .ended, settlement.isClean, let action = onEnd else { return }
        onEnd = nil
        records.removeAll()
        action()
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
        var bytes: [UInt8] = []
        var entries: [EncodedRecords.Entry] = []
        var summaries: [RecordSummary] = []
        // Room for as much as the last time, so that long fetches do not grow their arrays step by step.
        bytes.reserveCapacity(lastFetch.bytes)
        entries.reserveCapacity(lastFetch.records)
        summaries.reserveCapacity(lastFetch.records)
        var places: [UInt8] = []
        let count = machine.laneCount
        var isCut = false
        let through: Position
        do {
            through = try context.reader.records(
                in: shard.key, after: position, limit: limit, maxBytes: limitBytes
            ) {
                (position, arrival, key, payload) in
                guard !machine.isSettled(position) else { return true }
                let start = bytes.count
                guard
                    encoder.append(
                        position, arrival: arrival, partitionKey: key, payload: payload, to: &bytes)
                else { preconditionFailure("the store holds change records for a table's stream") }
                let lane = UInt8(LaneHash.lane(of: key, lanes: count))
                entries.append(
                    .init(
                        position: position, arrival: arrival, start: start, end: bytes.count, lane: lane))
                if count > 1 { places.append(lane) }
                let size = bytes.count - start
                summaries.append(RecordSummary(position: position, arrival: arrival, encodedBytes: size))
                bytes.append(UInt8(ascii: ","))
                isCut = bytes.count >= limitBytes
                return !isCut
            }
        } catch {
            return fetchLater(after: position, limit: limit, bytes: limitBytes, error)
        }
        lastFetch = (bytes.count, entries.count)
        let arrival = entries.last?.arrival
        records.append(bytes: bytes, entries: entries)
        if let arrival {
            if lag == nil { lag = LagEstimate() }
            lag?.recordsRead(lastArrival: arrival, now: context.now())
            runner.noteActivity(of: self)
        }
        let isFull = isCut || summaries.count >= limit
        let beyond = isFull ? .more : continuation(after: through)
        step(.fetched(.init(summaries, through: through, beyond), lanes: places))
    }

    private func continuation(after position: Position) -> ShardMachine.Continuation {
        let current = context.store.catalog.snapshot.stream(stream.key)?.shard(shard.key)
        // A stream that is gone has no end either; the mapping is told about it elsewhere.
        guard let current, let end = current.endingPosition else {
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
