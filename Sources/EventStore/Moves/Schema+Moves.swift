extension Schema {
    /// Message move tasks: those under way, and the last ones of each dead-letter queue.
    static let messageMoves = """
        CREATE TABLE message_move (
            id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL UNIQUE, source INTEGER NOT NULL,
            destination TEXT, per_second INTEGER, status TEXT NOT NULL, moved INTEGER NOT NULL,
            to_move INTEGER NOT NULL, at_most INTEGER NOT NULL, failure TEXT, started_ms INTEGER NOT NULL) STRICT;
        CREATE INDEX message_move_of_queue ON message_move (source, id);
        """

    /// How often a dead letter was received before it came to its queue: each queue counts to its own limit.
    static let arrivals = "ALTER TABLE message ADD COLUMN arrived_count INTEGER;"
}
