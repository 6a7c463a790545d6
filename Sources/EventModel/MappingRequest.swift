/// What a caller asks a mapping to be: the members of `CreateEventSourceMapping` and
/// `UpdateEventSourceMapping`, each as on the wire and `nil` when absent or `null`.
///
/// The Lambda service decodes it from JSON, the template reader from properties of the same names.
package struct MappingRequest: Equatable, Sendable {
    /// `ScalingConfig`; empty clears.
    package struct Scaling: Equatable, Sendable {
        package var maximumConcurrency: Int?
        package init(maximumConcurrency: Int? = nil) { self.maximumConcurrency = maximumConcurrency }
    }

    /// `ProvisionedPollerConfig`; empty clears.
    package struct ProvisionedPollers: Equatable, Sendable {
        package var minimum: Int?
        package var maximum: Int?
        package var groupName: String?
        package init(minimum: Int? = nil, maximum: Int? = nil, groupName: String? = nil) {
            self.minimum = minimum
            self.maximum = maximum
            self.groupName = groupName
        }
        var isEmpty: Bool { minimum == nil && maximum == nil && groupName == nil }
    }

    package var eventSourceARN: String?
    package var functionName: String?
    package var isEnabled: Bool?
    package var batchSize: Int?
    package var maximumBatchingWindowInSeconds: Int?
    package var startingPosition: String?
    package var startingPositionTimestamp: Timestamp?
    package var parallelizationFactor: Int?
    package var maximumRetryAttempts: Int?
    package var maximumRecordAgeInSeconds: Int?
    package var bisectsBatchOnFunctionError: Bool?
    package var tumblingWindowInSeconds: Int?
    package var functionResponseTypes: [String]?
    /// `DestinationConfig.OnFailure.Destination`; an empty text clears.
    package var onFailureDestination: String?
    /// `DestinationConfig.OnSuccess.Destination`, which AWS refuses.
    package var onSuccessDestination: String?
    /// Where successes are reported: our own, never from AWS's API; an empty text clears.
    package var successReportDestination: String?
    /// Where a queue's given up messages are reported: our own, like `successReportDestination`.
    package var failureReportDestination: String?
    /// The pattern texts of `FilterCriteria.Filters`; empty clears.
    package var filterPatterns: [String]?
    package var kmsKeyARN: String?
    package var scaling: Scaling?
    package var provisionedPollers: ProvisionedPollers?
    /// `MetricsConfig.Metrics`; empty clears.
    package var metrics: [String]?
    /// `LoggingConfig.SystemLogLevel`.
    package var systemLogLevel: String?
    package var topics: [String]?
    package var queues: [String]?
    /// The types of `SourceAccessConfigurations`.
    package var sourceAccessTypes: [String]?
    /// `SelfManagedEventSource.Endpoints.KAFKA_BOOTSTRAP_SERVERS`.
    package var bootstrapServers: [String]?
    package var hasManagedKafkaConfig = false
    package var hasSelfManagedKafkaConfig = false
    package var hasDocumentDatabaseConfig = false
    package var tags: [String: String]?

    package init() {}
}

/// What a request is checked against: the world around the mapping at this moment.
package struct MappingFacts: Equatable, Sendable {
    package enum Source: Equatable, Sendable {
        case missing
        case queue(visibilityTimeoutSeconds: Int)
        case stream
    }

    /// Of the function that the request (or, for an update without one, the mapping) names; `nil` when there is none.
    package var functionTimeoutSeconds: Int?
    package var source: Source
    /// Whether the queue, topic or bucket that `onFailureDestination` names is there.
    package var destinationExists: Bool
    /// The same of `successReportDestination`.
    package var successDestinationExists: Bool
    /// The same of `failureReportDestination`.
    package var failureReportDestinationExists: Bool
    /// Whether the source is a queue that gives messages up.
    package var hasRedrivePolicy: Bool
    package var now: Timestamp

    package init(
        functionTimeoutSeconds: Int?, source: Source, destinationExists: Bool = true,
        successDestinationExists: Bool = true, failureReportDestinationExists: Bool = true,
        hasRedrivePolicy: Bool = true, now: Timestamp
    ) {
        self.functionTimeoutSeconds = functionTimeoutSeconds
        self.source = source
        self.destinationExists = destinationExists
        self.successDestinationExists = successDestinationExists
        self.failureReportDestinationExists = failureReportDestinationExists
        self.hasRedrivePolicy = hasRedrivePolicy
        self.now = now
    }
}

/// A create request that has passed every check.
package struct CheckedMapping: Equatable, Sendable {
    package let source: MappingSource
    package let sourceARN: ARN
    package let function: FunctionReference
    package let isEnabled: Bool
    package let settings: MappingSettings
}
