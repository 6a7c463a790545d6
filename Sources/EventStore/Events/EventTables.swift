extension Schema {
    /// Buses of which something was set, rules with their targets, and events that wait for another attempt.
    static let events = """
        CREATE TABLE event_bus (
            account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL,
            PRIMARY KEY (account, region, name)) STRICT, WITHOUT ROWID;
        CREATE TABLE event_rule (
            key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL,
            name TEXT NOT NULL, definition TEXT NOT NULL, due_ms INTEGER,
            UNIQUE (account, region, bus, name)) STRICT;
        CREATE INDEX event_rule_due ON event_rule (due_ms) WHERE due_ms IS NOT NULL;
        CREATE TABLE event_delivery (
            id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL,
            rule TEXT NOT NULL, target TEXT NOT NULL, hops INTEGER NOT NULL, first_ms INTEGER NOT NULL,
            due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, event BLOB NOT NULL) STRICT;
        CREATE INDEX event_delivery_due ON event_delivery (due_ms, id);
        """
}
