import ByteCoding
import EventModel
import EventStore
import HTTP
import MappingCore
import Testing
import WireTesting

@Suite("Events on their way")
struct DeliveryTests {
    private let world: EventsWorld

    init() throws { world = try EventsWorld() }

    private func target(_ name: String = "orders", _ more: [(String, JSONValue)] = []) -> JSONValue {
        .object(
            JSONObject([("Id", "t"), ("Arn", .string("arn:aws:sqs:us-east-1:000000000000:\(name)"))] + more))
    }

    @Test("An event that matches is in the queue when the put is answered, and another one is not")
    func queue() throws {
        try world.makeRule(target())
        let answer = try world.put(#"{ "a" : 1 }"#)
        try world.put("{}", source: "other")
        let bodies = try world.messages().map(\.body)
        let id = try #require(answer["Entries"]?.arrayValue?.first?["EventId"]?.stringValue)
        let expected =
            #"{"version":"0","id":""# + id
            + #"","detail-type":"Sale","source":"shop","account":"000000000000","#
            + #""time":"2023-11-14T22:13:20Z","region":"us-east-1","resources":["one","two"],"detail":{"a":1}}"#
        #expect(bodies == [expected])
    }

    @Test("A rule that is switched off gets nothing, until it is on again")
    func disabled() throws {
        try world.makeRule(target())
        try world.call("DisableRule", ["Name": "all"])
        try world.put("{}")
        #expect(try world.messages().isEmpty)
        try world.call("EnableRule", ["Name": "all"])
        try world.put("{}")
        #expect(try world.messages().count == 1)
    }

    @Test("A new pattern counts from the next event on")
    func newPattern() throws {
        try world.makeRule(target())
        try world.put("{}")
        try world.call(
            "PutRule", ["Name": "all", "EventPattern": #"{"detail":{"n":[{"numeric":[">",5]}]}}"#])
        try world.put(#"{"n":5}"#)
        try world.put(#"{"n":6}"#)
        #expect(try world.messages().count == 2)
    }

    @Test("A FIFO queue gets events in the target's group, each text once")
    func fifo() throws {
        try world.makeQueue("line.fifo") {
            var fifo = FIFOSettings()
            fifo.contentBasedDeduplication = true
            $0.fifo = fifo
        }
        try world.makeRule(
            target("line.fifo", [("SqsParameters", ["MessageGroupId": "g"]), ("InputPath", "$.detail")]))
        for detail in [#"{"a":1}"#, #"{"a":1}"#, #"{"a":2}"#] { try world.put(detail) }
        #expect(try world.messages(in: "line.fifo").map(\.body) == [#"{"a":1}"#, #"{"a":2}"#])
    }

    @Test("A topic's subscribers get the event in the same commit")
    func topic() throws {
        let store = world.wire.store
        try store.perform { writer throws(StoreError) in
            let topic = try writer.createTopic(
                name: "news", location: Location(), settings: TopicSettings(), tags: [:])
            var settings = SubscriptionSettings()
            settings.isRaw = true
            _ = try writer.subscribe(
                .queue(Location().arn("sqs", "orders")), to: topic.key,
                id: "0acc9c17-5458-4409-838d-5a00dec08c50", settings: settings,
                confirmation: .confirmed(wasAuthenticated: true, guardsUnsubscribe: false))
        }
        try world.makeRule([
            "Id": "t", "Arn": "arn:aws:sns:us-east-1:000000000000:news", "InputPath": "$.detail",
        ])
        try world.put(#"{"a":1}"#)
        #expect(try world.messages().map(\.body) == [#"{"a":1}"#])
    }

    @Test("A stream gets the event under the key that the path leads to")
    func stream() throws {
        let store = world.wire.store
        let stream = try store.perform { writer throws(StoreError) in
            try writer.createStream(
                name: "clicks", location: Location(), isOnDemand: false, shardCount: 4, retentionHours: 24)
        }
        try world.makeRule([
            "Id": "t", "Arn": .string(stream.arn.description), "RoleArn": "arn:aws:iam::000000000000:role/r",
            "InputPath": "$.detail", "KinesisParameters": ["PartitionKeyPath": "$.detail.who"],
        ])
        for who in ["anna", "bert", "anna"] { try world.put(#"{"who":""# + who + #""}"#) }
        let reader = try store.makeReader()
        var keys: [[String]] = []
        for shard in stream.shards {
            var found: [String] = []
            _ = try reader.records(in: shard.key, after: 0, limit: 10, maxBytes: 10_000) { _, _, key, _ in
                found.append(String(decoding: key.withUnsafeBufferPointer { Array($0) }, as: UTF8.self))
                return true
            }
            keys.append(found)
        }
        // The first hexadecimal digit of their MD5 says in which quarter the keys are.
        #expect(keys == [["bert"], [], ["anna", "anna"], []])
    }

    @Test("Another bus gets the event as it is, and does not send it on to a third")
    func buses() throws {
        for bus in ["second", "third"] { try world.call("CreateEventBus", ["Name": .string(bus)]) }
        try world.makeQueue("late")
        func bus(_ name: String) -> JSONValue {
            ["Id": "t", "Arn": .string("arn:aws:events:us-east-1:000000000000:event-bus/\(name)")]
        }
        try world.makeRule(bus("second"))
        try world.makeRule(target(), name: "queue", bus: "second")
        try world.makeRule(bus("third"), name: "on", bus: "second")
        try world.makeRule(target("late"), name: "queue", bus: "third")
        try world.put(#"{"a":1}"#)
        #expect(try world.messages().count == 1)
        #expect(try world.messages(in: "late").isEmpty)
    }

    @Test("What a queue that is gone should have got is in the dead-letter queue, and says why")
    func deadLetter() throws {
        try world.makeQueue("dead")
        try world.makeRule(
            target("nobody", [("DeadLetterConfig", ["Arn": "arn:aws:sqs:us-east-1:000000000000:dead"])]))
        try world.put(#"{"a":1}"#)
        let found = try world.messages(in: "dead")
        #expect(found.count == 1)
        let attributes = try #require(found.first?.attributes)
        func value(_ name: String) -> String? { attributes[name]?["StringValue"]?.stringValue }
        #expect(value("ERROR_CODE") == "NO_RESOURCE")
        #expect(value("RULE_ARN") == "arn:aws:events:us-east-1:000000000000:rule/all")
        #expect(value("TARGET_ARN") == "arn:aws:sqs:us-east-1:000000000000:nobody")
        #expect(value("RETRY_ATTEMPTS") == "0")
        #expect(value("EXHAUSTED_RETRY_CONDITION") == nil)
        #expect(try JSONValue(parsing: Array((found.first?.body ?? "").utf8))["detail"]?["a"] == 1)
    }

    @Test("Services put events on a bus in a commit of their own")
    func services() throws {
        try world.call(
            "PutRule", ["Name": "results", "EventPattern": #"{"source":["lambda"]}"#])
        try world.call("PutTargets", ["Rule": "results", "Targets": [target()]])
        let outcomes = try world.wire.store.perform { writer throws(StoreError) in
            try ["default", "gone"].map { name throws(StoreError) in
                try writer.putEvent(
                    source: "lambda", detailType: "Lambda Function Invocation Result - Success",
                    resources: ["a"], detail: Array(#"{"version":"1.0"}"#.utf8),
                    on: Location().arn("events", "event-bus/\(name)"))
            }
        }
        #expect(outcomes.last == .noSuchBus)
        #expect(try world.messages().count == 1)
    }
}

@Suite("Functions as targets, and targets that cannot take an event for now")
struct RetryTests {
    private let world: EventsWorld
    private static let function = "arn:aws:lambda:us-east-1:000000000000:function:f"

    init() throws {
        world = try EventsWorld()
        try world.makeQueue("dead")
    }

    private func makeRule(_ more: [(String, JSONValue)] = []) throws {
        let dead: JSONValue = ["Arn": "arn:aws:sqs:us-east-1:000000000000:dead"]
        try world.makeRule(
            .object(
                JSONObject(
                    [("Id", "t"), ("Arn", .string(Self.function)), ("DeadLetterConfig", dead)] + more)))
    }

    private func retry() throws -> Int {
        try world.wire.store.perform { writer throws(StoreError) in try writer.retryEvents(limit: 10) }
    }

    /// A function that is busy for the first events; what it takes goes to the queue `orders`.
    private func serve(busy: Int) throws {
        let store = world.wire.store
        let queue = try #require(store.catalog.queue(Location().arn("sqs", "orders")))
        let calls = Calls()
        store.functionEvents.set { writer, _, event, _ throws(StoreError) in
            guard calls.next() > busy else { return .busy(reason: "no room") }
            var batch = MessageBatch()
            batch.append(body: event, md5: 0)
            _ = try writer.send(batch, to: queue.key)
            return .accepted
        }
    }

    @Test("A function is refused by name until somebody takes its events")
    func refused() throws {
        #expect(throws: StoreError.self) { try makeRule() }
        try serve(busy: 0)
        try makeRule()
        try world.put("{}")
        #expect(try world.messages().count == 1)
    }

    @Test("An event that cannot be taken comes again, later and later")
    func retries() throws {
        try serve(busy: 2)
        try makeRule()
        try world.put("{}")
        #expect(try retry() == 0)
        world.wire.clock.advance(by: .seconds(1))
        #expect(try retry() == 1)
        world.wire.clock.advance(by: .seconds(1))
        #expect(try retry() == 0)
        world.wire.clock.advance(by: .seconds(1))
        #expect(try retry() == 1)
        #expect(try world.messages().count == 1)
        world.wire.clock.advance(by: .seconds(1_000))
        #expect(try retry() == 0)
        #expect(try world.messages(in: "dead").isEmpty)
    }

    @Test("After the last retry it goes to the dead-letter queue")
    func exhausted() throws {
        try serve(busy: 100)
        try makeRule([("RetryPolicy", ["MaximumRetryAttempts": 1])])
        try world.put("{}")
        world.wire.clock.advance(by: .seconds(1))
        #expect(try retry() == 1)
        let found = try world.messages(in: "dead")
        #expect(found.count == 1)
        #expect(found.first?.attributes["ERROR_CODE"]?["StringValue"] == "THROTTLING")
        #expect(
            found.first?.attributes["EXHAUSTED_RETRY_CONDITION"]?["StringValue"] == "MaximumRetryAttempts")
        #expect(found.first?.attributes["RETRY_ATTEMPTS"]?["StringValue"] == "1")
    }

    @Test("An event that would be too old at its next attempt is given up at once")
    func age() throws {
        try serve(busy: 100)
        try makeRule([("RetryPolicy", ["MaximumEventAgeInSeconds": 60])])
        try world.put("{}")
        for _ in 0..<10 {
            world.wire.clock.advance(by: .seconds(30))
            _ = try retry()
        }
        let found = try world.messages(in: "dead")
        #expect(
            found.map { $0.attributes["EXHAUSTED_RETRY_CONDITION"]?["StringValue"] }
                == ["MaximumEventAgeInSeconds"])
    }
}
