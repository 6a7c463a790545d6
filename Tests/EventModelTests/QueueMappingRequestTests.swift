import EventModel
import Testing

private let queue = "arn:aws:sqs:us-east-1:000000000000:orders"
private let facts = MappingFacts(
    functionTimeoutSeconds: 3, source: .queue(visibilityTimeoutSeconds: 30),
    now: Timestamp(millisecondsSinceEpoch: 1_720_000_000_000))

private func request(_ change: (inout MappingRequest) -> Void) -> MappingRequest {
    var request = MappingRequest()
    request.eventSourceARN = queue
    request.functionName = "fn"
    change(&request)
    return request
}

private func settings(
    _ facts: MappingFacts = facts, _ change: (inout MappingRequest) -> Void
) throws -> QueueMappingSettings {
    try request(change).checked(with: facts, in: Location()).settings.queue
}

private func refusal(
    _ facts: MappingFacts = facts, _ change: (inout MappingRequest) -> Void
) -> ConfigurationError? {
    do {
        _ = try request(change).checked(with: facts, in: Location())
        return nil
    } catch { return error }
}

/// What an update of a mapping with these settings leads to.
private func updated(
    _ queue: QueueMappingSettings, _ facts: MappingFacts = facts, _ change: (inout MappingRequest) -> Void
) throws(ConfigurationError) -> QueueMappingSettings {
    let mapping = EventSourceMapping(
        id: "m", location: Location(), source: Location().arn("sqs", "orders"),
        functionARN: Location().arn("lambda", "function:fn"),
        settings: MappingSettings(batchSize: 10, queue: queue), state: .enabled, isEnabled: true,
        stateTransitionReason: "", lastProcessingResult: nil,
        modifiedAt: Timestamp(millisecondsSinceEpoch: 0))
    var request = MappingRequest()
    change(&request)
    return try request.merged(into: mapping, with: facts).settings.queue
}

@Suite("A request for a queue mapping")
struct QueueMappingRequestTests {
    @Test("Nothing is set unless it is asked for")
    func defaults() throws {
        #expect(try settings { _ in } == QueueMappingSettings())
        #expect(try settings { $0.scaling = .init() } == QueueMappingSettings())
    }

