import EventModel
import SQLite

/// What writer and readers ask alike.
enum LogRows {
    /// How errors call what is not there; the store's words go on with "does not exist.".
    static let groupNoun = "The specified log group"
    static let streamNoun = "The specified log stream"

    static let group: StaticString = """
        SELECT key, account, region, name, created_ms, retention_days, tags, stored_bytes FROM log_group
        WHERE account = ?1 AND region = ?2 AND name = ?3
        """
    static let stream: StaticString = """
        SELECT key, log_group, name, created_ms, last_event_ms, ingested_ms FROM log_stream
        WHERE log_group = ?1 AND name = ?2
        """

    static func read(
        _ statement: Statement, _ name: String, _ location: Location
    ) throws(StoreError) -> LogGroup? {
        let found: LogGroup.Row? = try storeErrors { () throws(SQLiteError) in
            statement.bind(1, location.account)
            statement.bind(2, location.region)
            statement.bind(3, name)
            defer { statement.reset() }
            return try statement.step() ? LogGroup.Row(statement) : nil
        }
        return try found?.group()
    }

    static func read(
        _ statement: Statement, _ name: String, _ group: Int64
    ) throws(StoreError) -> LogStream? {
        try storeErrors { () throws(SQLiteError) in
            statement.bind(1, group)
            statement.bind(2, name)
            defer { statement.reset() }
            return try statement.step() ? LogStream(statement) : nil
        }
    }
}

extension LogGroup {
    /// A row whose tags have not been read yet.
    struct Row {
        private let bare: LogGroup
        private let tags: String

        init(_ statement: Statement) {
            bare = LogGroup(
                key: statement.int(0),
                location: Location(account: statement.text(1), region: statement.text(2)),
                name: statement.text(3), createdAt: Timestamp(millisecondsSinceEpoch: statement.int(4)),
                retentionDays: statement.isNull(5) ? nil : Int(statement.int(5)), tags: [:],
                storedBytes: statement.int(7))
            tags = statement.text(6)
        }

        func group() throws(StoreError) -> LogGroup {
            var group = bare
            let json = try StoredJSON(text: "{\"tags\":\(tags)}", of: "the log group \(group.name)")
            group.tags = json.strings("tags")
            return group
        }
    }
}

extension LogStream {
    init(_ statement: Statement) {
        self.init(
            key: statement.int(0), group: statement.int(1), name: statement.text(2),
            createdAt: Timestamp(millisecondsSinceEpoch: statement.int(3)),
            lastEventMilliseconds: statement.int(4), ingestedMilliseconds: statement.int(5))
    }
}
