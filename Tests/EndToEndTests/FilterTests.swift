import ByteCoding
import Testing

extension EndToEnd {
    @Suite("Filters of mappings")
    struct FilterTests {
        private static let resources = """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
            Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
            Items:
              Type: AWS::DynamoDB::Table
              Properties:
                TableName: items
                BillingMode: PAY_PER_REQUEST
                AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
                KeySchema: [{AttributeName: id, KeyType: HASH}]
                StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
            ClickWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: click-worker
                Events:
                  In:
                    Type: Kinesis
                    Properties:
                      Stream: !GetAtt Clicks.Arn
                      StartingPosition: TRIM_HORIZON
                      BatchSize: 5
                      FilterCriteria:
                        Filters:
                          - Pattern: '{"data":{"kind":["wanted"]}}'
                          - Pattern: '{"partitionKey":["always"]}'
            OrderWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: order-worker
                Events:
                  In:
                    Type: SQS
                    Properties:
                      Queue: !GetAtt Orders.Arn
                      FilterCriteria: {Filters: [{Pattern: '{"body":{"size":[{"numeric":[">",100]}]}}'}]}
            ItemWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: item-worker
                Events:
                  In:
                    Type: DynamoDB
                    Properties:
                      Stream: !GetAtt Items.StreamArn
                      StartingPosition: TRIM_HORIZON
                      FilterCriteria:
                        Filters:
                          - Pattern: '{"eventName":["MODIFY"],"dynamodb":{"NewImage":{"size":{"N":["2"]}}}}'
            """

