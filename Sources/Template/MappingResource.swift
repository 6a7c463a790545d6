import EventModel

/// Mappings, from `Events` of a serverless function or as resources of their own.
struct MappingResource {
    /// What is known of the rest of the template.
    struct Surroundings {
        var queues: [ARN: QueueAttributes] = [:]
        /// Tables of this template that have no stream.
        var tablesWithoutStream: Set<String> = []
        /// Timeouts in seconds, by ARN.
        var functions: [ARN: Int] = [:]
    }

    let resolver: Resolver
    let surroundings: Surroundings
    private var problems: ProblemList { resolver.problems }

    init(resolver: Resolver, surroundings: Surroundings) {
        self.resolver = resolver
        self.surroundings = surroundings
    }

    /// An entry of `Events`: `Type` and `Properties`.
    ///
    /// - Parameter destinations: What the function's metadata says of this event.
    func event(
        _ member: Value.Member, function: ARN, destinations: MillraceMetadata.Destinations
    ) -> TemplatePlan.Mapping? {
        let reader = PropertyReader(member.value, what: "the event \(member.key)", problems: problems)
        let type = reader.required("Type")
        let properties = reader.value("Properties")
        reader.finish()
        let sourceKeys = ["SQS": "Queue", "Kinesis": "Stream", "DynamoDB": "Stream"]
        guard let type else { return nil }
        guard let sourceKey = sourceKeys[type] else {
            problems.add(
                member.keyPlace,
                "The event \(member.key) is of type \(type); only SQS, Kinesis and DynamoDB are supported.")
            return nil
        }
        guard let properties else {
            problems.add(member.keyPlace, "The event \(member.key) needs Properties.")
            return nil
        }
        let settings = PropertyReader(properties, what: "the \(type) event \(member.key)", problems: problems)
        let service = ["SQS": "sqs", "Kinesis": "kinesis", "DynamoDB": "dynamodb"][type]
        guard let source = source(settings, sourceKey, service: service) else {
            _ = request(settings)
            settings.finish()
            return nil
        }
        return mapping(
            settings, source: source, function: function.description, place: member.keyPlace,
            destinations: destinations)
    }

    /// An `AWS::Lambda::EventSourceMapping`.
    func resource(
        _ reader: PropertyReader, place: DocumentNode.Place, destinations: MillraceMetadata.Destinations
    ) -> TemplatePlan.Mapping? {
        let function = reader.required("FunctionName")
        reader.refuse("Topics", "Kafka sources come later")
        reader.refuse("Queues", "message brokers come later")
        for key in [
            "SelfManagedEventSource", "SourceAccessConfigurations", "AmazonManagedKafkaEventSourceConfig",
            "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig",
        ] {
            reader.refuse(key, "only queues, Kinesis streams and table streams can be sources")
        }
        guard let source = source(reader, "EventSourceArn", service: nil), let function else {
            _ = request(reader)
            reader.finish()
            return nil
        }
        return mapping(reader, source: source, function: function, place: place, destinations: destinations)
    }

    private func source(_ reader: PropertyReader, _ key: String, service: String?) -> TemplatePlan.Source? {
        if !reader.has(key) { problems.add(reader.place, "\(reader.what) needs \(key).") }
        guard let value = reader.value(key) else { return nil }
        switch value.content {
        case .late(.tableStream(let table)):
            guard service == nil || service == "dynamodb" else { break }
            if surroundings.tablesWithoutStream.contains(table) {
                problems.add(value.place, "The table \(table) has no StreamSpecification.")
                return nil
            }
            return .late(.tableStream(tableName: table))
        case .late(.consumer(let stream, let name)):
            guard service == nil || service == "kinesis" else { break }
            return .late(.consumer(stream: stream, name: name))
        case .text(let text):
            guard let arn = ARN(text), service == nil || arn.service == service else { break }
            return .resource(arn)
        case .list, .object, .nothing, .invalid: break
        }
        let given = value.text.map { "'\($0)'" } ?? value.kindName
        problems.add(
            value.place, "\(key) of \(reader.what) has to be the ARN of such a source, but is \(given).")
        return nil
    }

    // MARK: - Settings

    private func mapping(
        _ reader: PropertyReader, source: TemplatePlan.Source, function: String, place: DocumentNode.Place,
        destinations: MillraceMetadata.Destinations
    ) -> TemplatePlan.Mapping? {
        var request = request(reader)
        request.successReportDestination = destinations.onSuccess
        request.failureReportDestination = destinations.onFailure
        reader.finish()
        request.functionName = function
        request.eventSourceARN = arnToCheck(source).description
        let location = resolver.context.location
        let functionARN = FunctionReference(parsing: function, in: location)?.arn
        // What this template does not declare is looked at when the plan is applied.
        let facts = MappingFacts(
            functionTimeoutSeconds: functionARN.flatMap { surroundings.functions[$0] } ?? 1,
            source: sourceFact(source), hasRedrivePolicy: mayGiveUp(source), now: resolver.context.now)
        do {
            let checked = try request.checked(with: facts, in: location)
            return TemplatePlan.Mapping(
                source: source, functionARN: checked.function.arn, settings: checked.settings,
                isEnabled: checked.isEnabled, origin: "\(problems.file):\(place.line):\(place.column)")
        } catch {
            problems.add(self.place(of: error, in: reader) ?? place, "\(reader.what): \(error.message)")
            return nil
        }
    }

