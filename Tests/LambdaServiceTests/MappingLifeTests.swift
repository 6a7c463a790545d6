import ByteCoding
import EventModel
import EventStore
import Testing
import WireTesting

@Suite("A mapping's life on the wire")
struct MappingLifeTests {
    private func path(_ id: String) -> String { "\(LambdaWorld.mappings)/\(id)" }

    @Test("It goes from Creating to Enabled, is read, updated and deleted")
    func life() throws {
        let world = try LambdaWorld()
        let id = try world.createForStream()
        try world.expect("GetEventSourceMapping", "creating", "GET", path(id))
        try world.expect("UpdateEventSourceMapping", "in-use", "PUT", path(id), #"{"BatchSize": 7}"#)
        try world.expect("DeleteEventSourceMapping", "in-use", "DELETE", path(id))
        try world.settle()
        world.wire.clock.advance(by: .seconds(10))
        try world.expect("GetEventSourceMapping", "enabled", "GET", path(id))
        try world.expect("UpdateEventSourceMapping", "kinesis", "PUT", path(id), #"{"BatchSize": 7}"#)
        try world.settle()
        try world.expect("DeleteEventSourceMapping", "kinesis", "DELETE", path(id))
        #expect(try world.state(id) == "Deleting")
        try world.settle()
        try world.expect("GetEventSourceMapping", "unknown", "GET", path(id))
        try world.expect("UpdateEventSourceMapping", "unknown", "PUT", path(id), "{}")
        try world.expect("DeleteEventSourceMapping", "unknown", "DELETE", path(id))
    }

    @Test("Switching goes through Disabling and Enabling, everything else through Updating")
    func transitions() throws {
        let world = try LambdaWorld()
        let id = try world.createForQueue()
        try world.settle()
        #expect(try world.state(id) == "Enabled")
        let steps: [(body: String, transition: String, settled: String)] = [
            (#"{"Enabled": false}"#, "Disabling", "Disabled"),
            (#"{"Enabled": false}"#, "Updating", "Disabled"),
            (#"{"BatchSize": 5}"#, "Updating", "Disabled"),
            (#"{"Enabled": true}"#, "Enabling", "Enabled"),
            ("{}", "Updating", "Enabled"),
        ]
        for step in steps {
            let answer = try world.call("PUT", path(id), step.body)
            #expect(answer["State"]?.stringValue == step.transition)
            try world.settle()
            #expect(try world.state(id) == step.settled)
        }
        #expect(try world.call("GET", path(id))["BatchSize"]?.intValue == 5)
    }

    @Test("An update is merged: absent and null keep, empty clears")
    func merge() throws {
        let world = try LambdaWorld()
        let failures = "arn:aws:sqs:us-east-1:000000000000:failures"
        let id = try world.createForStream(
            """
            , "MaximumRetryAttempts": 3, "BisectBatchOnFunctionError": true,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "DestinationConfig": {"OnFailure": {"Destination": "\(failures)"}}
            """)
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "keeps", "PUT", path(id),
            #"{"MaximumRetryAttempts": null, "FilterCriteria": {}}"#)
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "clears", "PUT", path(id),
            """
            {"MaximumRetryAttempts": -1, "FunctionResponseTypes": [],
             "DestinationConfig": {"OnFailure": {"Destination": ""}}}
            """)
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "lanes", "PUT", path(id), #"{"ParallelizationFactor": 3}"#)
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "window-with-lanes", "PUT", path(id),
            #"{"TumblingWindowInSeconds": 30}"#)
        try world.expect(
            "UpdateEventSourceMapping", "window", "PUT", path(id),
            #"{"TumblingWindowInSeconds": 30, "ParallelizationFactor": 1}"#)
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "lanes-with-window", "PUT", path(id), #"{"ParallelizationFactor": 2}"#
        )
    }

    @Test("Maximum concurrency is set, kept and cleared by updates")
    func concurrencyUpdates() throws {
        let world = try LambdaWorld()
        let id = try world.createForQueue()
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "concurrency-set", "PUT", path(id),
            #"{"ScalingConfig": {"MaximumConcurrency": 7}}"#)
        try world.settle()
        #expect(
            try world.call("PUT", path(id), #"{"BatchSize": 5}"#)["ScalingConfig"]
                == ["MaximumConcurrency": 7])
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "concurrency-clear", "PUT", path(id), #"{"ScalingConfig": {}}"#)
        try world.settle()
        #expect(try world.call("GET", path(id))["ScalingConfig"] == nil)
    }

    @Test("Provisioned pollers are set, changed in part and cleared by updates")
    func pollerUpdates() throws {
        let world = try LambdaWorld()
        let id = try world.createForQueue()
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "pollers-set", "PUT", path(id),
            #"{"ProvisionedPollerConfig": {"MinimumPollers": 4}}"#)
        try world.settle()
        #expect(
            try world.call("PUT", path(id), #"{"ProvisionedPollerConfig": {"MaximumPollers": 6}}"#)[
                "ProvisionedPollerConfig"] == ["MinimumPollers": 4, "MaximumPollers": 6])
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "pollers-with-concurrency", "PUT", path(id),
            #"{"ScalingConfig": {"MaximumConcurrency": 2}}"#)
        try world.expect(
            "UpdateEventSourceMapping", "pollers-clear", "PUT", path(id), #"{"ProvisionedPollerConfig": {}}"#)
    }

    @Test("Timeout and visibility are compared only when an update names the function")
    func visibilityAtUpdate() throws {
        let world = try LambdaWorld()
        let id = try world.createForQueue()
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "queue-visibility", "PUT", path(id), #"{"FunctionName": "slow"}"#)
        _ = try world.wire.store.perform { writer throws(StoreError) in
            guard let queue = writer.catalog.queues.first(where: { $0.name == "orders" }) else { return }
            var attributes = queue.attributes
            attributes.visibilityTimeoutSeconds = 1
            _ = try writer.updateQueue(queue.key, attributes: attributes, tags: queue.tags)
        }
        #expect(try world.call("PUT", path(id), #"{"BatchSize": 5}"#)["State"]?.stringValue == "Updating")
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "queue-visibility-own", "PUT", path(id), #"{"FunctionName": "fn"}"#)
    }

    @Test("Metrics are kept by updates that say nothing of them, and cleared by an empty list")
    func metricUpdates() throws {
        let world = try LambdaWorld()
        let id = try world.createForStream(#", "MetricsConfig": {"Metrics": ["EventCount"]}"#)
        try world.settle()
        #expect(
            try world.call("PUT", path(id), #"{"BatchSize": 5}"#)["MetricsConfig"]?["Metrics"] == [
                "EventCount"
            ])
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "metrics-clear", "PUT", path(id),
            #"{"MetricsConfig": {"Metrics": []}}"#)
        try world.settle()
        #expect(try world.call("GET", path(id))["MetricsConfig"] == nil)
        try world.expect(
            "UpdateEventSourceMapping", "metrics-set", "PUT", path(id),
            #"{"MetricsConfig": {"Metrics": ["EventCount"]}}"#)
    }

    @Test("Filters are kept, replaced and cleared by updates, and shown by get and list")
    func filterUpdates() throws {
        let world = try LambdaWorld()
        let id = try world.createForQueue(
            #", "FilterCriteria": {"Filters": [{"Pattern": "{\"body\":[\"old\"]}"}]}"#)
        func shown(_ answer: JSONValue) -> [String?]? {
            answer["FilterCriteria"]?["Filters"]?.arrayValue?.map { $0["Pattern"]?.stringValue }
        }
        try world.settle()
        #expect(shown(try world.call("PUT", path(id), #"{"BatchSize": 5}"#)) == [#"{"body":["old"]}"#])
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "filters-replace", "PUT", path(id),
            #"{"FilterCriteria": {"Filters": [{"Pattern": "{\"body\":{\"a\":[1]}}"}]}}"#)
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "filters-invalid", "PUT", path(id),
            #"{"FilterCriteria": {"Filters": [{"Pattern": "{\"body\":[]}"}]}}"#)
        #expect(shown(try world.call("GET", path(id))) == [#"{"body":{"a":[1]}}"#])
        let listed = try world.call("GET", LambdaWorld.mappings)["EventSourceMappings"]?.arrayValue?.first
        #expect(listed.flatMap(shown) == [#"{"body":{"a":[1]}}"#])
        try world.expect(
            "UpdateEventSourceMapping", "filters-clear", "PUT", path(id), #"{"FilterCriteria": {}}"#)
        #expect(try world.call("GET", path(id))["FilterCriteria"] == nil)
    }

    @Test("An update is checked against the merged settings, and refused as a whole")
    func refused() throws {
        let world = try LambdaWorld()
        let id = try world.createForQueue(#", "BatchSize": 100, "MaximumBatchingWindowInSeconds": 1"#)
        try world.settle()
        try world.expect(
            "UpdateEventSourceMapping", "queue-batch-without-window", "PUT", path(id),
            #"{"MaximumBatchingWindowInSeconds": 0}"#)
        try world.expect(
            "UpdateEventSourceMapping", "unknown-function", "PUT", path(id), #"{"FunctionName": "gone"}"#)
        try world.expect(
            "UpdateEventSourceMapping", "queue-visibility", "PUT", path(id), #"{"FunctionName": "slow"}"#)
        try world.expect(
            "UpdateEventSourceMapping", "queue-refuses-lanes", "PUT", path(id),
            #"{"ParallelizationFactor": 2}"#)
        try world.expect(
            "UpdateEventSourceMapping", "concurrency-high", "PUT", path(id),
            #"{"ScalingConfig": {"MaximumConcurrency": 1001}}"#)
        #expect(try world.state(id) == "Enabled")
        #expect(try world.call("GET", path(id))["MaximumBatchingWindowInSeconds"]?.intValue == 1)
    }

    @Test("A list is filtered by source and by exact qualification")
    func filters() throws {
        let world = try LambdaWorld()
        let path = LambdaWorld.mappings
        _ = try world.createForQueue()
        _ = try world.create(#"{"FunctionName": "fn:$LATEST", "EventSourceArn": "\#(LambdaWorld.queue)"}"#)
        _ = try world.createForStream()
        try world.expect(
            "ListEventSourceMappings", "by-source", "GET", "\(path)?EventSourceArn=\(LambdaWorld.stream)")
        try world.expect(
            "ListEventSourceMappings", "by-qualified-function", "GET", "\(path)/?FunctionName=fn%3A%24LATEST")
        try world.expect(
            "ListEventSourceMappings", "unknown-function", "GET", "\(path)?FunctionName=gone")
        #expect(try world.call("GET", path)["EventSourceMappings"]?.arrayValue?.count == 3)
    }

    @Test("A list comes in pages")
    func pages() throws {
        let world = try LambdaWorld()
        let path = LambdaWorld.mappings
        _ = try world.createForQueue()
        _ = try world.createForStream()
        try world.expect("ListEventSourceMappings", "first-page", "GET", "\(path)?MaxItems=1")
        let first = try world.call("GET", "\(path)?MaxItems=1")
        let marker = try #require(first["NextMarker"]?.stringValue)
        let second = try world.call("GET", "\(path)?MaxItems=1&Marker=\(marker)")
        #expect(second["EventSourceMappings"]?.arrayValue?.count == 1)
        #expect(second["NextMarker"] == nil)
        #expect(second["EventSourceMappings"] != first["EventSourceMappings"])
        #expect(try world.call("GET", "\(path)?Marker=nonsense")["EventSourceMappings"] == [])
        try world.expect("ListEventSourceMappings", "max-items-zero", "GET", "\(path)?MaxItems=0")
    }

    @Test("Tags are given at create, changed and removed, without touching the mapping's state")
    func tags() throws {
        let world = try LambdaWorld()
        let id = try world.createForQueue(#", "Tags": {"a": "1", "b": "2"}"#)
        let tags = "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:event-source-mapping:\(id)"
        try world.expect("ListTags", "mapping", "GET", tags)
        try world.expect("TagResource", "mapping", "POST", tags, #"{"Tags": {"a": "3", "c": "4"}}"#)
        try world.expect("UntagResource", "mapping", "DELETE", "\(tags)?tagKeys=b&tagKeys=unknown")
        #expect(try world.call("GET", tags)["Tags"] == ["a": "3", "c": "4"])
        #expect(try world.state(id) == "Creating")
        try world.expect(
            "ListTags", "function", "GET",
            "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:function:fn")
        try world.expect(
            "ListTags", "unknown", "GET",
            "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:event-source-mapping:0")
    }
}

@Suite("Functions on the wire")
struct FunctionTests {
    private static let functions = "/2015-03-31/functions"

    @Test("Declared functions are listed and described")
    func functions() throws {
        let world = try LambdaWorld()
        try world.expect("ListFunctions", "all", "GET", "\(Self.functions)/")
        try world.expect("ListFunctions", "first-page", "GET", "\(Self.functions)?MaxItems=1")
        try world.expect("GetFunction", "by-name", "GET", "\(Self.functions)/fn")
        try world.expect(
            "GetFunctionConfiguration", "qualified", "GET",
            "\(Self.functions)/fn/configuration?Qualifier=$LATEST")
        try world.expect("GetFunction", "unknown", "GET", "\(Self.functions)/gone")
        try world.expect("GetFunction", "unknown-version", "GET", "\(Self.functions)/fn?Qualifier=7")
    }

    @Test("Operations that are not there are named")
    func notSupported() throws {
        let world = try LambdaWorld()
        try world.expect("Invoke", "not-supported", "POST", "\(Self.functions)/fn/invocations", "{}")
    }
}
