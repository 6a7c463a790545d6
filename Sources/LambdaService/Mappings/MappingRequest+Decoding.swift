import AWSWire
import ByteCoding
import EventModel

extension MappingRequest {
    /// Reads the body of a create or update; only the types are checked.
    init(_ arguments: CallArguments) throws(AWSError) {
        self.init()
        eventSourceARN = try arguments.string("EventSourceArn")
        functionName = try arguments.string("FunctionName")
        isEnabled = try arguments.bool("Enabled")
        batchSize = try arguments.int("BatchSize")
        maximumBatchingWindowInSeconds = try arguments.int("MaximumBatchingWindowInSeconds")
        startingPosition = try arguments.string("StartingPosition")
        startingPositionTimestamp = try arguments.double("StartingPositionTimestamp").flatMap(Self.moment)
        parallelizationFactor = try arguments.int("ParallelizationFactor")
        maximumRetryAttempts = try arguments.int("MaximumRetryAttempts")
        maximumRecordAgeInSeconds = try arguments.int("MaximumRecordAgeInSeconds")
        bisectsBatchOnFunctionError = try arguments.bool("BisectBatchOnFunctionError")
        tumblingWindowInSeconds = try arguments.int("TumblingWindowInSeconds")
        functionResponseTypes = try arguments.strings("FunctionResponseTypes")
        let destinations = try arguments.object("DestinationConfig")
        onSuccessDestination = try destinations?.object("OnSuccess")?.string("Destination")
        onFailureDestination = try destinations?.object("OnFailure")?.string("Destination")
        filterPatterns = try Self.patterns(arguments)
        kmsKeyARN = try arguments.string("KMSKeyArn")
        if let config = try arguments.object("ScalingConfig") {
            scaling = Scaling(maximumConcurrency: try config.int("MaximumConcurrency"))
        }
        if let config = try arguments.object("ProvisionedPollerConfig") {
            provisionedPollers = ProvisionedPollers(
                minimum: try config.int("MinimumPollers"), maximum: try config.int("MaximumPollers"),
                groupName: try config.string("PollerGroupName"))
        }
        if let config = try arguments.object("MetricsConfig") {
            metrics = try config.strings("Metrics") ?? []
        }
        systemLogLevel = try arguments.object("LoggingConfig")?.string("SystemLogLevel")
        try readOtherSources(arguments)
        if let pairs = try arguments.stringMap("Tags") {
            tags = Dictionary(pairs.map { ($0.key, $0.value) }) { $1 }
        }
    }

    /// Members that only brokers, clusters and databases have.
    private mutating func readOtherSources(_ arguments: CallArguments) throws(AWSError) {
        topics = try arguments.strings("Topics")
        queues = try arguments.strings("Queues")
        sourceAccessTypes = try arguments.array("SourceAccessConfigurations")?.map {
            $0["Type"]?.stringValue ?? ""
        }
        if let source = try arguments.object("SelfManagedEventSource") {
            bootstrapServers = try source.object("Endpoints")?.strings("KAFKA_BOOTSTRAP_SERVERS") ?? []
        }
        hasManagedKafkaConfig = arguments["AmazonManagedKafkaEventSourceConfig"] != nil
        hasSelfManagedKafkaConfig = arguments["SelfManagedKafkaEventSourceConfig"] != nil
        hasDocumentDatabaseConfig = arguments["DocumentDBEventSourceConfig"] != nil
    }

    /// `FilterCriteria`; a filter without a pattern has an empty one.
    private static func patterns(_ arguments: CallArguments) throws(AWSError) -> [String]? {
        guard let criteria = try arguments.object("FilterCriteria") else { return nil }
        return try criteria.array("Filters")?.map { $0["Pattern"]?.stringValue ?? "" } ?? []
    }

    /// Epoch seconds; `nil` for what no clock can show.
    private static func moment(_ seconds: Double) -> Timestamp? {
        let milliseconds = (seconds * 1_000).rounded()
        guard milliseconds.magnitude < 1e15 else { return nil }
        return Timestamp(millisecondsSinceEpoch: Int64(milliseconds))
    }
}
