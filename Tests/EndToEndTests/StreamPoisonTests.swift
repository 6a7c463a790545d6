import ByteCoding
import EventModel
import Testing

extension EndToEnd {
    @Suite("A poison record in a stream")
    struct StreamPoisonTests {
        private static func resources(source: String, settings: String, environment: String = "") -> String {
            """
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
            \(source)
            Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: worker
                Environment: {Variables: {\(environment)}}
                Events:
                  In:
            \(settings)
            """
        }

        private static let stream =
            "Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}"

        private static func kinesis(_ extra: String) -> String {
            """
                    Type: Kinesis
                    Properties:
                      Stream: !GetAtt Clicks.Arn
                      StartingPosition: TRIM_HORIZON
                      BisectBatchOnFunctionError: true
                      MaximumRetryAttempts: 1
                      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
                      \(extra)
            """
        }

        @Test("Halving finds it; it is tried again, reported and left behind, and all others are handled")
        func bisect() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources(source: Self.stream, settings: Self.kinesis("")))
            let daemon = try world.start()
            let caller = try daemon.caller()
            let texts = ["r1", "r2", "r3", "r4", "poison-5", "r6", "r7", "r8"]
            let numbers = try caller.putRecords(texts, to: "clicks")
            try world.awaitHandled(7, by: "worker", log: daemon.log)

