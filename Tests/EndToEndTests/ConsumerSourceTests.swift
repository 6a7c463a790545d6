import ByteCoding
import Testing

extension EndToEnd {
    @Suite("Registered consumers as sources")
    struct ConsumerSourceTests {
        private static let resources = """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
            Fanned: {Type: AWS::Serverless::Function, Properties: {FunctionName: fanned}}
            Shared: {Type: AWS::Serverless::Function, Properties: {FunctionName: shared}}
            """
        private static let stream = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"

        private static func begin() throws -> (TestWorld, DaemonUnderTest, AWSCaller) {
            let world = try TestWorld()
            try world.writeTemplate(resources)
            let daemon = try world.start()
            return (world, daemon, try daemon.caller())
        }

        private static func register(_ caller: AWSCaller, _ name: String = "app") throws -> String {
            let answer = try caller.call(
                "Kinesis_20131202.RegisterStreamConsumer",
                ["StreamARN": .string(stream), "ConsumerName": .string(name)])
            return try #require(answer["Consumer"]?["ConsumerARN"]?.stringValue)
        }

        private static func deregister(_ caller: AWSCaller, _ consumer: String) throws {
            try caller.call(
                "Kinesis_20131202.DeregisterStreamConsumer", ["ConsumerARN": .string(consumer)])
        }

        private static func settings(_ function: String, _ source: String) -> JSONValue {
            [
                "FunctionName": .string(function), "EventSourceArn": .string(source),
                "StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 0,
                "BisectBatchOnFunctionError": true,
                "DestinationConfig": [
                    "OnFailure": ["Destination": "arn:aws:sqs:us-east-1:000000000000:dead"]
                ],
            ]
        }

        private static func create(
            _ caller: AWSCaller, _ function: String, _ source: String
        ) throws -> String {
            let created = try caller.createMapping(settings(function, source))
            #expect(created["EventSourceArn"]?.stringValue == source)
            return try #require(created["UUID"]?.stringValue)
        }

        /// What a mapping waits for.
        private static func obstacle(_ caller: AWSCaller, _ id: String) throws -> String? {
            let mappings = try caller.page("/_millrace/status")["mappings"]?.arrayValue ?? []
            return mappings.first { $0["id"]?.stringValue == id }?["waitsFor"]?.stringValue
        }

        @Test(
            "A consumer's mapping gets all records beside the stream's own, and its ARN is what reports name")
        func delivery() throws {
            let (world, daemon, caller) = try Self.begin()
            let consumer = try Self.register(caller)
            let fanned = try Self.create(caller, "fanned", consumer)
            _ = try Self.create(caller, "shared", Self.stream)
            for id in try caller.mappings().compactMap({ $0["UUID"]?.stringValue }) {
                try caller.awaitState("Enabled", of: id)
            }
            let numbers = try caller.putRecords(["a", "poison", "b"], to: "clicks")
            try world.awaitHandled(2, by: "fanned", log: daemon.log)
            try world.awaitHandled(2, by: "shared", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "fanned") == ["a", "b"])
            #expect(world.ledger.texts(handledBy: "shared") == ["a", "b"])
            var sources: [String] = []
            try Waiting.until("both reports") {
                for message in try caller.receive(from: "dead") {
                    let body = try JSONValue(parsing: Array((message["Body"]?.stringValue ?? "").utf8))
                    #expect(body["KinesisBatchInfo"]?["startSequenceNumber"]?.stringValue == numbers[1])
                    sources += [body["KinesisBatchInfo"]?["streamArn"]?.stringValue ?? ""]
                }
                return sources.count == 2
            }
            #expect(Set(sources) == [Self.stream, consumer])
            try Waiting.until("the checkpoint") {
                try caller.checkpoints(of: fanned)["shardId-000000000000"] == numbers[2]
            }
        }

        @Test("A consumer has to be registered, and has one mapping for a function")
        func refusals() throws {
            let (world, daemon, caller) = try Self.begin()
            let consumer = try Self.register(caller)
            let missing = "\(Self.stream)/consumer/nobody:1700000000"
            let answer = try caller.rest(
                "POST", AWSCaller.mappingsPath, Self.settings("fanned", missing))
            #expect(answer.status == 400)
            #expect(answer.body["message"]?.stringValue == "Stream consumer not found: \(missing)")
            _ = try Self.create(caller, "fanned", consumer)
            let again = try caller.rest(
                "POST", AWSCaller.mappingsPath, Self.settings("fanned", consumer))
            #expect(again.status == 409)
            _ = try Self.create(caller, "shared", consumer)
            #expect(try caller.mappings().count == 2)
            try caller.putRecords(["a"], to: "clicks")
            try world.awaitHandled(1, by: "fanned", log: daemon.log)
            try world.awaitHandled(1, by: "shared", log: daemon.log)
        }

        @Test("Without its consumer it waits and says so; the same consumer lets it go on where it was")
        func deregistered() throws {
            let (world, daemon, caller) = try Self.begin()
            var found: (consumer: String, mapping: String)?
            // The second of the registration is part of the ARN, so this has to happen within one.
            for attempt in 0..<40 where found == nil {
                let consumer = try Self.register(caller, "app-\(attempt)")
                try Self.deregister(caller, consumer)
                guard try Self.register(caller, "app-\(attempt)") == consumer else { continue }
                let mapping = try Self.create(caller, "fanned", consumer)
                try Self.deregister(caller, consumer)
                try Waiting.until("the mapping to wait") {
                    try Self.obstacle(caller, mapping) == "the stream consumer to exist"
                }
                try caller.putRecords(["later"], to: "clicks")
                if try Self.register(caller, "app-\(attempt)") == consumer {
                    found = (consumer, mapping)
                } else {
                    // Another second, another consumer: it does not count.
                    #expect(try Self.obstacle(caller, mapping) == "the stream consumer to exist")
                    #expect(try caller.rest("DELETE", "\(AWSCaller.mappingsPath)/\(mapping)").status == 202)
                }
            }
            let (consumer, mapping) = try #require(found, "no second was long enough")
            try caller.awaitState("Enabled", of: mapping)
            try Waiting.until("the record that came meanwhile", detail: { daemon.log }) {
                world.ledger.texts(handledBy: "fanned").contains("later")
            }
            try Self.deregister(caller, consumer)
            try Waiting.until("the mapping to wait again") {
                try Self.obstacle(caller, mapping) == "the stream consumer to exist"
            }
            let state = try caller.page("\(AWSCaller.mappingsPath)/\(mapping)")["State"]?.stringValue
            #expect(state == "Enabled")
        }
    }
}
