package import EventModel
import ByteCoding
import SQLite

/// What `settle` did besides moving the checkpoint.
package struct SettlementResult: Equatable, Sendable {
    /// In the order of the settlement's discards.
    package var discardIDs: [Int64] = []
    /// Reports that could not be delivered: their destination is gone, or does not take them.
    package var lost: [LostReport] = []
    package init() {}
}

extension StoreWriter {
    /// Sets where a mapping begins in a shard, unless it has a checkpoint there; returns the one that holds.
    package func startCheckpoint(
        mapping id: String, shard: ShardKey, after position: Position
    ) throws(StoreError) -> Position {
        let key = try CheckpointKey.make(mappingKey(id), shard)
        if let known = try checkpoint(key) { return known }
        try run("INSERT INTO checkpoint (id, position) VALUES (?1, ?2)") { statement in
            statement.bind(1, key)
            statement.bind(2, position)
        }
        return position
    }

    /// Whether a mapping has begun in any shard.
    package func hasCheckpoints(of mapping: String) throws(StoreError) -> Bool {
        let key = try mappingKey(mapping)
        let statement = try statement("SELECT 1 FROM checkpoint WHERE id >= ?1 AND id <= ?2 LIMIT 1")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, CheckpointKey.first(key))
            statement.bind(2, CheckpointKey.last(key))
            defer { statement.reset() }
            return try statement.step()
        }
    }

    private func checkpoint(_ key: Int64) throws(StoreError) -> Position? {
        let statement = try statement("SELECT position FROM checkpoint WHERE id = ?1")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, key)
            defer { statement.reset() }
            return try statement.step() ? statement.int(0) : nil
        }
    }

    /// Positions that are done with above the checkpoint, in order; those at or below it mean nothing.
    package func settledAhead(of mapping: String, in shard: ShardKey) throws(StoreError) -> [Position] {
        let key = try CheckpointKey.make(mappingKey(mapping), shard)
        let statement = try statement("SELECT positions FROM settled_ahead WHERE id = ?1")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, key)
            defer { statement.reset() }
            return try statement.step() ? PositionList.decode(statement.bytes(0).span) : []
        }
    }

    /// Makes one step of a stream mapping durable: checkpoint, discards, reports to destinations, decisions.
    ///
    /// A destination that is gone makes its report lost, which the result counts and the decision log tells; checkpoint
    /// and discards hold.
    /// - Throws: `.notFound` when the mapping is gone; what keeps the file of a report from being written.
    package func settle(_ settlement: Settlement) throws(StoreError) -> SettlementResult {
        let key = try CheckpointKey.make(mappingKey(settlement.mappingID), settlement.shard)
        let routes = try routes(of: settlement.reports)
        let before = connection.totalChanges
        try run(
            """
            INSERT INTO checkpoint (id, position) VALUES (?1, ?2)
            ON CONFLICT (id) DO UPDATE SET position = excluded.position WHERE excluded.position >= position
            """
        ) { statement in
            statement.bind(1, key)
            statement.bind(2, settlement.through)
        }
        precondition(connection.totalChanges > before, "checkpoints move forward")
        var result = SettlementResult()
        var discards = settlement.discards
        var decisions = settlement.decisions
        for (report, route) in zip(settlement.reports, routes) {
            guard let reason = try deliver(report, by: route) else { continue }
            result.lost.append(
                LostReport(occasion: report.occasion, recordCount: report.recordCount, reason: reason))
            decisions.append(
                decision(on: report, lost: reason, of: settlement.mappingID, in: settlement.shard))
            // Nothing went anywhere.
            for index in discards.indices where discards[index].isTold(by: report) {
                discards[index].destination = nil
            }
        }
        for discard in discards { result.discardIDs.append(try store(discard)) }
        if let positions = settlement.settledAhead { try keep(positions, beside: key) }
        if let window = settlement.window { try keep(window, beside: key) }
        try record(decisions)
        return result
    }

    private func keep(_ positions: [Position], beside key: Int64) throws(StoreError) {
        guard !positions.isEmpty else {
            return try run("DELETE FROM settled_ahead WHERE id = ?1") { $0.bind(1, key) }
        }
        try run("INSERT OR REPLACE INTO settled_ahead (id, positions) VALUES (?1, ?2)") { statement in
            statement.bind(1, key)
            statement.bind(2, PositionList.encode(positions))
        }
    }
}

// MARK: - Discards

extension Discard {
    /// The report that belongs to it: of the same request, about the same records.
    fileprivate func isTold(by report: DestinationReport) -> Bool {
        report.occasion == .failure && report.requestID == requestID && report.first == first
            && report.last == last
    }
}

