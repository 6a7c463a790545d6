extension Schema {
    /// How often a mapping gave a message to its function and it failed; `NULL` before the first time. A dead letter that a
    /// mapping moved has 0 when no mapping ever executed it.
    static let executions = """
        ALTER TABLE message ADD COLUMN executions INTEGER;
        -- Only dead letters that no mapping executed are in it.
        CREATE INDEX message_never_executed ON message (executions) WHERE executions = 0;
        """
}
