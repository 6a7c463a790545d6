extension Schema {
    /// What belongs to a function beside its row: versions, aliases, policies, tags …; and layers.
    static let functions = """
        CREATE TABLE function_part (
            account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
            qualifier TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (account, region, name, kind, qualifier)) STRICT, WITHOUT ROWID;
        -- The row with version 0 holds the greatest number that was given.
        CREATE TABLE layer_version (
            account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
            value TEXT NOT NULL, PRIMARY KEY (account, region, name, version)) STRICT, WITHOUT ROWID;
        """
}
