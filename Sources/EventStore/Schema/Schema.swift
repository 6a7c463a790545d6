/// The tables, one migration a step. A step that was released never changes.
enum Schema {
    static let steps: [String] = [
        first, besideCheckpoints, tokens, topics, identities, objects, metrics, fifo, leases,
        messageMoves, executions, arrivals, functions, logs, events,
    ]

    /// Rows of `message` and `stream_record` are keyed by queue or shard << 44 | position, so one small integer key
    /// orders them, and an append goes to the end of its range.
    private static let first = """
        CREATE TABLE store (id INTEGER PRIMARY KEY CHECK (id = 1), secret INTEGER NOT NULL) STRICT;

        CREATE TABLE queue (
            key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
            settings TEXT NOT NULL, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
            UNIQUE (account, region, name)) STRICT;
        CREATE TABLE queue_tally (
            queue INTEGER PRIMARY KEY, message_count INTEGER NOT NULL, tip INTEGER NOT NULL,
            floor INTEGER NOT NULL) STRICT;
        CREATE TABLE message (
            id INTEGER PRIMARY KEY, sent_ms INTEGER NOT NULL, visible_ms INTEGER NOT NULL,
            receive_count INTEGER NOT NULL, first_received_ms INTEGER NOT NULL, origin INTEGER,
            body_md5 BLOB NOT NULL, attributes BLOB, attributes_md5 BLOB, trace_header BLOB, group_id BLOB,
            dead_letter_source TEXT, body BLOB NOT NULL) STRICT;
        -- Only messages that were delayed, or hidden when the store was closed, are in it.
        CREATE INDEX message_hidden ON message (visible_ms) WHERE visible_ms > 0;

        CREATE TABLE stream (
            key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
            settings TEXT NOT NULL, created_ms INTEGER NOT NULL, disabled_ms INTEGER) STRICT;
        CREATE TABLE shard (
            key INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, number INTEGER NOT NULL,
            id TEXT NOT NULL, parent INTEGER, adjacent_parent INTEGER, hash_start TEXT NOT NULL,
            hash_end TEXT NOT NULL, created_ms INTEGER NOT NULL, ending_position INTEGER,
            trimmed_position INTEGER NOT NULL DEFAULT 0, trimmed_ms INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE INDEX shard_of_stream ON shard (stream, number);
        CREATE TABLE stream_record (
            id INTEGER PRIMARY KEY, arrival_ms INTEGER NOT NULL, partition_key BLOB NOT NULL,
            payload BLOB NOT NULL) STRICT;

        CREATE TABLE item_table (
            key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
            settings TEXT NOT NULL, created_ms INTEGER NOT NULL, item_count INTEGER NOT NULL DEFAULT 0,
            byte_count INTEGER NOT NULL DEFAULT 0, UNIQUE (account, region, name)) STRICT;
        CREATE TABLE item (
            item_table INTEGER NOT NULL, key BLOB NOT NULL, item BLOB NOT NULL,
            PRIMARY KEY (item_table, key)) STRICT, WITHOUT ROWID;

        CREATE TABLE function (
            account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
            PRIMARY KEY (account, region, name)) STRICT, WITHOUT ROWID;
        CREATE TABLE mapping (
            key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, definition TEXT NOT NULL) STRICT;
        CREATE TABLE checkpoint (id INTEGER PRIMARY KEY, position INTEGER NOT NULL) STRICT;
        CREATE TABLE discard (
            id INTEGER PRIMARY KEY AUTOINCREMENT, mapping_id TEXT NOT NULL, shard INTEGER NOT NULL,
            facts TEXT NOT NULL, error_payload BLOB NOT NULL, log_tail BLOB NOT NULL, payload BLOB NOT NULL) STRICT;
        CREATE TABLE decision (
            id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, shard INTEGER, kind TEXT NOT NULL,
            first_position INTEGER NOT NULL, last_position INTEGER NOT NULL, record_count INTEGER NOT NULL,
            request_id TEXT NOT NULL, detail TEXT NOT NULL) STRICT;

        CREATE TABLE erasure (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
        """

    /// Beside a checkpoint, with the same key: positions above it that are done with (`PositionList`), and the tumbling
    /// window that is open at it.
    private static let besideCheckpoints = """
        CREATE TABLE settled_ahead (id INTEGER PRIMARY KEY, positions BLOB NOT NULL) STRICT;
        CREATE TABLE open_window (
            id INTEGER PRIMARY KEY, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
            state BLOB NOT NULL) STRICT;
        """
}

extension Schema {
    /// Tokens of transactions that were done, so that a repeated request is not done again.
    private static let tokens = """
        CREATE TABLE transaction_token (
            id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL,
            digest BLOB NOT NULL, at_ms INTEGER NOT NULL, UNIQUE (account, region, token)) STRICT;
        """
}

/// A row's key: queue or shard in the high bits, position in the low 44.
enum RowKey {
    private static let positionMask: Int64 = 1 << 44 - 1

    static func make(_ owner: Int64, _ position: Int64) -> Int64 { owner << 44 | position }
    static func owner(_ id: Int64) -> Int64 { id >> 44 }
    static func position(_ id: Int64) -> Int64 { id & positionMask }
    static func first(_ owner: Int64) -> Int64 { owner << 44 }
    static func last(_ owner: Int64) -> Int64 { owner << 44 | positionMask }
}
