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
        let settings = try settings(for: source)
        try checkBatch(settings, for: source)
        try checkScaling(isCreate: true, isQueue: source.isQueue)
        try checkFilters()
        if let name = source.unsupportedName { throw .notSupported(name) }
        guard let sourceARN = source.arn else { throw .invalid("Unrecognized event source.") }
        try checkSourceExists(sourceARN, source, facts, timeout)
        try checkDestination(facts)
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
        try checkScaling(isCreate: false, isQueue: source.isQueue)
        try checkFilters()
        if functionName != nil, let timeout = facts.functionTimeoutSeconds {
            try checkVisibility(facts, timeout)
        }
        try checkDestination(facts)
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
            ("Topics", topics != nil, source.isKafka),
            ("Queues", queues != nil, broker),
            ("SourceAccessConfigurations", isGiven(sourceAccessTypes), source.isKafka || broker || documents),
            ("SelfManagedEventSource", bootstrapServers != nil, selfManaged),
            ("AmazonManagedKafkaEventSourceConfig", hasManagedKafkaConfig, source.isKafka && !selfManaged),
            ("SelfManagedKafkaEventSourceConfig", hasSelfManagedKafkaConfig, selfManaged),
            ("DocumentDBEventSourceConfig", hasDocumentDatabaseConfig, documents),
            ("LoggingConfig", systemLogLevel != nil, source.isKafka),
        ]
        for member in members where member.isGiven && !member.isTaken {
            throw .invalid("Unsupported \(member.name) parameter for given event source mapping type.")
        }
    }

    private func isGiven(_ list: [String]?) -> Bool { list.map { !$0.isEmpty } ?? false }

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
    private func checkRecordAge() throws(ConfigurationError) {
        guard let age = maximumRecordAgeInSeconds, (0..<60).contains(age) else { return }
        throw .invalid("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.")
    }
}

// MARK: - Rules across members

extension MappingRequest {
    /// The settings that a create request asks for, with AWS's defaults.
    private func settings(for source: MappingSource) throws(ConfigurationError) -> MappingSettings {
        var settings = MappingSettings(batchSize: source.isQueue ? 10 : 100, tags: tags ?? [:])
        if source.isStream {
            let position: StartingPosition =
                switch startingPosition {
                case "LATEST": .latest
                case "AT_TIMESTAMP": startingPositionTimestamp.map { .atTimestamp($0) } ?? .latest
                default: .trimHorizon
                }
            settings.stream = StreamMappingSettings(startingPosition: position)
        }
        merge(into: &settings)
        return settings
    }

    private func merge(into settings: inout MappingSettings) {
        settings.batchSize = batchSize ?? settings.batchSize
        settings.batchingWindowSeconds = maximumBatchingWindowInSeconds ?? settings.batchingWindowSeconds
        if let functionResponseTypes { settings.reportsBatchItemFailures = !functionResponseTypes.isEmpty }
        guard var stream = settings.stream else { return }
        if let maximumRetryAttempts {
            stream.maximumRetryAttempts = maximumRetryAttempts < 0 ? nil : maximumRetryAttempts
        }
        if let maximumRecordAgeInSeconds {
            stream.maximumRecordAgeSeconds = maximumRecordAgeInSeconds < 0 ? nil : maximumRecordAgeInSeconds
        }
        stream.bisectsOnError = bisectsBatchOnFunctionError ?? stream.bisectsOnError
        if let onFailureDestination {
            stream.onFailureDestination = ARN(onFailureDestination)
        }
        settings.stream = stream
    }

