/// Settings and state that tie one source to one function.
package struct EventSourceMapping: Equatable, Sendable {
    package enum State: String, Equatable, Sendable {
        case creating = "Creating"
        case enabling = "Enabling"
        case enabled = "Enabled"
        case disabling = "Disabling"
        case disabled = "Disabled"
        case updating = "Updating"
        case deleting = "Deleting"

        /// A mapping in a transition refuses updates and deletes (esm-api.md §5).
        package var isSettled: Bool { self == .enabled || self == .disabled }
    }

    /// Lower-case UUID text, made by the service.
    package let id: String
    package let location: Location
    package let source: ARN
    /// As given at create, qualification kept (esm-api.md §2).
    package var functionARN: ARN { didSet { function = Self.reference(functionARN) } }
    /// What the ARN names, taken apart once: it is asked for at each invocation.
    package private(set) var function: FunctionReference
    package var settings: MappingSettings
    package var state: State
    /// `Enabled` as last asked for: the state that a transition leads to.
    package var isEnabled: Bool
    package var stateTransitionReason: String
    /// `nil` for queue mappings, which never show one (esm-api.md §4).
    package var lastProcessingResult: String?
    package var modifiedAt: Timestamp

    package init(
        id: String, location: Location, source: ARN, functionARN: ARN, settings: MappingSettings,
        state: State, isEnabled: Bool, stateTransitionReason: String, lastProcessingResult: String?,
        modifiedAt: Timestamp
    ) {
        self.id = id
        self.location = location
        self.source = source
        self.functionARN = functionARN
        function = Self.reference(functionARN)
        self.settings = settings
        self.state = state
        self.isEnabled = isEnabled
        self.stateTransitionReason = stateTransitionReason
        self.lastProcessingResult = lastProcessingResult
        self.modifiedAt = modifiedAt
    }

    package var arn: ARN { location.arn("lambda", "event-source-mapping:\(id)") }

    /// The function, whatever its qualifier.
    package var functionKey: FunctionKey { function.key }

    /// Version or alias as the mapping names it.
    package var functionQualifier: String? { function.qualifier }

    /// The function's name without qualifier.
    package var functionName: String { function.name }

    private static func reference(_ arn: ARN) -> FunctionReference {
        let parts = arn.resource.split(separator: ":", maxSplits: 2).map(String.init)
        return FunctionReference(
            name: parts.count > 1 ? parts[1] : arn.resource, qualifier: parts.count > 2 ? parts[2] : nil,
            location: Location(account: arn.account, region: arn.region))
    }
}

/// Where a mapping begins in a shard that it meets for the first time.
package enum StartingPosition: Equatable, Sendable {
    case trimHorizon
    case latest
    case atTimestamp(Timestamp)
}

/// What a mapping does with its source; only what Millrace enforces has a place here.
package struct MappingSettings: Equatable, Sendable {
    /// 1...10,000; AWS's default is 10 for queues, 100 for streams.
    package var batchSize: Int
    /// 0...300 s.
    package var batchingWindowSeconds: Int
    package var reportsBatchItemFailures: Bool
    /// A record that matches none of them never reaches the function; empty lets every record through.
    package var filters: [FilterPattern]
    /// `nil` for a queue mapping.
    package var stream: StreamMappingSettings?
    package var queue: QueueMappingSettings
    /// `MetricsConfig.Metrics`: the groups of metrics that are wanted besides those of the function.
    package var metrics: Set<MetricGroup>
    package var tags: [String: String]

    package init(
        batchSize: Int, batchingWindowSeconds: Int = 0, reportsBatchItemFailures: Bool = false,
        filters: [FilterPattern] = [], stream: StreamMappingSettings? = nil,
        queue: QueueMappingSettings = QueueMappingSettings(), metrics: Set<MetricGroup> = [],
        tags: [String: String] = [:]
    ) {
        self.batchSize = batchSize
        self.batchingWindowSeconds = batchingWindowSeconds
        self.reportsBatchItemFailures = reportsBatchItemFailures
        self.filters = filters
        self.stream = stream
        self.queue = queue
        self.metrics = metrics
        self.tags = tags
    }
}

/// A group of a mapping's own metrics that Millrace has (esm-api.md §3, `MetricsConfig`).
package enum MetricGroup: String, CaseIterable, Sendable {
    case eventCount = "EventCount"
}

extension MappingSettings {
    /// What pollers go by: tags may change while they run.
    package var withoutTags: MappingSettings {
        var settings = self
        settings.tags = [:]
        return settings
    }
}

/// The settings that only stream mappings have.
package struct StreamMappingSettings: Equatable, Sendable {
    package var startingPosition: StartingPosition
    /// 0...10,000, or `nil` for "until the record expires" (−1 on the wire).
    package var maximumRetryAttempts: Int?
    /// 60...604,800 s, or `nil` for no limit (−1 on the wire).
    package var maximumRecordAgeSeconds: Int?
    package var bisectsOnError: Bool
    /// `ParallelizationFactor`, 1...10: batches of one shard that may be in flight at once.
    package var parallelizationFactor: Int
    /// `TumblingWindowInSeconds`, 1...900, or 0 for none.
    package var tumblingWindowSeconds: Int
    /// The queue, topic or bucket that discarded batches are reported to.
    package var onFailureDestination: ARN?
    /// The queue, topic or bucket that batches are reported to with which the function succeeded (own extension).
    package var onSuccessDestination: ARN?

    package init(
        startingPosition: StartingPosition, maximumRetryAttempts: Int? = nil,
        maximumRecordAgeSeconds: Int? = nil, bisectsOnError: Bool = false, parallelizationFactor: Int = 1,
        tumblingWindowSeconds: Int = 0, onFailureDestination: ARN? = nil,
        onSuccessDestination: ARN? = nil
    ) {
        self.startingPosition = startingPosition
        self.maximumRetryAttempts = maximumRetryAttempts
        self.maximumRecordAgeSeconds = maximumRecordAgeSeconds
        self.bisectsOnError = bisectsOnError
        self.parallelizationFactor = parallelizationFactor
        self.tumblingWindowSeconds = tumblingWindowSeconds
        self.onFailureDestination = onFailureDestination
        self.onSuccessDestination = onSuccessDestination
    }
}
