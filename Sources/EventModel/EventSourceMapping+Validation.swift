extension MappingRequest {
    /// Checks a create request in AWS's order (esm-api.md §6): model constraints, source recognised, function
    /// exists, parameters that the source takes, rules across members, source exists, visibility timeout; then
    /// refuses what Millrace does not enforce yet. Whether the mapping exists already is the caller's question.
    package func checked(
        with facts: MappingFacts, in location: Location
    ) throws(ConfigurationError) -> CheckedMapping {
        try checkConstraints(isCreate: true)
        let source = try recognizedSource()
        guard let function = functionName.flatMap({ FunctionReference(parsing: $0, in: location) }),
            let timeout = facts.functionTimeoutSeconds
        else { throw .invalid("Function does not exist") }
        try checkSupport(by: source)
        try checkSourceSpecificMembers(source, facts)
        var settings = try settings(for: source)
        try checkBatch(settings, for: source)
        try checkScaling(settings, isCreate: true, isQueue: source.isQueue)
        settings.filters = try checkedFilters(for: source) ?? []
        if let name = source.unsupportedName { throw .notSupported(name) }
        guard let sourceARN = source.arn else { throw .invalid("Unrecognized event source.") }
        try checkSourceExists(sourceARN, source, facts, timeout)
        try checkDestination(facts, of: source)
        try refuseWhatIsNotEnforced()
        return CheckedMapping(
            source: source, sourceARN: sourceARN, function: function, isEnabled: isEnabled ?? true,
            settings: settings)
    }

    /// Checks an update in the same order and merges it into the mapping's settings; the rules across members see
    /// the merged settings. Absent members keep their values, empty objects and lists clear (esm-api.md §9).
    ///
    /// Function and visibility timeout are looked at only when the request names a function, the destination only
    /// when it names one.
    package func merged(
        into mapping: EventSourceMapping, with facts: MappingFacts
    ) throws(ConfigurationError) -> (functionARN: ARN, isEnabled: Bool, settings: MappingSettings) {
        try checkConstraints(isCreate: false)
        guard let source = MappingSource(mapping.source) else {
            throw .invalid("Unrecognized event source.")
        }
        var functionARN = mapping.functionARN
        if let functionName {
            guard let function = FunctionReference(parsing: functionName, in: mapping.location),
                facts.functionTimeoutSeconds != nil
            else { throw .invalid("Function does not exist") }
            functionARN = function.arn
        }
        try checkSupport(by: source)
        try checkRecordAge()
        var settings = mapping.settings
        merge(into: &settings)
        try checkBatch(settings, for: source)
        try checkScaling(settings, isCreate: false, isQueue: source.isQueue)
        settings.filters = try checkedFilters(for: source) ?? settings.filters
        if functionName != nil, let timeout = facts.functionTimeoutSeconds {
            try checkVisibility(facts, timeout)
        }
        try checkDestination(facts, of: source)
        try refuseWhatIsNotEnforced()
        return (functionARN, isEnabled ?? mapping.isEnabled, settings)
    }
}

// MARK: - Source and parameters

extension MappingRequest {
    private func recognizedSource() throws(ConfigurationError) -> MappingSource {
        if let eventSourceARN {
            guard let arn = ARN(eventSourceARN), let source = MappingSource(arn) else {
                throw .invalid("Unrecognized event source.")
            }
            return source
        }
        guard bootstrapServers != nil else { throw .invalid("Unrecognized event source.") }
        return .selfManagedKafka
    }

