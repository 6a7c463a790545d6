import EventModel
import SQLite

extension StoreWriter {
    /// Events that one step removes; a group of commits behind it waits for some milliseconds (our own).
    private static let logEventsPerStep: Int64 = 500
    /// Groups and streams that one step looks at (our own).
    private static let logRowsPerStep: Int64 = 64
    /// What a log group holds at most; the oldest events go (our own: CloudWatch has no bound).
    package static let logGroupBytes: Int64 = 1 << 30

    /// Removes events past their group's retention or over its bound, and what was deleted; a step at a time.
    ///
    /// - Parameter after: What the step before returned; 0 begins a new lap.
    /// - Returns: Where the next step goes on; 0 at the end of the lap.
    package func sweepLogs(
        after: Int64, groupBytes: Int64 = logGroupBytes
    ) throws(StoreError) -> Int64 {
        if try eraseLogStep() { return after == 0 ? -1 : after }
        var last = max(0, after)
        let start = last
        for found in try logGroups(after: last) {
            if try trimLog(of: found, groupBytes: groupBytes) { return last == 0 ? -1 : last }
            last = found.key
        }
        return last == start ? 0 : last
    }

    private struct SweptGroup {
        let key: Int64
        let retentionDays: Int64?
        let storedBytes: Int64
    }

    private func logGroups(after key: Int64) throws(StoreError) -> [SweptGroup] {
        let statement = try statement(
            "SELECT key, retention_days, stored_bytes FROM log_group WHERE key > ?1 ORDER BY key LIMIT ?2")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, key)
            statement.bind(2, StoreWriter.logRowsPerStep)
            defer { statement.reset() }
            var found: [SweptGroup] = []
            while try statement.step() {
                found.append(
                    SweptGroup(
                        key: statement.int(0), retentionDays: statement.isNull(1) ? nil : statement.int(1),
                        storedBytes: statement.int(2)))
            }
            return found
        }
    }

    /// True when there may be more of this group to remove.
    private func trimLog(of group: SweptGroup, groupBytes: Int64) throws(StoreError) -> Bool {
        let cutoff =
            group.retentionDays.map { now.millisecondsSinceEpoch - $0 * 86_400_000 } ?? Int64.min
        if group.retentionDays != nil {
            if try removeLogEvents(of: group.key, before: cutoff) { return true }
            if try removeSilentLogStreams(of: group.key, before: cutoff) { return true }
        }
        guard group.storedBytes > groupBytes else { return false }
        let isMore = try removeLogEvents(of: group.key, before: Int64.max)
        // Streams whose events have all gone that way are empty; there is one for each environment.
        guard let first = try firstLogEvent(ofGroup: group.key) else { return isMore }
        let areMoreStreams = try removeSilentLogStreams(of: group.key, before: first)
        return isMore || areMoreStreams
    }

    private func firstLogEvent(ofGroup group: Int64) throws(StoreError) -> Int64? {
        let statement = try statement(
            "SELECT at_ms FROM log_event WHERE log_group = ?1 ORDER BY at_ms, number LIMIT 1")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, group)
            defer { statement.reset() }
            return try statement.step() ? statement.int(0) : nil
        }
    }

    /// True when as many as a step may were removed.
    private func removeLogEvents(of group: Int64, before cutoff: Int64) throws(StoreError) -> Bool {
        let statement = try statement(
            """
            SELECT at_ms, number, length(message) FROM log_event WHERE log_group = ?1 AND at_ms < ?2
            ORDER BY at_ms, number LIMIT ?3
            """)
        let found: (last: LogPosition?, count: Int64, bytes: Int64) = try attempt {
            () throws(SQLiteError) in
            statement.bind(1, group)
            statement.bind(2, cutoff)
            statement.bind(3, StoreWriter.logEventsPerStep)
            defer { statement.reset() }
            var found: (last: LogPosition?, count: Int64, bytes: Int64) = (nil, 0, 0)
            while try statement.step() {
                found.last = LogPosition(milliseconds: statement.int(0), number: statement.int(1))
                found.count += 1
                found.bytes += statement.int(2) + Int64(LogEvent.overheadBytes)
            }
            return found
        }
        guard let last = found.last else { return false }
        try run("DELETE FROM log_event WHERE log_group = ?1 AND (at_ms, number) <= (?2, ?3)") { statement in
            statement.bind(1, group)
            statement.bind(2, last.milliseconds)
            statement.bind(3, last.number)
        }
        try run("UPDATE log_group SET stored_bytes = max(0, stored_bytes - ?2) WHERE key = ?1") { statement in
            statement.bind(1, group)
            statement.bind(2, found.bytes)
        }
        return found.count >= StoreWriter.logEventsPerStep
    }

    /// Streams that took nothing for as long as the retention are empty and go too: there is one for each environment.
    private func removeSilentLogStreams(of group: Int64, before cutoff: Int64) throws(StoreError) -> Bool {
        let before = connection.totalChanges
        try run(
            """
            DELETE FROM log_stream WHERE key IN (
                SELECT key FROM log_stream WHERE log_group = ?1 AND last_event_ms < ?2 AND ingested_ms < ?2
                AND created_ms < ?2 ORDER BY last_event_ms LIMIT ?3)
            """
        ) { statement in
            statement.bind(1, group)
            statement.bind(2, cutoff)
            statement.bind(3, StoreWriter.logRowsPerStep)
        }
        return connection.totalChanges - before >= StoreWriter.logRowsPerStep
    }

    /// Removes some events of what was deleted first; false when nothing is left of anything.
    private func eraseLogStep() throws(StoreError) -> Bool {
        let statement = try statement("SELECT id, log_group, stream FROM log_erasure ORDER BY id LIMIT 1")
        let next: (id: Int64, group: Int64, stream: Int64)? = try attempt { () throws(SQLiteError) in
            defer { statement.reset() }
            guard try statement.step() else { return nil }
            return (statement.int(0), statement.int(1), statement.int(2))
        }
        guard let next else { return false }
        let isMore =
            next.stream == 0
            ? try removeLogEvents(of: next.group, before: Int64.max)
            : try removeEvents(ofLogStream: next.stream, group: next.group)
        if !isMore { try run("DELETE FROM log_erasure WHERE id = ?1") { $0.bind(1, next.id) } }
        return true
    }

    private func removeEvents(ofLogStream stream: Int64, group: Int64) throws(StoreError) -> Bool {
        let statement = try statement(
            """
            SELECT at_ms, number, length(message) FROM log_event WHERE stream = ?1 ORDER BY at_ms, number LIMIT ?2
            """)
        var found: [(position: LogPosition, bytes: Int64)] = []
        try attempt { () throws(SQLiteError) in
            statement.bind(1, stream)
            statement.bind(2, StoreWriter.logEventsPerStep)
            defer { statement.reset() }
            while try statement.step() {
                let position = LogPosition(milliseconds: statement.int(0), number: statement.int(1))
                found.append((position, statement.int(2) + Int64(LogEvent.overheadBytes)))
            }
        }
        for event in found {
            try run("DELETE FROM log_event WHERE log_group = ?1 AND at_ms = ?2 AND number = ?3") {
                $0.bind(1, group)
                $0.bind(2, event.position.milliseconds)
                $0.bind(3, event.position.number)
            }
        }
        let bytes = found.reduce(0) { $0 + $1.bytes }
        try run("UPDATE log_group SET stored_bytes = max(0, stored_bytes - ?2) WHERE key = ?1") { statement in
            statement.bind(1, group)
            statement.bind(2, bytes)
        }
        return Int64(found.count) >= StoreWriter.logEventsPerStep
    }
}
