extension Schema {
    /// Deduplication IDs of FIFO queues. `deduplication` has a row for each batch that was sent in the last minutes, keyed
    /// by its first message; `keys` are 16 bytes for each message of the batch, whose positions follow one another.
    static let fifo = """
        ALTER TABLE message ADD COLUMN deduplication_id BLOB;
        CREATE TABLE deduplication (
            id INTEGER PRIMARY KEY, sent_ms INTEGER NOT NULL, scope INTEGER NOT NULL,
            keys BLOB NOT NULL) STRICT;
        """
}
