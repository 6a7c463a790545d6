import EventModel
import Testing

private let now = Timestamp(millisecondsSinceEpoch: 1_720_000_000_000)
private let queueARN = "arn:aws:sqs:us-east-1:000000000000:orders"
private let fifoARN = "arn:aws:sqs:us-east-1:000000000000:orders.fifo"
private let streamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
private let tableStreamARN = "arn:aws:dynamodb:us-east-1:000000000000:table/T/stream/2024-09-17T12:49:54.528"

private func request(_ source: String?, _ change: (inout MappingRequest) -> Void = { _ in }) -> MappingRequest
{
    var request = MappingRequest()
    request.eventSourceARN = source
    request.functionName = "fn"
    change(&request)
    return request
}

private func streamRequest(_ change: (inout MappingRequest) -> Void = { _ in }) -> MappingRequest {
    request(streamARN) {
        $0.startingPosition = "TRIM_HORIZON"
        change(&$0)
    }
}

private let queueFacts = MappingFacts(
    functionTimeoutSeconds: 3, source: .queue(visibilityTimeoutSeconds: 30), now: now)
private let streamFacts = MappingFacts(functionTimeoutSeconds: 3, source: .stream, now: now)

private func refusal(_ request: MappingRequest, _ facts: MappingFacts = streamFacts) -> ConfigurationError? {
    do {
        _ = try request.checked(with: facts, in: Location())
        return nil
    } catch { return error }
}

@Suite("A mapping request at create")
struct MappingRequestCreateTests {
    @Test("A queue mapping gets AWS's defaults")
    func queueDefaults() throws {
        let checked = try request(queueARN).checked(with: queueFacts, in: Location())
        #expect(checked.settings == MappingSettings(batchSize: 10))
        #expect(checked.isEnabled)
        #expect(checked.function.arn.description == "arn:aws:lambda:us-east-1:000000000000:function:fn")
    }

    @Test("A stream mapping gets AWS's defaults")
    func streamDefaults() throws {
        let checked = try streamRequest().checked(with: streamFacts, in: Location())
        let stream = StreamMappingSettings(startingPosition: .trimHorizon)
        #expect(checked.settings == MappingSettings(batchSize: 100, stream: stream))
    }

    @Test("Off values of later settings are taken")
    func offValues() throws {
        let checked = try streamRequest {
            $0.parallelizationFactor = 1
            $0.tumblingWindowInSeconds = 0
            $0.filterPatterns = []
            $0.maximumRetryAttempts = -1
            $0.maximumRecordAgeInSeconds = -1
            $0.onFailureDestination = ""
        }.checked(with: streamFacts, in: Location())
        #expect(checked.settings.stream == StreamMappingSettings(startingPosition: .trimHorizon))
    }

    @Test("The function is looked for before the source")
    func functionFirst() {
        var facts = streamFacts
        facts.functionTimeoutSeconds = nil
        facts.source = .missing
        #expect(refusal(streamRequest(), facts)?.message == "Function does not exist")
        facts.functionTimeoutSeconds = 3
        #expect(refusal(streamRequest(), facts)?.message == "Stream not found: \(streamARN)")
    }

    @Test("A request without a source, and one with a source of no kind, is not recognised")
    func unrecognized() {
        #expect(refusal(request(nil))?.message == "Unrecognized event source.")
        #expect(refusal(request("arn:aws:s3:::bucket"))?.message == "Unrecognized event source.")
    }

