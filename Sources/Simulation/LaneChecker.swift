package import EventModel
import MappingCore

/// Holds a lane machine to its promises; collects what it breaks.
package struct LaneChecker {
    package private(set) var violations: [String] = []
    /// What an earlier life left as done with.
    package private(set) var settledBefore: Set<Position> = []

    private var records: [RecordSummary] = []
    private var keys: [Int] = []
    private var filtered: Set<Position> = []
    /// The positions of each key.
    private var known: [Int: [Position]] = [:]
    /// Over all lives.
    private var succeededEver: Set<Position> = []
    // One life.
    private var lanes = 0
    private var checkpoint: Position = 0
    private var begin: Position = 0
    private var done: Set<Position> = []
    /// Places in `known` before which nothing is left to do.
    private var cursor: [Int: Int] = [:]
    private var inFlight: [Int: (invocation: InvocationOrdinal, positions: [Position])] = [:]
    private var latest: [Int: (request: RequestOrdinal, positions: [Position])] = [:]

    package init() {}

    package mutating func note(_ violation: String) { violations.append(violation) }

    private mutating func require(_ holds: Bool, _ promise: String, _ fact: String) {
        if !holds { violations.append("broken: \(promise), by \(fact)") }
    }

    mutating func knows(records: [RecordSummary], keys: [Int], filtered: Set<Position>) {
        for record in records.dropFirst(self.records.count) {
            known[keys[Int(record.position) - 1], default: []].append(record.position)
        }
        self.records = records
        self.keys = keys
        self.filtered = filtered
    }

    mutating func began(after checkpoint: Position, settled: [Position], lanes: Int) {
        self.lanes = lanes
        self.checkpoint = checkpoint
        begin = checkpoint
        settledBefore = Set(settled)
        done = settledBefore
        inFlight = [:]
        latest = [:]
        cursor = [:]
    }

    /// The next records of a key that have to be delivered in this life, at most `count`.
    private mutating func unsettled(of key: Int, count: Int) -> [Position] {
        let known = known[key] ?? []
        var index = cursor[key] ?? 0
        while index < known.count, known[index] <= begin || isDone(known[index]) { index += 1 }
        cursor[key] = index
        return Array(known[index...].filter { !isDone($0) }.prefix(count))
    }
}

// MARK: - What happens

extension LaneChecker {
    mutating func invoked(
        _ lane: Int, _ plan: InvocationPlan, _ positions: [Position], limit: BatchLimits
    ) {
        require(inFlight[lane] == nil, "a lane has one invocation at a time", "\(lane) \(plan)")
        require((0..<lanes).contains(lane), "there are no more lanes than asked for", "\(lane)")
        require(positions.count == plan.records.count, "a batch is a run of its lane", "\(positions) \(plan)")
        require(positions.count <= limit.size, "batches keep to their size", "\(positions)")
        let bytes = positions.reduce(positions.count - 1) { $0 + records[Int($1) - 1].encodedBytes }
        require(
            bytes + limit.envelopeBytes <= limit.eventBytes, "events keep to their bytes", "\(positions)")
        for (key, mine) in Dictionary(grouping: positions, by: { keys[Int($0) - 1] }) {
            let expected = unsettled(of: key, count: mine.count)
            require(expected == mine, "the records of a key come in order", "key \(key): \(mine)")
            let isElsewhere = inFlight.values.contains {
                $0.positions.contains { keys[Int($0) - 1] == key }
            }
            require(!isElsewhere, "a key is in flight once", "key \(key)")
        }
        if let last = latest[lane], last.request == plan.request {
            require(
                plan.isRepeat && last.positions.suffix(positions.count) == positions[...],
                "a retry is unchanged", "\(positions)")
        } else {
            require(!plan.isRepeat, "new batches have new requests", "\(plan)")
        }
        latest[lane] = (plan.request, positions)
        inFlight[lane] = (plan.invocation, positions)
    }

    /// Only the first answer of an invocation counts.
    ///
    /// - Returns: What succeeded by it.
    @discardableResult
    mutating func ended(
        _ lane: Int, _ invocation: InvocationOrdinal, _ outcome: InvocationOutcome
    ) -> ArraySlice<Position> {
        guard let flight = inFlight[lane], flight.invocation == invocation else { return [] }
        inFlight[lane] = nil
        var good: ArraySlice<Position> = []
        switch outcome {
        case .succeeded: good = flight.positions[...]
        case .partiallyFailed(let indices): good = flight.positions.prefix(indices[0])
        case .failed, .notReached: break
        }
        succeed(good)
        return good
    }