    /// Refuses the first member that the source does not take (esm-api.md §3, the table's columns).
    private func checkSupport(by source: MappingSource) throws(ConfigurationError) {
        let retries = source.isStream || source.isKafka
        let broker = if case .messageBroker = source { true } else { false }
        let documents = if case .documentDatabase = source { true } else { false }
        let selfManaged = source == .selfManagedKafka
        let members: [(name: String, isGiven: Bool, isTaken: Bool)] = [
            ("StartingPosition", startingPosition != nil, retries || documents),
            ("StartingPositionTimestamp", startingPositionTimestamp != nil, retries || documents),
            ("ParallelizationFactor", parallelizationFactor != nil, source.isStream),
            ("MaximumRetryAttempts", maximumRetryAttempts != nil, retries),
            ("MaximumRecordAgeInSeconds", maximumRecordAgeInSeconds != nil, retries),
            ("BisectBatchOnFunctionError", bisectsBatchOnFunctionError != nil, retries),
            ("TumblingWindowInSeconds", tumblingWindowInSeconds != nil, source.isStream),
            ("FunctionResponseTypes", isGiven(functionResponseTypes), retries || source.isQueue),
            ("DestinationConfig", onSuccessDestination.map { !$0.isEmpty } ?? false, false),
            ("DestinationConfig", onFailureDestination != nil, retries),
            ("FilterCriteria", isGiven(filterPatterns), !documents),
            ("ScalingConfig", scaling?.maximumConcurrency != nil, source.isQueue),
            (
                "ProvisionedPollerConfig", provisionedPollers.map { !$0.isEmpty } ?? false,
                source.isQueue || source.isKafka
            ),
            ("PollerGroupName", provisionedPollers?.groupName != nil, source.isKafka),
            ("Topics", topics != nil, source.isKafka),
            ("Queues", queues != nil, broker),
            ("SourceAccessConfigurations", isGiven(sourceAccessTypes), source.isKafka || broker || documents),
            ("SelfManagedEventSource", bootstrapServers != nil, selfManaged),
            ("AmazonManagedKafkaEventSourceConfig", hasManagedKafkaConfig, source.isKafka && !selfManaged),
            ("SelfManagedKafkaEventSourceConfig", hasSelfManagedKafkaConfig, selfManaged),
            ("DocumentDBEventSourceConfig", hasDocumentDatabaseConfig, documents),
            ("LoggingConfig", systemLogLevel != nil, source.isKafka),
            ("MetricsConfig", isGiven(metrics), retries || source.isQueue),
            // Only clusters have the other groups.
            ("MetricsConfig", !(metrics ?? []).allSatisfy { $0 == "EventCount" }, source.isKafka),
        ]
        for member in members where member.isGiven && !member.isTaken {
            throw .invalid("Unsupported \(member.name) parameter for given event source mapping type.")
        }
    }

    func isGiven(_ list: [String]?) -> Bool { list.map { !$0.isEmpty } ?? false }

    private func checkSourceSpecificMembers(
        _ source: MappingSource, _ facts: MappingFacts
    ) throws(ConfigurationError) {
        if source.isStream { try checkStartingPosition(source, facts) }
        if source == .selfManagedKafka, !isGiven(sourceAccessTypes) {
            throw .invalid("Required 'sourceAccessConfigurations' parameter is missing.")
        }
        try checkRecordAge()
    }

    private func checkStartingPosition(
        _ source: MappingSource, _ facts: MappingFacts
    ) throws(ConfigurationError) {
        guard let startingPosition else {
            throw .invalid(
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
                    + "Member must not be null.")
        }
        let isAtTimestamp = startingPosition == "AT_TIMESTAMP"
        if isAtTimestamp, case .tableStream(let arn) = source {
            throw .invalid("Unsupported starting position for arn type: \(arn)")
        }
        guard let startingPositionTimestamp else {
            guard !isAtTimestamp else {
                throw .invalid(
                    "1 validation error detected: Value null at 'startingPositionTimestamp' failed to satisfy "
                        + "constraint: Member must not be null.")
            }
            return
        }
        guard isAtTimestamp else {
            throw .invalid("StartingPositionTimestamp is only valid with StartingPosition AT_TIMESTAMP.")
        }
        guard startingPositionTimestamp <= facts.now else {
            throw .invalid("StartingPositionTimestamp must not be in the future.")
        }
    }

    /// AWS's text for 0...59 is not recorded; the model itself allows it.
    func checkRecordAge() throws(ConfigurationError) {
        guard let age = maximumRecordAgeInSeconds, (0..<60).contains(age) else { return }
        throw .invalid("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.")
    }
}
