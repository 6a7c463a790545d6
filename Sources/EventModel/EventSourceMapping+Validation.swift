extension MappingRequest {
    /// Checks a create request in AWS's order (esm-api.md §6): model constraints, source recognised, function
    /// exists, parameters that the source takes, rules across members, source exists, visibility timeout; then
    /// refuses what Millrace does not enforce yet. Whether the mapping exists already is the caller's question.
    package func checked(
        with facts: MappingFacts, in location: Location
    ) throws(ConfigurationError) -> CheckedMapping {
        fatalError("pending")
    }

    /// Checks an update in the same order and merges it into the mapping's settings; the rules across members see
    /// the merged settings. Absent members keep their values, empty objects and lists clear (esm-api.md §9).
    package func merged(
        into mapping: EventSourceMapping, with facts: MappingFacts
    ) throws(ConfigurationError) -> (functionARN: ARN, isEnabled: Bool, settings: MappingSettings) {
        fatalError("pending")
    }
}