    private func checkBatch(
        _ settings: MappingSettings, for source: MappingSource
    ) throws(ConfigurationError) {
        if case .fifoQueue = source {
            guard settings.batchingWindowSeconds == 0 else {
                throw .invalid("Batching window is not supported for FIFO queues")
            }
            guard settings.batchSize <= 10 else {
                throw .invalid("Batch size must not exceed 10 for FIFO queues")
            }
        }
        if case .queue = source, settings.batchSize > 10, settings.batchingWindowSeconds == 0 {
            throw .invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
            )
        }
        // AWS refuses both pairs; its texts are not recorded.
        if let window = tumblingWindowInSeconds, window > 0 {
            if let factor = parallelizationFactor, factor > 1 {
                throw .invalid("TumblingWindowInSeconds cannot be used with a ParallelizationFactor above 1.")
            }
            if isGiven(filterPatterns) {
                throw .invalid("TumblingWindowInSeconds cannot be used with FilterCriteria.")
            }
        }
    }

    private func checkScaling(isCreate: Bool, isQueue: Bool) throws(ConfigurationError) {
        guard let pollers = provisionedPollers else { return }
        guard !pollers.isEmpty else {
            guard !isCreate else {
                throw .invalid(
                    "Either MinimumPollers or MaximumPollers are required if ProvisionedPollerConfig is provided."
                )
            }
            return
        }
        guard isQueue else { return }
        let minimum = pollers.minimum ?? 2
        let maximum = pollers.maximum ?? 200
        guard minimum >= 2, maximum >= minimum else {
            throw .invalid(
                "MinimumPollers should be between [2, 200] and MaximumPollers should be between "
                    + "[MinimumPollers, 10000]")
        }
        guard scaling?.maximumConcurrency == nil else {
            throw .invalid(
                "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers "
                    + "as the control mechanism and remove maximum concurrency.")
        }
    }

    /// A pattern that is not even an object; the grammar itself comes with filters.
    private func checkFilters() throws(ConfigurationError) {
        for pattern in filterPatterns ?? [] {
            guard let first = pattern.utf8.first(where: { !" \t\r\n".utf8.contains($0) }),
                first == UInt8(ascii: "{")
            else { throw .invalid("Invalid filter pattern definition.") }
        }
    }
}

// MARK: - The world

extension MappingRequest {
    private func checkSourceExists(
        _ arn: ARN, _ source: MappingSource, _ facts: MappingFacts, _ timeout: Int
    ) throws(ConfigurationError) {
        guard facts.source != .missing else {
            guard source.isQueue else { throw .invalid("Stream not found: \(arn)") }
            throw .invalid(
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
                    + "SQS Error Message: The specified queue does not exist.")
        }
        try checkVisibility(facts, timeout)
    }

    private func checkVisibility(_ facts: MappingFacts, _ timeout: Int) throws(ConfigurationError) {
        guard case .queue(let visibility) = facts.source, visibility < timeout else { return }
        throw .invalid(
            "Queue visibility timeout: \(visibility) seconds is less than Function timeout: \(timeout) seconds"
        )
    }

    /// The on-failure destination of a stream mapping: a standard queue that is there.
    ///
    /// AWS looks at it when it is given, through the function's permissions; its texts are not recorded.
    private func checkDestination(_ facts: MappingFacts) throws(ConfigurationError) {
        guard let destination = onFailureDestination, !destination.isEmpty else { return }
        guard let arn = ARN(destination) else {
            throw .invalid("The destination ARN \(destination) is invalid.")
        }
        switch arn.service {
        case "sqs":
            guard !arn.resource.hasSuffix(".fifo") else {
                throw .invalid("The destination ARN \(destination) is invalid: it is a FIFO queue.")
            }
            guard facts.destinationExists else {
                throw .invalid("The destination ARN \(destination) is invalid: the queue does not exist.")
            }
        case "sns": throw .notSupported("an SNS topic as DestinationConfig.OnFailure.Destination")
        case "s3": throw .notSupported("an S3 bucket as DestinationConfig.OnFailure.Destination")
        default: throw .invalid("The destination ARN \(destination) is invalid.")
        }
    }

    /// What AWS would take now and Millrace does not act on yet; its "off" values pass.
    private func refuseWhatIsNotEnforced() throws(ConfigurationError) {
        if isGiven(filterPatterns) { throw .notSupported("FilterCriteria") }
        if let factor = parallelizationFactor, factor > 1 {
            throw .notSupported("a ParallelizationFactor above 1")
        }
        if let window = tumblingWindowInSeconds, window > 0 {
            throw .notSupported("a TumblingWindowInSeconds above 0")
        }
        if scaling?.maximumConcurrency != nil { throw .notSupported("ScalingConfig.MaximumConcurrency") }
        if let pollers = provisionedPollers, !pollers.isEmpty {
            throw .notSupported("ProvisionedPollerConfig")
        }
        if isGiven(metrics) { throw .notSupported("MetricsConfig") }
        if let key = kmsKeyARN, !key.isEmpty { throw .notSupported("KMSKeyArn") }
    }
}