    @Test("A stream needs a starting position")
    func startingPosition() {
        let error = refusal(request(streamARN))
        #expect(error?.kind == .invalidParameterValue)
        #expect(
            error?.message
                == "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
                + "constraint: Member must not be null.")
    }

    @Test("A starting position of another name breaks the model")
    func startingPositionName() {
        let error = refusal(request(streamARN) { $0.startingPosition = "invalid" })
        #expect(error?.kind == .constraint)
        #expect(
            error?.message == "1 validation error detected: Value 'invalid' at 'startingPosition' failed to "
                + "satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
        )
    }

    @Test("A table stream has no times to start at")
    func tableStreamAtTimestamp() {
        let error = refusal(
            request(tableStreamARN) {
                $0.startingPosition = "AT_TIMESTAMP"
                $0.startingPositionTimestamp = now
            })
        #expect(error?.message == "Unsupported starting position for arn type: \(tableStreamARN)")
    }

    @Test("Broken constraints are listed together")
    func listed() {
        let error = refusal(
            request(queueARN) {
                $0.batchSize = 0
                $0.maximumBatchingWindowInSeconds = 301
            }, queueFacts)
        #expect(
            error?.message == "2 validation errors detected: Value '0' at 'batchSize' failed to satisfy "
                + "constraint: Member must have value greater than or equal to 1; Value '301' at "
                + "'maximumBatchingWindowInSeconds' failed to satisfy constraint: Member must have value less "
                + "than or equal to 300")
    }

    @Test(
        "Names that the model's patterns refuse",
        arguments: [("eventSourceArn", "not-an-arn", "fn"), ("functionName", queueARN, "not a name")])
    func patterns(member: String, source: String, function: String) {
        let error = refusal(request(source) { $0.functionName = function }, queueFacts)
        #expect(error?.kind == .constraint)
        #expect(error?.message.contains("at '\(member)' failed to satisfy constraint") == true)
    }

    @Test(
        "Names that the model's patterns allow",
        arguments: ["fn", "fn:$LATEST", "arn:aws:lambda:us-east-1:000000000000:function:fn"])
    func allowedNames(function: String) {
        #expect(refusal(request(queueARN) { $0.functionName = function }, queueFacts) == nil)
    }

    @Test("A destination that is no ARN breaks the model")
    func destinationPattern() {
        let error = refusal(streamRequest { $0.onFailureDestination = "somewhere" })
        #expect(error?.kind == .constraint)
    }

    @Test("A large batch of a queue needs a window")
    func largeBatch() {
        let error = refusal(request(queueARN) { $0.batchSize = 11 }, queueFacts)
        #expect(
            error?.message
                == "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
        #expect(
            refusal(
                request(queueARN) {
                    $0.batchSize = 11
                    $0.maximumBatchingWindowInSeconds = 1
                }, queueFacts) == nil)
        #expect(refusal(streamRequest { $0.batchSize = 101 }) == nil)
    }

    @Test("A queue mapping takes no stream parameters, a stream mapping no queue parameters")
    func unsupportedParameters() {
        let onQueue = refusal(request(queueARN) { $0.parallelizationFactor = 1 }, queueFacts)
        #expect(
            onQueue?.message
                == "Unsupported ParallelizationFactor parameter for given event source mapping type.")
        let onStream = refusal(streamRequest { $0.onSuccessDestination = queueARN })
        #expect(
            onStream?.message
                == "Unsupported DestinationConfig parameter for given event source mapping type.")
    }

    @Test("A queue's visibility timeout must cover the function's timeout")
    func visibility() {
        var facts = queueFacts
        facts.functionTimeoutSeconds = 60
        #expect(
            refusal(request(queueARN), facts)?.message
                == "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds")
    }

    @Test("A FIFO queue takes batches of ten at most and no window")
    func fifo() throws {
        let windowed = refusal(request(fifoARN) { $0.maximumBatchingWindowInSeconds = 1 }, queueFacts)
        #expect(windowed?.message == "Batching window is not supported for FIFO queues")
        let large = refusal(request(fifoARN) { $0.batchSize = 11 }, queueFacts)
        #expect(large?.message == "Batch size must not exceed 10 for FIFO queues")
        let checked = try request(fifoARN).checked(with: queueFacts, in: Location())
        #expect(checked.settings == MappingSettings(batchSize: 10))
    }

    @Test("Queues and streams have the metrics of events; only clusters have the other groups")
    func metrics() throws {
        for source in [streamRequest(), request(queueARN)] {
            var given = source
            given.metrics = ["EventCount"]
            let facts = source.eventSourceARN == queueARN ? queueFacts : streamFacts
            #expect(try given.checked(with: facts, in: Location()).settings.metrics == [.eventCount])
            given.metrics = []
            #expect(try given.checked(with: facts, in: Location()).settings.metrics == [])
            given.metrics = ["EventCount", "ErrorCount"]
            #expect(
                refusal(given, facts)?.message
                    == "Unsupported MetricsConfig parameter for given event source mapping type.")
            given.metrics = ["Everything"]
            #expect(refusal(given, facts)?.kind == .constraint)
        }
    }

    @Test("What is not enforced is refused by name, after AWS's own checks")
    func notEnforced() {
        let key = refusal(streamRequest { $0.kmsKeyARN = "arn:aws:kms:us-east-1:000000000000:key/k" })
        #expect(key?.kind == .notSupported(setting: "KMSKeyArn"))
        var missing = streamFacts
        missing.source = .missing
        #expect(
            refusal(streamRequest { $0.kmsKeyARN = "arn:aws:kms:us-east-1:000000000000:key/k" }, missing)?
                .message
                == "Stream not found: \(streamARN)")
    }

    @Test(
        "A filter that is no object is invalid",
        arguments: ["null", #""text""#, "", "[1]", "{", #"{"a": 1}"#, #"{"a": []}"#, #"{"a": {"b": "c"}}"#])
    func filters(pattern: String) {
        let error = refusal(streamRequest { $0.filterPatterns = [pattern] })
        #expect(error?.message == "Invalid filter pattern definition.")
    }

    @Test("Filters are kept as they were given; none clear them, and a request without them keeps them")
    func keptFilters() throws {
        let text = " {\"data\" : {\"a\":[1] } }"
        let checked = try streamRequest { $0.filterPatterns = [text] }
            .checked(with: streamFacts, in: Location())
        #expect(checked.settings.filters.map(\.text) == [text])
        let mapping = EventSourceMapping(
            id: "m", location: Location(), source: checked.sourceARN, functionARN: checked.function.arn,
            settings: checked.settings, state: .enabled, isEnabled: true, stateTransitionReason: "",
            lastProcessingResult: nil, modifiedAt: now)
        var update = MappingRequest()
        #expect(try update.merged(into: mapping, with: streamFacts).settings.filters.map(\.text) == [text])
        update.filterPatterns = []
        #expect(try update.merged(into: mapping, with: streamFacts).settings.filters == [])
        update.filterPatterns = [#"{"data":["plain"]}"#]
        #expect(throws: ConfigurationError(.invalidParameterValue, "Invalid filter pattern definition.")) {
            _ = try update.merged(into: mapping, with: streamFacts)
        }
    }

    @Test("Five filters are taken, six are too many; a pattern has at most 4,096 characters")
    func filterLimits() throws {
        let pattern = #"{"data":{"a":["é"]}}"#
        let five = streamRequest { $0.filterPatterns = Array(repeating: pattern, count: 5) }
        #expect(refusal(five) == nil)
        let six = refusal(streamRequest { $0.filterPatterns = Array(repeating: pattern, count: 6) })
        #expect(six?.kind == .invalidParameterValue)
        #expect(six?.message.hasPrefix("FilterCriteria has 6 filters, more than the 5 ") == true)
        let padding = 4_096 - pattern.unicodeScalars.count
        let longest = pattern + String(repeating: " ", count: padding)
        #expect(refusal(streamRequest { $0.filterPatterns = [longest] }) == nil)
        let tooLong = refusal(streamRequest { $0.filterPatterns = [longest + " "] })
        #expect(tooLong?.kind == .constraint)
        #expect(
            tooLong?.message.hasSuffix(
                "at 'filterCriteria.filters.1.member.pattern' failed to satisfy constraint: "
                    + "Member must have length less than or equal to 4096") == true)
    }

    @Test("Provisioned pollers are checked as AWS does")
    func pollers() {
        let empty = refusal(request(queueARN) { $0.provisionedPollers = .init() }, queueFacts)
        #expect(
            empty?.message
                == "Either MinimumPollers or MaximumPollers are required if ProvisionedPollerConfig is provided."
        )
        let both = refusal(
            request(queueARN) {
                $0.provisionedPollers = .init(minimum: 2)
                $0.scaling = .init(maximumConcurrency: 2)
            }, queueFacts)
        #expect(both?.message.hasPrefix("Provisioned mode for SQS ESM") == true)
        let low = refusal(request(queueARN) { $0.provisionedPollers = .init(minimum: 1) }, queueFacts)
        #expect(low?.message.hasPrefix("MinimumPollers should be between [2, 200]") == true)
    }
}