    @Test("Maximum concurrency is 2 to 1,000", arguments: [(1, "greater", 2), (1_001, "less", 1_000)])
    func concurrencyBounds(value: Int, comparison: String, bound: Int) {
        let error = refusal { $0.scaling = .init(maximumConcurrency: value) }
        #expect(error?.kind == .constraint)
        #expect(
            error?.message == "1 validation error detected: Value '\(value)' at "
                + "'scalingConfig.maximumConcurrency' failed to satisfy constraint: Member must have value "
                + "\(comparison) than or equal to \(bound)")
    }

    @Test("Maximum concurrency is kept by updates that do not name it, and cleared by an empty object")
    func concurrency() throws {
        let two = try settings { $0.scaling = .init(maximumConcurrency: 2) }
        #expect(two.maximumConcurrency == 2)
        #expect(try updated(two) { $0.batchSize = 5 } == two)
        #expect(
            try updated(two) { $0.scaling = .init(maximumConcurrency: 1_000) }.maximumConcurrency == 1_000)
        #expect(try updated(two) { $0.scaling = .init() } == QueueMappingSettings())
    }

    @Test("A stream has no maximum concurrency")
    func stream() {
        var stream = MappingRequest()
        stream.eventSourceARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
        stream.functionName = "fn"
        stream.startingPosition = "LATEST"
        stream.scaling = .init(maximumConcurrency: 2)
        let facts = MappingFacts(
            functionTimeoutSeconds: 3, source: .stream, now: Timestamp(millisecondsSinceEpoch: 1))
        #expect(
            throws: ConfigurationError(
                .invalidParameterValue,
                "Unsupported ScalingConfig parameter for given event source mapping type.")
        ) { try stream.checked(with: facts, in: Location()) }
    }

    @Test(
        "Provisioned pollers have AWS's bounds for what is not given, and keep what an update does not name")
    func pollers() throws {
        let five = try settings { $0.provisionedPollers = .init(minimum: 5) }
        #expect(five.provisionedPollers == .init(minimum: 5, maximum: 200))
        #expect(
            try settings { $0.provisionedPollers = .init(maximum: 3) }.provisionedPollers == .init(maximum: 3)
        )
        let most = try updated(five) { $0.provisionedPollers = .init(maximum: 7) }
        #expect(most.provisionedPollers == .init(minimum: 5, maximum: 7))
        #expect(try updated(five) { $0.batchSize = 5 } == five)
        #expect(try updated(five) { $0.provisionedPollers = .init() } == QueueMappingSettings())
        #expect(throws: ConfigurationError.self) {
            _ = try updated(five) { $0.provisionedPollers = .init(maximum: 4) }
        }
    }

    @Test("Provisioned pollers and maximum concurrency exclude each other, in updates too")
    func exclusive() throws {
        let words =
            "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the "
            + "control mechanism and remove maximum concurrency."
        #expect(throws: ConfigurationError(.invalidParameterValue, words)) {
            _ = try updated(QueueMappingSettings(maximumConcurrency: 5)) {
                $0.provisionedPollers = .init(minimum: 2)
            }
        }
        #expect(throws: ConfigurationError(.invalidParameterValue, words)) {
            _ = try updated(QueueMappingSettings(provisionedPollers: .init())) {
                $0.scaling = .init(maximumConcurrency: 5)
            }
        }
        let changed = try updated(QueueMappingSettings(maximumConcurrency: 5)) {
            $0.scaling = .init()
            $0.provisionedPollers = .init(minimum: 2)
        }
        #expect(changed == QueueMappingSettings(provisionedPollers: .init()))
    }

    @Test("Pollers of queues are in no group")
    func group() {
        #expect(
            refusal { $0.provisionedPollers = .init(minimum: 2, groupName: "g") }?.message
                == "Unsupported PollerGroupName parameter for given event source mapping type.")
    }

    // MARK: - Our own destinations

    @Test("Reports go where they are asked to, and stop when they are no longer")
    func destinations() throws {
        let bucket = "arn:aws:s3:::b"
        let both = try settings {
            $0.successReportDestination = bucket
            $0.failureReportDestination = queue
        }
        #expect(both.onSuccessDestination == ARN(bucket))
        #expect(both.onFailureDestination == ARN(queue))
        #expect(try updated(both) { $0.batchSize = 5 } == both)
        let one = try updated(both) { $0.successReportDestination = "" }
        #expect(one == QueueMappingSettings(onFailureDestination: ARN(queue)))
    }

    @Test("AWS's own form is refused for queues, in AWS's words")
    func form() {
        let words = "Unsupported DestinationConfig parameter for given event source mapping type."
        #expect(refusal { $0.onFailureDestination = queue }?.message == words)
        #expect(refusal { $0.onSuccessDestination = queue }?.message == words)
    }

    @Test("A queue that never gives a message up has no failures to report")
    func withoutRedrive() throws {
        var endless = facts
        endless.hasRedrivePolicy = false
        let words =
            "An on-failure destination needs a redrive policy of the queue: without one no message is ever given up."
        #expect(refusal(endless) { $0.failureReportDestination = queue }?.message == words)
        #expect(throws: ConfigurationError(.invalidParameterValue, words)) {
            _ = try updated(QueueMappingSettings(), endless) { $0.failureReportDestination = queue }
        }
        let told = QueueMappingSettings(onFailureDestination: ARN(queue))
        #expect(try updated(told, endless) { $0.failureReportDestination = "" } == QueueMappingSettings())
        #expect(try updated(told, endless) { $0.batchSize = 5 } == told)
        _ = try settings(endless) { $0.successReportDestination = queue }
    }

    @Test("A destination of failures that is not there is refused, as is one for a stream")
    func missing() {
        var missing = facts
        missing.failureReportDestinationExists = false
        #expect(
            refusal(missing) { $0.failureReportDestination = queue }?.message
                == "The destination ARN \(queue) is invalid: the queue does not exist.")
        var stream = MappingRequest()
        stream.eventSourceARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
        stream.functionName = "fn"
        stream.startingPosition = "LATEST"
        stream.failureReportDestination = queue
        let facts = MappingFacts(
            functionTimeoutSeconds: 3, source: .stream, now: Timestamp(millisecondsSinceEpoch: 1))
        #expect(
            throws: ConfigurationError(
                .invalidParameterValue,
                "The on-failure destination of a stream's mapping is DestinationConfig.OnFailure.Destination."
            )
        ) { try stream.checked(with: facts, in: Location()) }
    }
}
