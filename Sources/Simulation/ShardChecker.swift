package import EventModel
package import MappingCore

/// Holds a shard machine to its promises, effect by effect; collects what it breaks (style.md §6).
package struct ShardChecker {
    package private(set) var violations: [String] = []
    /// Positions whose delivery succeeded at least once in any life.
    package private(set) var succeededEver: Set<Position> = []

    private let settings: ShardSettings
    private var records: [RecordSummary] = []
    private var filtered: Set<Position> = []
    private var isClosed = false
    // One life.
    private var settled: Position = 0
    private var readThrough: Position = 0
    private var isReading = false
    private var succeeded: Set<Position> = []
    private var inFlight: InvocationPlan?
    private var latest: InvocationPlan?
    private var request: RequestOrdinal = 0
    private var failedAttempts = 0
    private var isOver = false
    private var hasFinished = false

    package init(settings: ShardSettings) { self.settings = settings }

    package mutating func note(_ violation: String) { violations.append(violation) }

    private mutating func require(_ holds: Bool, _ promise: String, _ effect: ShardMachine.Effect) {
        if !holds { violations.append("broken: \(promise), by \(effect)") }
    }
}

// MARK: - What the world tells

extension ShardChecker {
    mutating func knows(records: [RecordSummary], filtered: Set<Position>, isClosed: Bool) {
        self.records = records
        self.filtered = filtered
        self.isClosed = isClosed
    }

    mutating func began(after checkpoint: Position) {
        settled = checkpoint
        readThrough = checkpoint
        isReading = false
        succeeded = []
        inFlight = nil
        latest = nil
        request = 0
        failedAttempts = 0
        isOver = false
        hasFinished = false
    }

    mutating func answered(through: Position) {
        isReading = false
        readThrough = max(readThrough, through)
    }

    /// Only the first answer of an invocation counts.
    mutating func ended(_ invocation: InvocationOrdinal, _ outcome: InvocationOutcome) {
        guard let plan = inFlight, plan.invocation == invocation else { return }
        inFlight = nil
        let positions = positions(plan.records.first...plan.records.last)
        switch outcome {
        case .succeeded: succeed(positions[...])
        case .partiallyFailed(let indices):
            succeed(positions.prefix(indices[0]))
            if indices[0] == 0 { failedAttempts += 1 }
        case .failed: failedAttempts += 1
        case .notReached: break
        }
    }

    private mutating func succeed(_ positions: ArraySlice<Position>) {
        succeeded.formUnion(positions)
        succeededEver.formUnion(positions)
    }

    /// Those that are not filtered out.
    private func positions(_ range: ClosedRange<Position>) -> [Position] {
        range.filter { !filtered.contains($0) }
    }

    private func unsettled(through position: Position) -> [Position] {
        settled < position ? positions(settled + 1...position) : []
    }
}

// MARK: - What the machine wants

extension ShardChecker {
    mutating func check(_ effect: ShardMachine.Effect, now: Timestamp) {
        require(!isOver || (hasFinished && effect == .stopped), "nothing follows the end", effect)
        switch effect {
        case .fetch(let after, let limit, let bytes):
            require(!isReading, "one read at a time", effect)
            require(
                after == readThrough && limit > 0 && bytes > 0, "reads go on where the last one ended", effect
            )
            isReading = true
        case .invoke(let plan): check(plan, effect, now: now)
        case .settle(let through):
            require(through > settled, "checkpoints move forward", effect)
            require(through <= readThrough, "only what was read is settled", effect)
            let all = unsettled(through: through).allSatisfy(succeeded.contains)
            require(all, "nothing is settled that did not succeed", effect)
            settled = through
        case .discard(let discarded): check(discarded, effect, now: now)
        case .release(let through): require(through <= settled, "unsettled records are kept", effect)
        case .finished:
            let last = records.last?.position ?? 0
            require(isClosed && unsettled(through: last).isEmpty, "a finished shard is settled", effect)
            isOver = true
            hasFinished = true
        case .stopped:
            require(inFlight == nil, "a stopped machine has nothing in flight", effect)
            isOver = true
            hasFinished = false
        case .wake, .cancelWake, .explain: break
        }
    }

