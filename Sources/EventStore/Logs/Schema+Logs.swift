extension Schema {
    /// Log groups, their streams and what was logged. Events stand by group, time and number, so that those that come
    /// go to the end of their group, and those past retention are at its beginning; the index does the same by stream.
    static let logs = """
        CREATE TABLE log_group (
            key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL,
            name TEXT NOT NULL, created_ms INTEGER NOT NULL, retention_days INTEGER, tags TEXT NOT NULL,
            stored_bytes INTEGER NOT NULL, next_number INTEGER NOT NULL,
            UNIQUE (account, region, name)) STRICT;
        CREATE TABLE log_stream (
            key INTEGER PRIMARY KEY AUTOINCREMENT, log_group INTEGER NOT NULL, name TEXT NOT NULL,
            created_ms INTEGER NOT NULL, last_event_ms INTEGER NOT NULL, ingested_ms INTEGER NOT NULL,
            UNIQUE (log_group, name)) STRICT;
        CREATE INDEX log_stream_by_event ON log_stream (log_group, last_event_ms, name);
        CREATE TABLE log_event (
            log_group INTEGER NOT NULL, at_ms INTEGER NOT NULL, number INTEGER NOT NULL,
            stream INTEGER NOT NULL, ingested_ms INTEGER NOT NULL, message BLOB NOT NULL,
            PRIMARY KEY (log_group, at_ms, number)) STRICT, WITHOUT ROWID;
        CREATE INDEX log_event_of_stream ON log_event (stream, at_ms, number);
        -- Groups (stream 0) and streams that were deleted and whose events are still there.
        CREATE TABLE log_erasure (
            id INTEGER PRIMARY KEY, log_group INTEGER NOT NULL, stream INTEGER NOT NULL) STRICT;
        """
}