extension StoreWriter {
    private func store(_ discard: Discard) throws(StoreError) -> Int64 {
        let id = try insert(
            """
            INSERT INTO discard (mapping_id, shard, facts, error_payload, log_tail, payload)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """
        ) { statement in
            statement.bind(1, discard.mappingID)
            statement.bind(2, discard.shard.rawValue)
            statement.bind(3, DiscardCodec.facts(discard))
            statement.bind(4, discard.errorPayload)
            statement.bind(5, discard.logTail)
            statement.bind(6, discard.payload)
        }
        try forgetDiscards(upTo: id - Int64(StoreLimits.discards))
        // Looking at the bytes costs a walk over the table, so it is done now and then.
        if id % StoreWriter.discardBytesEvery == 0 { try boundDiscardBytes() }
        return id
    }

    private static let discardBytesEvery: Int64 = 64

    private func forgetDiscards(upTo id: Int64) throws(StoreError) {
        guard id > 0 else { return }
        try run("DELETE FROM discard WHERE id <= ?1") { $0.bind(1, id) }
    }

    private func boundDiscardBytes() throws(StoreError) {
        let statement = try statement("SELECT id, length(payload) FROM discard ORDER BY id DESC")
        let last = try attempt { () throws(SQLiteError) -> Int64? in
            defer { statement.reset() }
            var total = 0
            while try statement.step() {
                total += Int(statement.int(1))
                if total > StoreLimits.discardBytes { return statement.int(0) }
            }
            return nil
        }
        if let last { try forgetDiscards(upTo: last) }
    }
}

// MARK: - Decisions

extension StoreWriter {
    /// Appends to the decision log; the newest `StoreLimits.decisionsPerMapping` of a mapping are kept. Decisions of
    /// mappings that are gone are dropped.
    package func record(_ decisions: [Decision]) throws(StoreError) {
        for decision in decisions {
            guard let key = definitions.mappingKeys[decision.mappingID] else { continue }
            let place = try lastDecision(of: key) + 1
            try run(
                """
                INSERT INTO decision (id, at_ms, shard, kind, first_position, last_position, record_count,
                    request_id, detail)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                """
            ) { statement in
                statement.bind(1, RowKey.make(key, place))
                statement.bind(2, decision.at.millisecondsSinceEpoch)
                statement.bind(3, decision.shard?.rawValue)
                statement.bind(4, decision.kind)
                statement.bind(5, decision.first)
                statement.bind(6, decision.last)
                statement.bind(7, Int64(decision.recordCount))
                statement.bind(8, decision.requestID)
                statement.bind(9, decision.detail)
            }
            guard place % StoreWriter.decisionTrimEvery == 0 else { continue }
            try run("DELETE FROM decision WHERE id >= ?1 AND id <= ?2") { statement in
                statement.bind(1, RowKey.first(key))
                statement.bind(2, RowKey.make(key, max(0, place - Int64(StoreLimits.decisionsPerMapping))))
            }
        }
    }

    private static let decisionTrimEvery: Int64 = 64

    private func lastDecision(of mapping: Int64) throws(StoreError) -> Position {
        let statement = try statement("SELECT max(id) FROM decision WHERE id >= ?1 AND id <= ?2")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, RowKey.first(mapping))
            statement.bind(2, RowKey.last(mapping))
            defer { statement.reset() }
            return try statement.step() && !statement.isNull(0) ? RowKey.position(statement.int(0)) : 0
        }
    }
}

// MARK: - Tumbling windows

extension StoreWriter {
    /// The window that was open at the checkpoint.
    package func openWindow(of mapping: String, in shard: ShardKey) throws(StoreError) -> OpenWindow? {
        let key = try CheckpointKey.make(mappingKey(mapping), shard)
        let statement = try statement("SELECT start_ms, end_ms, state FROM open_window WHERE id = ?1")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, key)
            defer { statement.reset() }
            guard try statement.step() else { return nil }
            return OpenWindow(
                start: Timestamp(millisecondsSinceEpoch: statement.int(0)),
                end: Timestamp(millisecondsSinceEpoch: statement.int(1)), state: statement.array(2))
        }
    }

    private func keep(_ window: WindowUpdate, beside key: Int64) throws(StoreError) {
        guard case .open(let window) = window else {
            return try run("DELETE FROM open_window WHERE id = ?1") { $0.bind(1, key) }
        }
        try run("INSERT OR REPLACE INTO open_window (id, start_ms, end_ms, state) VALUES (?1, ?2, ?3, ?4)") {
            statement in
            statement.bind(1, key)
            statement.bind(2, window.start.millisecondsSinceEpoch)
            statement.bind(3, window.end.millisecondsSinceEpoch)
            statement.bind(4, window.state)
        }
    }
}
