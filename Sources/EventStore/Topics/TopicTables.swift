extension Schema {
    /// Topics, who subscribed to them, what waits for HTTP endpoints, and the key that signs.
    static let topics = """
        CREATE TABLE topic (
            key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
            settings TEXT NOT NULL, created_ms INTEGER NOT NULL, UNIQUE (account, region, name)) STRICT;
        CREATE TABLE topic_subscription (
            key INTEGER PRIMARY KEY AUTOINCREMENT, topic INTEGER NOT NULL, id TEXT NOT NULL UNIQUE,
            definition TEXT NOT NULL) STRICT;
        CREATE TABLE topic_delivery (
            id INTEGER PRIMARY KEY AUTOINCREMENT, subscription INTEGER NOT NULL, due_ms INTEGER NOT NULL,
            attempts INTEGER NOT NULL, kind TEXT NOT NULL, message_id TEXT NOT NULL, body BLOB NOT NULL) STRICT;
        CREATE INDEX topic_delivery_due ON topic_delivery (subscription, due_ms, id);
        CREATE TABLE topic_signer (
            id INTEGER PRIMARY KEY CHECK (id = 1), private_key BLOB NOT NULL, certificate BLOB NOT NULL) STRICT;
        """
}