    /// What has no ARN yet gets one of the right form, which goes no further than the check.
    private func arnToCheck(_ source: TemplatePlan.Source) -> ARN {
        switch source {
        case .resource(let arn): arn
        case .late(.tableStream(let table)):
            resolver.context.location.arn(
                "dynamodb", "table/\(table)/stream/\(resolver.context.now.streamLabel)")
        case .late(.consumer(let stream, let name)):
            Location(account: stream.account, region: stream.region)
                .arn("kinesis", "\(stream.resource)/consumer/\(name):1")
        }
    }

    private func sourceFact(_ source: TemplatePlan.Source) -> MappingFacts.Source {
        guard case .resource(let arn) = source, arn.service == "sqs" else { return .stream }
        let visibility = surroundings.queues[arn]?.visibilityTimeoutSeconds
        return .queue(visibilityTimeoutSeconds: visibility ?? Limits.visibilityTimeoutSeconds)
    }

    /// Whether messages of a queue are given up some day; one of another template is looked at when the plan is applied.
    private func mayGiveUp(_ source: TemplatePlan.Source) -> Bool {
        guard case .resource(let arn) = source, let queue = surroundings.queues[arn] else { return true }
        return queue.redrive != nil
    }

    /// The property that the refusal names, the one with the longest name if it names several.
    private func place(of error: ConfigurationError, in reader: PropertyReader) -> DocumentNode.Place? {
        // AWS writes some names as words: "maximum batch size".
        let message = error.message.lowercased().filter { $0 != " " }
        return reader.members.filter { message.contains($0.key.lowercased()) }
            .max { $0.key.count < $1.key.count }?.keyPlace
    }

    private func request(_ reader: PropertyReader) -> MappingRequest {
        var request = MappingRequest()
        request.isEnabled = reader.boolean("Enabled")
        request.batchSize = reader.integer("BatchSize")
        request.maximumBatchingWindowInSeconds = reader.integer("MaximumBatchingWindowInSeconds")
        request.startingPosition = reader.text("StartingPosition")
        request.startingPositionTimestamp = timestamp(reader, "StartingPositionTimestamp")
        request.parallelizationFactor = reader.integer("ParallelizationFactor")
        request.maximumRetryAttempts = reader.integer("MaximumRetryAttempts")
        request.maximumRecordAgeInSeconds = reader.integer("MaximumRecordAgeInSeconds")
        request.bisectsBatchOnFunctionError = reader.boolean("BisectBatchOnFunctionError")
        request.tumblingWindowInSeconds = reader.integer("TumblingWindowInSeconds")
        request.functionResponseTypes = reader.texts("FunctionResponseTypes")
        request.kmsKeyARN = reader.text("KmsKeyArn")
        if let scaling = reader.object("ScalingConfig") {
            request.scaling = .init(maximumConcurrency: scaling.integer("MaximumConcurrency"))
            scaling.finish()
        }
        request.filterPatterns = filterPatterns(reader)
        if let config = reader.object("ProvisionedPollerConfig") {
            request.provisionedPollers = .init(
                minimum: config.integer("MinimumPollers"), maximum: config.integer("MaximumPollers"),
                groupName: config.text("PollerGroupName"))
            config.finish()
        }
        if let config = reader.object("MetricsConfig") {
            request.metrics = config.texts("Metrics") ?? []
            config.finish()
        }
        reader.refuse("LoggingConfig", "set the log level with millrace serve --log-level")
        readDestination(reader, into: &request)
        request.tags = reader.has("Tags") ? reader.tags("Tags") : nil
        return request
    }

    /// Told apart here with the reason, which AWS's one text for all of them does not give.
    private func filterPatterns(_ reader: PropertyReader) -> [String]? {
        guard let criteria = reader.object("FilterCriteria") else { return nil }
        var patterns: [String] = []
        for element in criteria.list("Filters") ?? [] {
            let filter = PropertyReader(element, what: "a filter of \(reader.what)", problems: problems)
            if let pattern = filter.required("Pattern") {
                if let problem = FilterPattern.problem(in: pattern) {
                    let place = filter.value("Pattern")?.place ?? filter.place
                    problems.add(place, "The Pattern of \(filter.what) is invalid: \(problem.reason).")
                } else {
                    patterns.append(pattern)
                }
            }
            filter.finish()
        }
        criteria.finish()
        return patterns
    }

    private func readDestination(_ reader: PropertyReader, into request: inout MappingRequest) {
        guard let configuration = reader.object("DestinationConfig") else { return }
        if let failure = configuration.object("OnFailure") {
            // Serverless templates say the kind too, and may leave the queue to be made; ours is always named.
            let type = failure.choice("Type", of: ["SQS", "SNS", "S3"])
            if type != nil, !failure.has("Destination") {
                problems.add(
                    failure.place,
                    "\(failure.what) needs Destination, the ARN of a queue, a topic or a bucket.")
            }
            request.onFailureDestination = failure.text("Destination")
            failure.finish()
        }
        configuration.refuse(
            "OnSuccess",
            "AWS's mappings have no such destination; Metadata: {Millrace: {OnSuccess: ARN}} has one")
        configuration.finish()
    }

    private func timestamp(_ reader: PropertyReader, _ key: String) -> Timestamp? {
        guard let text = reader.text(key) else { return nil }
        guard let seconds = Double(text), (0...100_000_000_000).contains(seconds) else {
            problems.add(
                reader.value(key)?.place ?? reader.place,
                "\(key) has to be seconds since 1970, but is '\(text)'.")
            return nil
        }
        return Timestamp(millisecondsSinceEpoch: Int64((seconds * 1_000).rounded()))
    }
}