        @Test("Of all three sources only what matches is handled; the rest leaves no trace but counts")
        func allSources() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let caller = try daemon.caller()
            // Long runs between matches, and a long tail without any, which the checkpoint has to pass too.
            let clicks = (0..<5_200).map { number in
                number % 400 == 3
                    ? (key: "k", text: #"{"kind":"wanted","n":\#(number)}"#)
                    : number % 400 == 7
                        ? (key: "always", text: "no JSON \(number)") : (key: "k", text: #"{"kind":"other"}"#)
            }
            for start in stride(from: 0, to: clicks.count, by: 400) {
                try caller.putRecords(Array(clicks[start..<start + 400]), to: "clicks")
            }
            let orders = (0..<120).map { $0 % 3 == 0 ? "plain \($0)" : #"{"size":\#($0)}"# }
            try caller.sendMessages(orders, to: "orders")
            for size in [1, 2, 3] {
                try caller.call(
                    "DynamoDB_20120810.PutItem",
                    ["TableName": "items", "Item": ["id": ["S": "one"], "size": ["N": .string("\(size)")]]])
            }

            let wanted = clicks.map(\.text).filter { $0.contains("wanted") || $0.contains("no JSON") }
            let large = (101..<120).filter { $0 % 3 != 0 }.map { #"{"size":\#($0)}"# }
            try world.awaitHandled(wanted.count, by: "click-worker", log: daemon.log)
            try world.awaitHandled(large.count, by: "order-worker", log: daemon.log)
            try world.awaitHandled(1, by: "item-worker", log: daemon.log)
            try Self.awaitCounts(
                [
                    "click-worker": (wanted.count, clicks.count - wanted.count),
                    "order-worker": (large.count, orders.count - large.count), "item-worker": (1, 2),
                ], caller)
            try Waiting.until("the queue to be empty") { try caller.counts(of: "orders") == [0, 0, 0] }
            try Self.checkRest(world, caller, wanted: wanted, large: large)
            try daemon.expectGracefulEnd()

            // What was filtered out is settled: the next start reads none of it again.
            let next = try world.start(template: false)
            try next.caller().putRecords([#"{"kind":"wanted","n":"last"}"#], to: "clicks")
            try world.awaitHandled(wanted.count + 1, by: "click-worker", log: next.log)
            try Self.awaitCounts(["click-worker": (1, 0)], next.caller())
        }

        /// Waits for the records settled and filtered out, by function, as the status page has them.
        private static func awaitCounts(_ expected: [String: (Int, Int)], _ caller: AWSCaller) throws {
            try Waiting.until("the counts to be \(expected)") {
                let mappings = try caller.page("/_millrace/status")["mappings"]?.arrayValue ?? []
                return expected.allSatisfy { function, counts in
                    mappings.contains {
                        $0["function"]?.stringValue == function && $0["records"]?.intValue == counts.0
                            && $0["filtered"]?.intValue == counts.1
                    }
                }
            }
        }

        private static func checkRest(
            _ world: TestWorld, _ caller: AWSCaller, wanted: [String], large: [String]
        ) throws {
            let ledger = world.ledger
            #expect(ledger.texts(handledBy: "click-worker") == wanted)
            #expect(ledger.texts(handledBy: "order-worker").sorted() == large.sorted())
            #expect(ledger.texts(handledBy: "item-worker") == ["MODIFY one"])
            // Filtered records do not fill batches: most hold what one read found, up to the batch size.
            let batches = ledger.attempts(of: "click-worker").map(\.texts.count)
            #expect(batches.allSatisfy { $0 <= 5 })
            let last = try #require(try caller.records(of: "clicks").last)
            let clickMapping = try caller.mappingID(of: "click-worker")
            try Waiting.until("the checkpoint to pass the filtered records at the end") {
                try caller.checkpoints(of: clickMapping).values.contains(last.sequenceNumber)
            }
            for (function, count) in [
                ("click-worker", 5_200 - wanted.count), ("order-worker", 120 - large.count),
            ] {
                let lines = try caller.text("/metrics").text.split(separator: "\n")
                #expect(
                    lines.contains {
                        $0.hasPrefix("millrace_mapping_records_filtered_total{")
                            && $0.contains("function=\"\(function)\"") && $0.hasSuffix(" \(count)")
                    }, "filtered by \(function)")
                let id = try caller.mappingID(of: function)
                let decisions = try caller.page("/_millrace/decisions?mapping=\(id)")["decisions"]?.arrayValue
                let samples = (decisions ?? []).filter { $0["kind"]?.stringValue == "filtered" }
                #expect((1...20).contains(samples.count), "a sample, not one for each read")
                #expect(
                    samples.allSatisfy { $0["text"]?.stringValue?.contains("matched no filter") == true })
            }
        }

        @Test("Changed filters count from the update on, and without filters everything passes")
        func updates() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
                Worker:
                  Type: AWS::Serverless::Function
                  Properties:
                    FunctionName: worker
                    Events:
                      In:
                        Type: Kinesis
                        Properties:
                          Stream: !GetAtt Clicks.Arn
                          StartingPosition: TRIM_HORIZON
                          FilterCriteria: {Filters: [{Pattern: '{"data":{"a":[1]}}'}]}
                """)
            let daemon = try world.start()
            let caller = try daemon.caller()
            let id = try caller.mappingID(of: "worker")
            try caller.awaitState("Enabled", of: id)
            func put(_ round: Int) throws {
                try caller.putRecords((1...3).map { #"{"a":\#($0),"round":\#(round)}"# }, to: "clicks")
            }
            func update(_ criteria: JSONValue) throws {
                let answer = try caller.rest(
                    "PUT", "\(AWSCaller.mappingsPath)/\(id)", ["FilterCriteria": criteria])
                #expect(answer.status == 202)
                try caller.awaitState("Enabled", of: id)
            }
            try put(1)
            try world.awaitHandled(1, by: "worker", log: daemon.log)
            // What is passed over is settled before the update, so the new pattern does not see it.
            try Self.awaitCounts(["worker": (1, 2)], caller)
            let last = try #require(try caller.records(of: "clicks").last?.sequenceNumber)
            try Waiting.until("the checkpoint to pass what was filtered") {
                try caller.checkpoints(of: id).values.contains(last)
            }
            try update(["Filters": [["Pattern": #"{"data":{"a":[2,3]}}"#]]])
            try put(2)
            try world.awaitHandled(3, by: "worker", log: daemon.log)
            try update([:])
            try put(3)
            try world.awaitHandled(6, by: "worker", log: daemon.log)
            #expect(
                world.ledger.texts(handledBy: "worker") == [
                    #"{"a":1,"round":1}"#, #"{"a":2,"round":2}"#, #"{"a":3,"round":2}"#,
                    #"{"a":1,"round":3}"#, #"{"a":2,"round":3}"#, #"{"a":3,"round":3}"#,
                ])
        }

        @Test("In the middle of a long run that nothing passes a mapping is stopped, and goes on later")
        func stopInBetween() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 2}}
                Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
                Worker: {Type: AWS::Serverless::Function, Properties: {FunctionName: worker}}
                """)
            let daemon = try world.start()
            let caller = try daemon.caller()
            for part in 0..<20 {
                try caller.putRecords((0..<400).map { (key: "k\($0)", text: "\(part)") }, to: "clicks")
            }
            try caller.sendMessages((0..<1_000).map { "order-\($0)" }, to: "orders")
            var ids: [String] = []
            for source in [
                "kinesis:us-east-1:000000000000:stream/clicks", "sqs:us-east-1:000000000000:orders",
            ] {
                var settings: [(String, JSONValue)] = [
                    ("FunctionName", "worker"), ("EventSourceArn", .string("arn:aws:\(source)")),
                    ("FilterCriteria", ["Filters": [["Pattern": #"{"nothing":["here"]}"#]]]),
                ]
                if source.hasPrefix("kinesis") {
                    settings += [("StartingPosition", "TRIM_HORIZON"), ("ParallelizationFactor", 3)]
                }
                let created = try caller.createMapping(.object(JSONObject(settings)))
                ids.append(try #require(created["UUID"]?.stringValue))
            }
            for isEnabled in [false, true, false, true] {
                for id in ids {
                    try Waiting.until("the mapping to take the update") {
                        let path = "\(AWSCaller.mappingsPath)/\(id)"
                        return try caller.rest("PUT", path, ["Enabled": .bool(isEnabled)]).status == 202
                    }
                }
            }
            for id in ids { try caller.awaitState("Enabled", of: id) }
            try Waiting.until("the queue to be empty") { try caller.counts(of: "orders") == [0, 0, 0] }
            let last = try caller.shardIDs(of: "clicks").map { shard in
                try #require(try caller.records(in: shard, of: "clicks").last?.sequenceNumber)
            }
            try Waiting.until("both checkpoints to reach the end") {
                try caller.checkpoints(of: ids[0]).values.sorted() == last.sorted()
            }
            #expect(world.ledger.entries.isEmpty)
            try daemon.expectGracefulEnd()
        }
    }
}