@Suite("A mapping request at update")
struct MappingRequestUpdateTests {
    private var mapping: EventSourceMapping {
        let settings = MappingSettings(
            batchSize: 50, batchingWindowSeconds: 5, reportsBatchItemFailures: true,
            stream: StreamMappingSettings(
                startingPosition: .latest, maximumRetryAttempts: 3, onFailureDestination: ARN(queueARN)))
        return EventSourceMapping(
            id: "11111111-2222-4333-8444-555555555555", location: Location(),
            source: ARN(
                service: "kinesis", region: "us-east-1", account: "000000000000", resource: "stream/s"),
            functionARN: Location().arn("lambda", "function:fn:$LATEST"), settings: settings, state: .enabled,
            isEnabled: true, stateTransitionReason: "User action", lastProcessingResult: nil, modifiedAt: now)
    }

    @Test("Absent members keep their values")
    func merge() throws {
        var request = MappingRequest()
        request.batchSize = 60
        let (function, isEnabled, settings) = try request.merged(into: mapping, with: streamFacts)
        var expected = mapping.settings
        expected.batchSize = 60
        #expect(settings == expected)
        #expect(function == mapping.functionARN)
        #expect(isEnabled)
    }

    @Test("Empty lists and destinations clear")
    func clear() throws {
        var request = MappingRequest()
        request.functionResponseTypes = []
        request.onFailureDestination = ""
        request.maximumRetryAttempts = -1
        request.isEnabled = false
        let (_, isEnabled, settings) = try request.merged(into: mapping, with: streamFacts)
        #expect(!settings.reportsBatchItemFailures)
        #expect(settings.stream == StreamMappingSettings(startingPosition: .latest))
        #expect(!isEnabled)
    }

