package import EventModel
import SQLite

// MARK: - Groups

extension StoreReader {
    package func logGroup(named name: String, in location: Location) throws(StoreError) -> LogGroup? {
        try LogRows.read(try statement(LogRows.group), name, location)
    }

    /// The groups of a location behind a name, in the order of names, that `isWanted` takes; at most `limit`.
    package func logGroups(
        in location: Location, after name: String, limit: Int, _ isWanted: (String) -> Bool
    ) throws(StoreError) -> [LogGroup] {
        let statement = try statement(
            """
            SELECT key, account, region, name, created_ms, retention_days, tags, stored_bytes FROM log_group
            WHERE account = ?1 AND region = ?2 AND name > ?3 ORDER BY name
            """)
        let rows: [LogGroup.Row] = try storeErrors { () throws(SQLiteError) in
            statement.bind(1, location.account)
            statement.bind(2, location.region)
            statement.bind(3, name)
            defer { statement.reset() }
            var found: [LogGroup.Row] = []
            while found.count < limit, try statement.step() {
                if isWanted(statement.text(3)) { found.append(LogGroup.Row(statement)) }
            }
            return found
        }
        var groups: [LogGroup] = []
        for row in rows { groups.append(try row.group()) }
        return groups
    }
}

// MARK: - Streams

/// A stream's place in the order of its last events.
package struct LogStreamPlace: Equatable, Sendable {
    package let lastEventMilliseconds: Int64
    package let name: String

    package init(lastEventMilliseconds: Int64, name: String) {
        self.lastEventMilliseconds = lastEventMilliseconds
        self.name = name
    }
}

extension StoreReader {
    package func logStream(named name: String, in group: LogGroup) throws(StoreError) -> LogStream? {
        try LogRows.read(try statement(LogRows.stream), name, group.key)
    }

    /// The streams of a group whose names begin with a prefix, in the order of names, beyond one of them.
    package func logStreams(
        of group: LogGroup, prefix: String, beyond name: String?, isDescending: Bool, limit: Int
    ) throws(StoreError) -> [LogStream] {
        let statement = try statement(
            isDescending
                ? """
                SELECT key, log_group, name, created_ms, last_event_ms, ingested_ms FROM log_stream
                WHERE log_group = ?1 AND name >= ?2 AND (?3 IS NULL OR name < ?3) ORDER BY name DESC
                """
                : """
                SELECT key, log_group, name, created_ms, last_event_ms, ingested_ms FROM log_stream
                WHERE log_group = ?1 AND name >= ?2 AND (?3 IS NULL OR name > ?3) ORDER BY name
                """)
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, group.key)
            statement.bind(2, isDescending ? prefix : Self.later(prefix, name))
            statement.bind(3, name)
            defer { statement.reset() }
            var found: [LogStream] = []
            while found.count < limit, try statement.step() {
                let stream = LogStream(statement)
                if stream.name.utf8.starts(with: prefix.utf8) {
                    found.append(stream)
                } else if !isDescending {
                    break
                }
            }
            return found
        }
    }

    /// The later of two texts as SQLite orders them, by bytes.
    private static func later(_ text: String, _ other: String?) -> String {
        guard let other, text.utf8.lexicographicallyPrecedes(other.utf8) else { return text }
        return other
    }

    /// The streams of a group in the order of their last events, beyond one of them.
    package func logStreamsByLastEvent(
        of group: LogGroup, beyond place: LogStreamPlace?, isDescending: Bool, limit: Int
    ) throws(StoreError) -> [LogStream] {
        let statement = try statement(
            isDescending
                ? """
                SELECT key, log_group, name, created_ms, last_event_ms, ingested_ms FROM log_stream
                WHERE log_group = ?1 AND (?3 IS NULL OR (last_event_ms, name) < (?2, ?3))
                ORDER BY last_event_ms DESC, name DESC LIMIT ?4
                """
                : """
                SELECT key, log_group, name, created_ms, last_event_ms, ingested_ms FROM log_stream
                WHERE log_group = ?1 AND (?3 IS NULL OR (last_event_ms, name) > (?2, ?3))
                ORDER BY last_event_ms, name LIMIT ?4
                """)
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, group.key)
            statement.bind(2, place?.lastEventMilliseconds ?? 0)
            statement.bind(3, place?.name)
            statement.bind(4, Int64(limit))
            defer { statement.reset() }
            var found: [LogStream] = []
            while try statement.step() { found.append(LogStream(statement)) }
            return found
        }
    }

    /// When the oldest event of a stream that is still there happened.
    package func firstLogEvent(of stream: LogStream) throws(StoreError) -> Int64? {
        let statement = try statement(
            "SELECT at_ms FROM log_event WHERE stream = ?1 ORDER BY at_ms, number LIMIT 1")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, stream.key)
            defer { statement.reset() }
            return try statement.step() ? statement.int(0) : nil
        }
    }
}

// MARK: - Events

extension StoreReader {
    /// Visits the events of a stream between two places, neither included; false stops.
    package func logEvents(
        of stream: LogStream, after lower: LogPosition, before upper: LogPosition, isDescending: Bool,
        _ visit: (LogEvent) -> Bool
    ) throws(StoreError) {
        let statement = try statement(
            isDescending
                ? """
                SELECT at_ms, number, stream, ingested_ms, message FROM log_event
                WHERE stream = ?1 AND (at_ms, number) > (?2, ?3) AND (at_ms, number) < (?4, ?5)
                ORDER BY at_ms DESC, number DESC
                """
                : """
                SELECT at_ms, number, stream, ingested_ms, message FROM log_event
                WHERE stream = ?1 AND (at_ms, number) > (?2, ?3) AND (at_ms, number) < (?4, ?5)
                ORDER BY at_ms, number
                """)
        try visitLogEvents(statement, stream.key, lower, upper, visit)
    }

    /// Visits the events of all streams of a group in the order of time, as `logEvents(of:…)`.
    package func logEvents(
        of group: LogGroup, after lower: LogPosition, before upper: LogPosition,
        _ visit: (LogEvent) -> Bool
    ) throws(StoreError) {
        let statement = try statement(
            """
            SELECT at_ms, number, stream, ingested_ms, message FROM log_event
            WHERE log_group = ?1 AND (at_ms, number) > (?2, ?3) AND (at_ms, number) < (?4, ?5)
            ORDER BY at_ms, number
            """)
        try visitLogEvents(statement, group.key, lower, upper, visit)
    }

    private func visitLogEvents(
        _ statement: Statement, _ owner: Int64, _ lower: LogPosition, _ upper: LogPosition,
        _ visit: (LogEvent) -> Bool
    ) throws(StoreError) {
        try storeErrors { () throws(SQLiteError) in
            statement.bind(1, owner)
            statement.bind(2, lower.milliseconds)
            statement.bind(3, lower.number)
            statement.bind(4, upper.milliseconds)
            statement.bind(5, upper.number)
            defer { statement.reset() }
            while try statement.step() {
                let event = LogEvent(
                    position: LogPosition(milliseconds: statement.int(0), number: statement.int(1)),
                    stream: statement.int(2), ingestedMilliseconds: statement.int(3),
                    message: statement.text(4))
                guard visit(event) else { return }
            }
        }
    }

    /// The name of a stream; `nil` when it was deleted.
    package func logStreamName(_ key: Int64) throws(StoreError) -> String? {
        let statement = try statement("SELECT name FROM log_stream WHERE key = ?1")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, key)
            defer { statement.reset() }
            return try statement.step() ? statement.text(0) : nil
        }
    }
}
