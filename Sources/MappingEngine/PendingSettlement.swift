import EventModel
import EventStore

/// What is durable of a mapping's way through one shard.
struct ShardProgress: Equatable, Sendable {
    var checkpoint: Position = 0
    /// Positions above it that are done with, in order.
    var settledAhead: [Position] = []
    var window: OpenWindow?
}

/// What a shard's machine has settled and the store has not yet committed.
///
/// Commits do not hold up deliveries: while one is under way the next one gathers. Discards and their reports go with
/// the checkpoint they imply, in the order in which they were decided.
struct PendingSettlement {
    /// The highest position settled by the machine.
    private(set) var noted: Position = 0
    private(set) var recordCount = 0
    private(set) var discards: [Discard] = []
    private(set) var reports: [DestinationReport] = []
    private(set) var decisions: [Decision] = []
    /// What is to be kept beside the checkpoint from now on; `nil` for what is kept already.
    private(set) var settledAhead: [Position]?
    private(set) var window: WindowUpdate?
    private(set) var isCommitting = false
    /// Set while commits fail; deliveries pause so that what waits here stays bounded.
    var isFailing = false
    private var committed: Position = 0

    var isClean: Bool { !isCommitting && !hasWork }
    var hasWork: Bool {
        noted > committed || !discards.isEmpty || !reports.isEmpty || !decisions.isEmpty
            || settledAhead != nil || window != nil
    }
    var checkpoint: Position { committed }

    mutating func start(at position: Position) {
        noted = position
        committed = position
    }

    mutating func settle(through position: Position, records: Int) {
        precondition(position > noted, "checkpoints move forward")
        noted = position
        recordCount += records
    }

    mutating func add(_ discard: Discard, report: DestinationReport?) {
        discards.append(discard)
        if let report { reports.append(report) }
    }

    /// Reports of successes that this commit makes final.
    mutating func add(_ successes: some Sequence<DestinationReport>) {
        reports.append(contentsOf: successes)
    }

    mutating func keep(settledAhead positions: [Position]) {
        settledAhead = positions
    }

    mutating func keep(_ update: WindowUpdate) {
        window = update
    }

    mutating func add(_ decision: Decision) {
        decisions.append(decision)
    }

    /// Takes what is pending for one commit; `nil` while another one is under way or there is nothing.
    mutating func take(mapping: String, shard: ShardKey) -> (settlement: Settlement, records: Int)? {
        guard !isCommitting, hasWork else { return nil }
        isCommitting = true
        let settlement = Settlement(
            mappingID: mapping, shard: shard, through: noted, discards: discards, reports: reports,
            decisions: decisions, settledAhead: settledAhead, window: window)
        let count = recordCount
        settledAhead = nil
        window = nil
        discards = []
        reports = []
        decisions = []
        recordCount = 0
        return (settlement, count)
    }

    mutating func succeeded(_ settlement: Settlement) {
        isCommitting = false
        isFailing = false
        committed = settlement.through
    }

    /// Puts back what could not be committed, before what has come since.
    mutating func failed(_ settlement: Settlement, records: Int) {
        isCommitting = false
        isFailing = true
        discards = settlement.discards + discards
        reports = settlement.reports + reports
        decisions = settlement.decisions + decisions
        settledAhead = settledAhead ?? settlement.settledAhead
        window = window ?? settlement.window
        recordCount += records
    }
}