    @Test("The function is looked at only when it is named")
    func function() throws {
        var facts = streamFacts
        facts.functionTimeoutSeconds = nil
        _ = try MappingRequest().merged(into: mapping, with: facts)
        var request = MappingRequest()
        request.functionName = "gone"
        #expect(throws: ConfigurationError(.invalidParameterValue, "Function does not exist")) {
            try request.merged(into: mapping, with: facts)
        }
    }
}

@Suite("A function's name")
struct FunctionReferenceTests {
    @Test(
        "The qualification is kept as given",
        arguments: [
            ("fn", "function:fn"), ("fn:$LATEST", "function:fn:$LATEST"),
            ("000000000000:function:fn:$LATEST", "function:fn:$LATEST"),
            ("arn:aws:lambda:us-east-1:000000000000:function:fn", "function:fn"),
            ("arn:aws:lambda:us-east-1:000000000000:function:fn:live", "function:fn:live"),
        ])
    func qualification(text: String, resource: String) {
        #expect(FunctionReference(parsing: text, in: Location())?.arn == Location().arn("lambda", resource))
    }

    @Test("Other forms are no functions", arguments: ["", "fn::1", "a:b:c:d", "arn:aws:sqs:us-east-1:1:q"])
    func refused(text: String) {
        #expect(FunctionReference(parsing: text, in: Location()) == nil)
    }
}
