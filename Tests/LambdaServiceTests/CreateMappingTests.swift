import ByteCoding
import EventModel
import EventStore
import Testing
import WireTesting

@Suite("Creating mappings on the wire")
struct CreateMappingTests {
    private static let create = "CreateEventSourceMapping"
    private static let queue = LambdaWorld.queue
    private static let stream = LambdaWorld.stream

    private func expect(_ world: LambdaWorld, _ name: String, _ body: String) throws {
        try world.expect(Self.create, name, "POST", LambdaWorld.mappings, body)
    }

    @Test("Each source's answer has exactly its members")
    func shapes() throws {
        let world = try LambdaWorld()
        try expect(world, "queue", #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)"}"#)
        try expect(
            world, "kinesis",
            #"{"FunctionName": "fn:$LATEST", "EventSourceArn": "\#(Self.stream)", "StartingPosition": "TRIM_HORIZON"}"#
        )
        try expect(
            world, "table-stream",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(world.tableStream)", "StartingPosition": "LATEST"}"#
        )
    }

    @Test("A registered consumer is a source, under its own ARN; one that is not registered is none")
    func consumer() throws {
        let world = try LambdaWorld()
        let consumer = try world.wire.store.perform { writer throws(StoreError) in
            guard var stream = writer.catalog.stream(named: "clicks", in: Location()) else { return "" }
            let consumer = StreamConsumer(name: "app", createdAt: writer.now)
            stream.settings.consumers = [consumer]
            try writer.updateStream(stream)
            return consumer.arn(in: stream).description
        }
        let settings = #""StartingPosition": "TRIM_HORIZON"}"#
        try expect(
            world, "kinesis-consumer",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(consumer)", \#(settings)"#)
        try expect(
            world, "kinesis-consumer-twice",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(consumer)", \#(settings)"#)
        // The stream itself is another source.
        try expect(
            world, "kinesis-beside-consumer",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.stream)", \#(settings)"#)
        try expect(
            world, "kinesis-consumer-missing",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.stream)/consumer/app:7", \#(settings)"#)
    }

    @Test("Every setting of a stream is echoed")
    func settings() throws {
        let world = try LambdaWorld()
        try expect(
            world, "kinesis-all-settings",
            """
            {"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:fn", "Enabled": false,
             "EventSourceArn": "\(Self.stream)", "StartingPosition": "AT_TIMESTAMP",
             "StartingPositionTimestamp": 1719999999.5, "BatchSize": 500, "MaximumBatchingWindowInSeconds": 5,
             "MaximumRetryAttempts": 3, "MaximumRecordAgeInSeconds": 3600, "BisectBatchOnFunctionError": true,
             "FunctionResponseTypes": ["ReportBatchItemFailures"], "ParallelizationFactor": 10,
             "TumblingWindowInSeconds": 0, "FilterCriteria": {"Filters": []}, "Tags": {"team": "mill"},
             "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:failures"}}}
            """)
    }

    @Test("Filters are echoed as they were given")
    func filters() throws {
        let world = try LambdaWorld()
        try expect(
            world, "kinesis-filters",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.stream)", "StartingPosition": "LATEST", "FilterCriteria": {"Filters": [{"Pattern": " {\"data\" :{\"é\\u00e9\": [ 1.0, {\"prefix\":\"x\"} ]}}"}, {"Pattern": "{\"partitionKey\":[\"k\"]}"}]}}"#
        )
        try expect(
            world, "queue-filters",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)", "FilterCriteria": {"Filters": [{"Pattern": "{\"body\":[\"plain\"]}"}]}}"#
        )
    }

    @Test("Metrics are echoed when they are wanted")
    func metrics() throws {
        let world = try LambdaWorld()
        try expect(
            world, "kinesis-metrics",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.stream)", "StartingPosition": "LATEST", "MetricsConfig": {"Metrics": ["EventCount"]}}"#
        )
        try expect(
            world, "queue-metrics",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)", "MetricsConfig": {"Metrics": ["EventCount"]}}"#
        )
        try expect(
            LambdaWorld(), "metrics-of-clusters",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)", "MetricsConfig": {"Metrics": ["ErrorCount"]}}"#
        )
    }

    @Test("Maximum concurrency is echoed when it is set, and an empty object sets nothing")
    func concurrency() throws {
        try expect(
            LambdaWorld(), "queue-maximum-concurrency",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)", "ScalingConfig": {"MaximumConcurrency": 2}}"#
        )
        try expect(
            LambdaWorld(), "queue-scaling-empty",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)", "ScalingConfig": {}}"#)
        try expect(
            LambdaWorld(), "queue-maximum-concurrency-low",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)", "ScalingConfig": {"MaximumConcurrency": 1}}"#
        )
        try expect(
            LambdaWorld(), "kinesis-maximum-concurrency",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.stream)", "StartingPosition": "LATEST", "ScalingConfig": {"MaximumConcurrency": 2}}"#
        )
    }

    @Test("A FIFO queue is a source with batches of ten at most and no window")
    func fifo() throws {
        let head = #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue).fifo""#
        try expect(LambdaWorld(), "fifo-queue", head + "}")
        try expect(LambdaWorld(), "fifo-batch", head + #", "BatchSize": 11}"#)
        try expect(LambdaWorld(), "fifo-window", head + #", "MaximumBatchingWindowInSeconds": 1}"#)
        try expect(
            LambdaWorld(), "fifo-concurrency", head + #", "ScalingConfig": {"MaximumConcurrency": 1000}}"#)
    }

    @Test("Provisioned pollers are echoed with AWS's bounds, and refused in AWS's words")
    func pollers() throws {
        let head = #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)", "ProvisionedPollerConfig": "#
        try expect(LambdaWorld(), "queue-pollers", head + #"{"MinimumPollers": 5}}"#)
        try expect(
            LambdaWorld(), "queue-pollers-both", head + #"{"MinimumPollers": 5, "MaximumPollers": 5}}"#)
        try expect(LambdaWorld(), "queue-pollers-empty", head + "{}}")
        try expect(LambdaWorld(), "queue-pollers-low", head + #"{"MinimumPollers": 1}}"#)
        try expect(
            LambdaWorld(), "queue-pollers-crossed", head + #"{"MinimumPollers": 9, "MaximumPollers": 3}}"#)
        try expect(
            LambdaWorld(), "queue-pollers-high", head + #"{"MinimumPollers": 201, "MaximumPollers": 2001}}"#)
        try expect(
            LambdaWorld(), "queue-pollers-with-concurrency",
            head + #"{"MinimumPollers": 2}, "ScalingConfig": {"MaximumConcurrency": 2}}"#)
    }

    @Test(
        "A queue mapping takes no parameter of streams",
        arguments: [
            ("destination", #""DestinationConfig": {"OnFailure": {"Destination": "\#(queue)"}}"#),
            ("starting-position", #""StartingPosition": "LATEST""#),
            ("retries", #""MaximumRetryAttempts": 1"#), ("age", #""MaximumRecordAgeInSeconds": 60"#),
            ("bisect", #""BisectBatchOnFunctionError": true"#), ("lanes", #""ParallelizationFactor": 2"#),
            ("tumbling", #""TumblingWindowInSeconds": 5"#), ("topics", #""Topics": ["t"]"#),
        ])
    func streamParameters(name: String, parameter: String) throws {
        try expect(
            LambdaWorld(), "queue-refuses-\(name)",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)", \#(parameter)}"#)
    }

    @Test("A disabled queue mapping is there at once, a disabled stream mapping after its creation")
    func disabled() throws {
        let world = try LambdaWorld()
        try expect(
            world, "queue-disabled",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)", "Enabled": false}"#)
        let id = try world.createForStream(#", "Enabled": false"#)
        #expect(try world.state(id) == "Creating")
        try world.settle()
        #expect(try world.state(id) == "Disabled")
    }

    @Test("A second mapping of the same function and source is a conflict; another qualification is not")
    func duplicates() throws {
        let world = try LambdaWorld()
        _ = try world.createForQueue()
        _ = try world.createForStream()
        try expect(world, "queue-duplicate", #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.queue)"}"#)
        try expect(
            world, "kinesis-duplicate",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.stream)", "StartingPosition": "LATEST"}"#)
        _ = try world.create(#"{"FunctionName": "fn:$LATEST", "EventSourceArn": "\#(Self.queue)"}"#)
    }

    @Test(
        "What AWS refuses is refused with its words",
        arguments: [
            ("no-function-name", #"{"EventSourceArn": "\#(queue)"}"#),
            ("no-source", #"{"FunctionName": "fn"}"#),
            ("unknown-function", #"{"FunctionName": "gone", "EventSourceArn": "\#(queue)"}"#),
            ("unknown-version", #"{"FunctionName": "fn:7", "EventSourceArn": "\#(queue)"}"#),
            (
                "unknown-queue",
                #"{"FunctionName": "fn", "EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:gone"}"#
            ),
            (
                "unknown-stream",
                #"{"FunctionName": "fn", "EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/gone", "StartingPosition": "LATEST"}"#
            ),
            ("no-starting-position", #"{"FunctionName": "fn", "EventSourceArn": "\#(stream)"}"#),
            (
                "starting-position-unknown",
                #"{"FunctionName": "fn", "EventSourceArn": "\#(stream)", "StartingPosition": "invalid"}"#
            ),
            ("batch-size-zero", #"{"FunctionName": "fn", "EventSourceArn": "\#(queue)", "BatchSize": 0}"#),
            (
                "queue-batch-without-window",
                #"{"FunctionName": "fn", "EventSourceArn": "\#(queue)", "BatchSize": 11}"#
            ),
            ("queue-visibility", #"{"FunctionName": "slow", "EventSourceArn": "\#(queue)"}"#),
            (
                "kinesis-on-success",
                #"{"FunctionName": "fn", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "DestinationConfig": {"OnSuccess": {"Destination": "\#(queue)"}}}"#
            ),
            (
                "kinesis-topic-missing",
                #"{"FunctionName": "fn", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:us-east-1:000000000000:t"}}}"#
            ),
            (
                "kinesis-bucket-missing",
                #"{"FunctionName": "fn", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::nothing"}}}"#
            ),
            (
                "filter-invalid",
                #"{"FunctionName": "fn", "EventSourceArn": "\#(queue)", "FilterCriteria": {"Filters": [{"Pattern": "null"}]}}"#
            ),
            (
                "filter-not-for-streams",
                #"{"FunctionName": "fn", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "FilterCriteria": {"Filters": [{"Pattern": "{\"data\":[\"plain\"]}"}]}}"#
            ),
            (
                "filter-operator-unknown",
                #"{"FunctionName": "fn", "EventSourceArn": "\#(queue)", "FilterCriteria": {"Filters": [{"Pattern": "{\"body\":[{\"EXISTS\":true}]}"}]}}"#
            ),
            (
                "filters-too-many",
                #"{"FunctionName": "fn", "EventSourceArn": "\#(queue)", "FilterCriteria": {"Filters": [{"Pattern": "{\"a\":[1]}"}, {"Pattern": "{\"a\":[2]}"}, {"Pattern": "{\"a\":[3]}"}, {"Pattern": "{\"a\":[4]}"}, {"Pattern": "{\"a\":[5]}"}, {"Pattern": "{\"a\":[6]}"}]}}"#
            ),
            ("wrong-type", #"{"FunctionName": "fn", "EventSourceArn": "\#(queue)", "BatchSize": "ten"}"#),
            ("no-json", "{"),
        ])
    func refused(name: String, body: String) throws {
        try expect(LambdaWorld(), name, body)
    }

    @Test("Table streams have no times")
    func tableStreamAtTimestamp() throws {
        let world = try LambdaWorld()
        try expect(
            world, "table-stream-at-timestamp",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(world.tableStream)", "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1}"#
        )
    }

    @Test(
        "What is not enforced yet is refused by name",
        arguments: [
            ("kms-key", #""KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k""#)
        ])
    func notEnforced(name: String, setting: String) throws {
        let world = try LambdaWorld()
        try expect(
            world, "not-supported-\(name)",
            #"{"FunctionName": "fn", "EventSourceArn": "\#(Self.stream)", "StartingPosition": "LATEST", \#(setting)}"#
        )
        #expect(try world.call("GET", LambdaWorld.mappings)["EventSourceMappings"] == [])
    }
}