    private mutating func succeed(_ positions: ArraySlice<Position>) {
        done.formUnion(positions)
        succeededEver.formUnion(positions)
    }

    mutating func discarded(_ positions: [Position], in lane: Int, _ batch: DiscardedBatch) {
        require(inFlight[lane] == nil, "records in flight are not discarded", "\(positions)")
        require(positions.count == batch.records.count, "a discard is a run of its lane", "\(batch)")
        require(done.isDisjoint(with: positions), "what is done with is not discarded", "\(positions)")
        done.formUnion(positions)
    }

    mutating func settled(through position: Position) {
        require(position > checkpoint, "checkpoints move forward", "\(position)")
        require(position <= records.last?.position ?? 0, "only what is there is settled", "\(position)")
        let open = position > begin ? (begin + 1...position).filter { !isDone($0) } : []
        require(open.isEmpty, "nothing at or below the checkpoint is open", "\(position): \(open)")
        checkpoint = position
    }

    private func isDone(_ position: Position) -> Bool {
        filtered.contains(position) || done.contains(position)
    }

    mutating func kept(_ positions: [Position]) {
        require(positions == positions.sorted(), "positions are kept in order", "\(positions)")
        require(
            positions.allSatisfy { $0 > checkpoint && done.contains($0) }, "only what is done with is kept",
            "\(positions)")
    }

    mutating func finished() {
        let last = records.last?.position ?? 0
        require(checkpoint == last, "a finished shard is settled", "\(checkpoint) of \(last)")
    }

    mutating func stopped() {
        require(inFlight.isEmpty, "a stopped machine has nothing in flight", "\(inFlight)")
    }

    /// However the clock jumps, nothing is waited for longer than it was meant to take.
    mutating func waits(_ delay: Duration, windowLength: Duration?, _ settings: ShardSettings) {
        // The end of a tumbling window is a time of the wall clock, wherever that goes.
        guard windowLength == nil else { return }
        let longest = max(settings.backOff.cap, settings.batch.window)
        require(delay <= longest, "waits have their length", "\(delay)")
    }

    /// Doubling from the first wait, lengthened by the jitter's share at most, capped (esm-streams.md §4.3).
    mutating func retries(after delay: Duration, failedAttempts: Int, _ backOff: BackOff) {
        var least = backOff.first
        for _ in 1..<failedAttempts where least < backOff.cap { least = least * 2 }
        var most = min(least, backOff.cap)
        if case .lengthens(let percent, _) = backOff.jitter {
            most = min(backOff.cap, least * (100 + percent) / 100)
            least = min(least, backOff.cap * 100 / (100 + percent))
        }
        require(
            delay >= min(least, backOff.cap) && delay <= most, "retries wait as long as they should",
            "\(delay) after \(failedAttempts)")
    }

    /// What a world must have come to when the faults are over and nothing is left to happen.
    mutating func concludes(checkpoint: Position, discards: [[Position]]) {
        let last = records.last?.position ?? 0
        if checkpoint < last { note("records after \(checkpoint) of \(last) were never settled") }
        var discarded: Set<Position> = []
        for position in discards.joined() where !discarded.insert(position).inserted {
            note("record \(position) was discarded twice")
        }
        for record in records where record.position <= checkpoint && !filtered.contains(record.position) {
            let position = record.position
            if !discarded.contains(position), !succeededEver.contains(position) {
                note("record \(position) was settled and neither succeeded nor was discarded")
            }
        }
    }
}

// MARK: - Tumbling windows

extension LaneChecker {
    /// A batch belongs to one window, and so does the state that goes with it.
    mutating func invoked(_ positions: [Position], in window: TumblingWindow?, state: [Position]) {
        let isInside = (positions + state).allSatisfy { position in
            let arrival = records[Int(position) - 1].arrival
            return window.map { arrival >= $0.start && arrival < $0.end } ?? false
        }
        require(isInside, "events keep to their window", "\(positions) and \(state) in \(window as Any)")
        require(
            state.allSatisfy { !positions.contains($0) }, "a state holds what came before", "\(positions)")
    }

    /// Each record that succeeded is in the final state of its window, once.
    mutating func concludes(states: [[Position]], lost: [[Position]], discards: [[Position]]) {
        var seen: Set<Position> = []
        for position in (states + lost + discards).joined() where !seen.insert(position).inserted {
            note("record \(position) counts twice")
        }
        for record in records where !seen.contains(record.position) && !filtered.contains(record.position) {
            note("record \(record.position) is in no final state")
        }
    }
}
