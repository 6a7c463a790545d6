// MARK: - Rules across members

extension MappingRequest {
    /// The settings that a create request asks for, with AWS's defaults.
    func settings(for source: MappingSource) throws(ConfigurationError) -> MappingSettings {
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

    func merge(into settings: inout MappingSettings) {
        settings.batchSize = batchSize ?? settings.batchSize
        settings.batchingWindowSeconds = maximumBatchingWindowInSeconds ?? settings.batchingWindowSeconds
        if let functionResponseTypes { settings.reportsBatchItemFailures = !functionResponseTypes.isEmpty }
        if let metrics { settings.metrics = Set(metrics.compactMap { MetricGroup(rawValue: $0) }) }
        guard var stream = settings.stream else { return merge(into: &settings.queue) }
        if let maximumRetryAttempts {
            stream.maximumRetryAttempts = maximumRetryAttempts < 0 ? nil : maximumRetryAttempts
        }
        if let maximumRecordAgeInSeconds {
            stream.maximumRecordAgeSeconds = maximumRecordAgeInSeconds < 0 ? nil : maximumRecordAgeInSeconds
        }
        stream.bisectsOnError = bisectsBatchOnFunctionError ?? stream.bisectsOnError
        stream.parallelizationFactor = parallelizationFactor ?? stream.parallelizationFactor
        stream.tumblingWindowSeconds = tumblingWindowInSeconds ?? stream.tumblingWindowSeconds
        if let onFailureDestination {
            stream.onFailureDestination = ARN(onFailureDestination)
        }
        if let successReportDestination {
            stream.onSuccessDestination = ARN(successReportDestination)
        }
        settings.stream = stream
    }

    /// Of poller bounds, those that the request does not name keep their values, or get AWS's.
    private func merge(into queue: inout QueueMappingSettings) {
        if let scaling { queue.maximumConcurrency = scaling.maximumConcurrency }
        if let given = provisionedPollers {
            var pollers = queue.provisionedPollers ?? .init()
            pollers.minimum = given.minimum ?? pollers.minimum
            pollers.maximum = given.maximum ?? pollers.maximum
            queue.provisionedPollers = given.isEmpty ? nil : pollers
        }
        if let failureReportDestination { queue.onFailureDestination = ARN(failureReportDestination) }
        if let successReportDestination { queue.onSuccessDestination = ARN(successReportDestination) }
    }

    func checkBatch(
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
        if let stream = settings.stream, stream.tumblingWindowSeconds > 0 {
            if stream.parallelizationFactor > 1 {
                throw .invalid("TumblingWindowInSeconds cannot be used with a ParallelizationFactor above 1.")
            }
            if filterPatterns.map({ !$0.isEmpty }) ?? !settings.filters.isEmpty {
                throw .invalid("TumblingWindowInSeconds cannot be used with FilterCriteria.")
            }
        }
    }

    /// - Parameter settings: What the request leads to.
    func checkScaling(
        _ settings: MappingSettings, isCreate: Bool, isQueue: Bool
    ) throws(ConfigurationError) {
        guard !isCreate || provisionedPollers?.isEmpty != true else {
            throw .invalid(
                "Either MinimumPollers or MaximumPollers are required if ProvisionedPollerConfig is provided."
            )
        }
        guard isQueue, let pollers = settings.queue.provisionedPollers else { return }
        guard pollers.minimum >= 2, pollers.maximum >= pollers.minimum else {
            throw .invalid(
                "MinimumPollers should be between [2, 200] and MaximumPollers should be between "
                    + "[MinimumPollers, 10000]")
        }
        guard settings.queue.maximumConcurrency == nil else {
            throw .invalid(
                "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers "
                    + "as the control mechanism and remove maximum concurrency.")
        }
    }

    /// The filters that the request names; `nil` when it says nothing about them.
    func checkedFilters(for source: MappingSource) throws(ConfigurationError) -> [FilterPattern]? {
        guard let filterPatterns else { return nil }
        guard filterPatterns.count <= Limits.filtersPerMapping else {
            // AWS's text is not recorded.
            throw .invalid(
                "FilterCriteria has \(filterPatterns.count) filters, more than the \(Limits.filtersPerMapping) "
                    + "that an event source mapping may have.")
        }
        var patterns: [FilterPattern] = []
        for text in filterPatterns {
            let pattern = try FilterPattern(text)
            guard pattern.suits(source) else { throw .invalid("Invalid filter pattern definition.") }
            patterns.append(pattern)
        }
        return patterns
    }
}

// MARK: - The world

extension MappingRequest {
    func checkSourceExists(
        _ arn: ARN, _ source: MappingSource, _ facts: MappingFacts, _ timeout: Int
    ) throws(ConfigurationError) {
        guard facts.source != .missing else {
            // AWS's words for a consumer are not recorded; these follow those for a stream.
            if case .kinesisConsumer = source { throw .invalid("Stream consumer not found: \(arn)") }
            guard source.isQueue else { throw .invalid("Stream not found: \(arn)") }
            throw .invalid(
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
                    + "SQS Error Message: The specified queue does not exist.")
        }
        try checkVisibility(facts, timeout)
    }

    func checkVisibility(_ facts: MappingFacts, _ timeout: Int) throws(ConfigurationError) {
        guard case .queue(let visibility) = facts.source, visibility < timeout else { return }
        throw .invalid(
            "Queue visibility timeout: \(visibility) seconds is less than Function timeout: \(timeout) seconds"
        )
    }

    /// What AWS would take now and Millrace does not act on yet; its "off" values pass.
    func refuseWhatIsNotEnforced() throws(ConfigurationError) {
        if let key = kmsKeyARN, !key.isEmpty { throw .notSupported("KMSKeyArn") }
    }
}