    private mutating func check(_ plan: InvocationPlan, _ effect: ShardMachine.Effect, now: Timestamp) {
        require(inFlight == nil, "one invocation at a time", effect)
        require(plan.invocation == (latest?.invocation ?? 0) + 1, "invocations are counted", effect)
        let carried = positions(plan.records.first...plan.records.last)
        require(
            carried.first == unsettled(through: readThrough).first, "records are delivered in order", effect)
        require(carried.count == plan.records.count, "a batch has no holes", effect)
        require(plan.records.last <= readThrough, "only what was read is delivered", effect)
        require(plan.records.count <= settings.batch.size, "batches keep to their size", effect)
        let bytes = carried.reduce(0) { $0 + records[Int($1) - 1].encodedBytes } + carried.count - 1
        let fits = bytes + settings.batch.envelopeBytes <= settings.batch.eventBytes
        require(fits, "events keep to their bytes", effect)
        require(carried.allSatisfy { !isExpired($0, now: now) }, "expired records are not delivered", effect)
        if let latest, latest.request == plan.request {
            require(plan.isRepeat && plan.records.last == latest.records.last, "a retry is unchanged", effect)
        } else {
            require(plan.request > request && !plan.isRepeat, "new batches have new requests", effect)
            failedAttempts = 0
        }
        require(plan.attempt == failedAttempts + 1, "attempts are counted", effect)
        request = plan.request
        latest = plan
        inFlight = plan
    }

    private func isExpired(_ position: Position, now: Timestamp) -> Bool {
        let age = now - records[Int(position) - 1].arrival
        return [settings.maximumRecordAge, settings.retention].contains { limit in
            limit.map { age > $0 } ?? false
        }
    }

    private mutating func check(_ discarded: DiscardedBatch, _ effect: ShardMachine.Effect, now: Timestamp) {
        require(inFlight == nil, "records in flight are not discarded", effect)
        require(discarded.checkpoint > settled, "checkpoints move forward", effect)
        let given = unsettled(through: discarded.checkpoint)
        require(
            given.first == discarded.records.first && given.last == discarded.records.last
                && given.count == discarded.records.count, "a discard covers what it settles", effect)
        let attempts = discarded.request == latest?.request ? failedAttempts : 0
        switch discarded.condition {
        case .recordAgeExceeded:
            require(given.allSatisfy { isExpired($0, now: now) }, "only expired records are too old", effect)
            require(discarded.responseContext == .absent, "age has no response context", effect)
            if attempts > 0 {
                require(discarded.approximateInvokeCount == attempts + 1, "attempts are counted", effect)
            }
        case .retryAttemptsExhausted:
            let budget = settings.maximumRetryAttempts.map { $0 + 1 }
            require(
                discarded.approximateInvokeCount == budget, "retries are spent, not more, not less", effect)
            let size = records[Int(discarded.records.first) - 1].encodedBytes + settings.batch.envelopeBytes
            let isOversized = given.count == 1 && size > settings.batch.eventBytes
            require(
                (discarded.responseContext == .absent) == isOversized, "only oversized has no answer", effect)
            require(isOversized || attempts == budget, "retries are spent, not more, not less", effect)
        }
        settled = discarded.checkpoint
    }
}

// MARK: - At the end

extension ShardChecker {
    /// What a world must have come to when the faults are over and nothing is left to happen.
    mutating func concludes(checkpoint: Position, discards: [DiscardedBatch]) {
        let last = records.last?.position ?? 0
        if checkpoint < last { note("records after \(checkpoint) of \(last) were never settled") }
        var discarded: Set<Position> = []
        for batch in discards {
            for position in positions(batch.records.first...batch.records.last)
            where !discarded.insert(position).inserted {
                note("record \(position) was discarded twice")
            }
        }
        guard checkpoint >= 1 else { return }
        for position in positions(1...checkpoint)
        where !discarded.contains(position) && !succeededEver.contains(position) {
            note("record \(position) was settled and neither succeeded nor was discarded")
        }
    }
}