            let attempts = world.ledger.attempts(of: "worker")
            #expect(
                attempts.map { "\($0.outcome) \($0.texts.joined(separator: " "))" } == [
                    "failed r1 r2 r3 r4 poison-5 r6 r7 r8", "handled r1 r2 r3 r4",
                    "failed poison-5 r6 r7 r8", "failed poison-5 r6", "failed poison-5", "failed poison-5",
                    "handled r6", "handled r7 r8",
                ])
            let requests = attempts.map(\.requestID)
            #expect(Set(requests).count == 7)
            #expect(requests[4] == requests[5], "a retry keeps the request ID")
            let report = try Self.report(caller)
            try Self.expectReport(
                report, request: requests[4], caller, sequence: numbers[4], error: .string("Unhandled"))
            try Self.expectExplanation(caller, sequence: numbers[4], request: requests[4], bisects: 3)
            // It is stored together with those of other mappings, a moment later.
            try Waiting.until("the last result to be the last one") {
                try caller.mappings().first?["LastProcessingResult"]?.stringValue == "OK"
            }
        }

        @Test("With batch item failures what precedes it is settled, and only a first place halves")
        func partialThenBisect() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                Self.resources(
                    source: Self.stream,
                    settings: Self.kinesis("FunctionResponseTypes: [ReportBatchItemFailures]"),
                    environment: "REPORTS: '1'"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            let numbers = try caller.putRecords(["r1", "poison-2", "r3", "r4"], to: "clicks")
            try world.awaitHandled(3, by: "worker", log: daemon.log)

            let attempts = world.ledger.attempts(of: "worker")
            #expect(
                attempts.map { "\($0.outcome) \($0.texts.joined(separator: " "))" } == [
                    "handled r1", "failed poison-2", "failed poison-2", "failed poison-2", "failed poison-2",
                    "handled r3 r4",
                ])
            let requests = attempts.map(\.requestID)
            #expect(requests[0] == requests[1], "one answer, half of it good")
            #expect(requests[3] == requests[4], "the record alone is tried twice")
            #expect(Set(requests).count == 4)
            let report = try Self.report(caller)
            try Self.expectReport(report, request: requests[3], caller, sequence: numbers[1], error: .null)
            try Self.expectExplanation(caller, sequence: numbers[1], request: requests[3], bisects: 1)
        }

        @Test("A table's change is reported with whole seconds, under its own name")
        func table() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                Self.resources(
                    source: """
                        Items:
                          Type: AWS::DynamoDB::Table
                          Properties:
                            TableName: items
                            BillingMode: PAY_PER_REQUEST
                            AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
                            KeySchema: [{AttributeName: id, KeyType: HASH}]
                            StreamSpecification: {StreamViewType: KEYS_ONLY}
                        """,
                    settings: """
                                Type: DynamoDB
                                Properties:
                                  Stream: !GetAtt Items.StreamArn
                                  StartingPosition: TRIM_HORIZON
                                  MaximumRetryAttempts: 0
                                  DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
                        """))
            let daemon = try world.start()
            let caller = try daemon.caller()
            for id in ["poison", "good"] {
                try caller.call(
                    "DynamoDB_20120810.PutItem", ["TableName": "items", "Item": ["id": ["S": .string(id)]]])
                try Waiting.until("\(id) to be delivered", detail: { daemon.log }) {
                    world.ledger.entries.contains { $0.text == "INSERT \(id)" }
                }
            }
            let report = try Self.report(caller)
            let info = try #require(report["DDBStreamBatchInfo"])
            let poison = try #require(world.ledger.entries.first)
            #expect(info["startSequenceNumber"]?.stringValue == poison.id)
            #expect(info["endSequenceNumber"]?.stringValue == poison.id)
            #expect(info["batchSize"]?.intValue == 1)
            let mapping = try #require(try caller.mappings().first)
            #expect(info["streamArn"] == mapping["EventSourceArn"])
            for member in ["approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord"] {
                let moment = try #require(info[member]?.stringValue)
                #expect(Self.form(moment) == "0000-00-00T00:00:00Z")
            }
            #expect(report["requestContext"]?["approximateInvokeCount"]?.intValue == 1)
        }

        // MARK: - Checks

        private static func report(_ caller: AWSCaller) throws -> JSONValue {
            var bodies: [String] = []
            try Waiting.until("an invocation record") {
                bodies += try caller.receive(from: "dead").compactMap { $0["Body"]?.stringValue }
                return !bodies.isEmpty
            }
            #expect(bodies.count == 1)
            return try JSONValue(parsing: Array(bodies[0].utf8))
        }

        /// Compares the whole text: members, their order, and the form of every value.
        private static func expectReport(
            _ report: JSONValue, request: String, _ caller: AWSCaller, sequence: String, error: JSONValue
        ) throws {
            let stored = try caller.records(of: "clicks")
            let record = try #require(stored.first { $0.sequenceNumber == sequence })
            let arrival = Timestamp(millisecondsSinceEpoch: record.arrivalMilliseconds).iso8601Milliseconds
            let timestamp = try #require(report["timestamp"]?.stringValue)
            #expect(form(timestamp) == "0000-00-00T00:00:00.000Z")
            let expected: JSONValue = [
                "requestContext": [
                    "requestId": .string(request),
                    "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:worker",
                    "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 2,
                ],
                "responseContext": ["statusCode": 200, "executedVersion": "$LATEST", "functionError": error],
                "version": "1.0", "timestamp": .string(timestamp),
                "KinesisBatchInfo": [
                    "shardId": "shardId-000000000000", "startSequenceNumber": .string(sequence),
                    "endSequenceNumber": .string(sequence),
                    "approximateArrivalOfFirstRecord": .string(arrival),
                    "approximateArrivalOfLastRecord": .string(arrival), "batchSize": 1,
                    "streamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/clicks",
                ],
            ]
            #expect(report.text == expected.text)
        }

        private static func expectExplanation(
            _ caller: AWSCaller, sequence: String, request: String, bisects: Int
        ) throws {
            let id = try caller.mappingID(of: "worker")
            var decisions: [JSONValue] = []
            try Waiting.until("the decision to give up to be kept") {
                decisions =
                    try caller.page("/_millrace/decisions?mapping=\(id)&limit=100")["decisions"]?.arrayValue
                    ?? []
                return decisions.contains { $0["kind"]?.stringValue == "discarded" }
            }
            let kinds = decisions.compactMap { $0["kind"]?.stringValue }
            #expect(kinds.filter { $0 == "bisected" }.count == bisects)
            #expect(kinds.filter { $0 == "retry" }.count == 1)
            let discarded = decisions.filter { $0["kind"]?.stringValue == "discarded" }
            #expect(discarded.count == 1)
            let last = try #require(discarded.first)
            #expect(last["first"]?.stringValue == sequence)
            #expect(last["last"]?.stringValue == sequence)
            #expect(last["count"]?.intValue == 1)
            #expect(last["requestID"]?.stringValue == request)
            #expect(last["shard"]?.stringValue == "shardId-000000000000")

            let discards = try caller.page("/_millrace/discards?mapping=\(id)")["discards"]?.arrayValue ?? []
            let discard = try #require(discards.first)
            #expect(discards.count == 1)
            #expect(discard["reason"]?.stringValue == "RetryAttemptsExhausted")
            #expect(discard["attempts"]?.intValue == 2)
            #expect(discard["destination"]?.stringValue == "arn:aws:sqs:us-east-1:000000000000:dead")
            let records = try #require(discard["records"]?.arrayValue)
            #expect(records.map { $0["id"]?.stringValue } == [sequence])
            #expect(records.allSatisfy { $0["content"]?.stringValue?.hasPrefix("poison-") == true })
        }

        /// The text with every digit as 0.
        private static func form(_ text: String) -> String { String(text.map { $0.isNumber ? "0" : $0 }) }
    }
}
