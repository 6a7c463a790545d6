import ByteCoding
import Testing

extension EndToEnd {
    @Suite("From feed to handler and back")
    struct FullPathTests {
        private static let resources = """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 2}}
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: orders-dead}}
            Orders:
              Type: AWS::SQS::Queue
              Properties:
                QueueName: orders
                RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
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
                    Properties: {Stream: !GetAtt Clicks.Arn, StartingPosition: TRIM_HORIZON, BatchSize: 20}
            OrderWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: order-worker
                Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}}
            ItemWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: item-worker
                Events:
                  In:
                    Type: DynamoDB
                    Properties: {Stream: !GetAtt Items.StreamArn, StartingPosition: TRIM_HORIZON}
            """

        @Test("Whatever is fed reaches its handler, in the order of its shard, and leaves no rest")
        func everythingArrives() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start(["--log-level", "debug"])
            let caller = try daemon.caller()
            let clicks = (0..<120).map { (key: "user-\($0 % 10)", text: "click-\($0)") }
            for start in stride(from: 0, to: clicks.count, by: 40) {
                try caller.putRecords(Array(clicks[start..<start + 40]), to: "clicks")
            }
            let orders = (0..<45).map { "order-\($0)" }
            try caller.sendMessages(orders, to: "orders")
            let changes = try Self.changeItems(caller)

            try world.awaitHandled(clicks.count, by: "click-worker", log: daemon.log)
            try world.awaitHandled(orders.count, by: "order-worker", log: daemon.log)
            try world.awaitHandled(changes.count, by: "item-worker", log: daemon.log)
            let ledger = world.ledger
            try Self.checkOrder(ledger, caller)
            #expect(ledger.texts(handledBy: "click-worker").sorted() == clicks.map(\.text).sorted())
            #expect(ledger.texts(handledBy: "order-worker").sorted() == orders.sorted())
            #expect(ledger.texts(handledBy: "item-worker") == changes)
            try Waiting.until("the queue to be empty") { try caller.counts(of: "orders") == [0, 0, 0] }
            #expect(try caller.counts(of: "orders-dead") == [0, 0, 0])
            try Self.checkPages(caller)
            try Self.checkLog(daemon, ledger)
            try daemon.expectGracefulEnd()
        }

        /// Returns the changes that the table's stream has to tell, in order; all of one item.
        private static func changeItems(_ caller: AWSCaller) throws -> [String] {
            for size in [1, 2, 2] {
                try caller.call(
                    "DynamoDB_20120810.PutItem",
                    ["TableName": "items", "Item": ["id": ["S": "one"], "size": ["N": .string("\(size)")]]])
            }
            for _ in 0..<2 {
                try caller.call(
                    "DynamoDB_20120810.DeleteItem",
                    ["TableName": "items", "Key": ["id": ["S": "one"]]])
            }
            // Writing what is there already, or deleting what is not, changes nothing and tells nothing.
            return ["INSERT one", "MODIFY one", "REMOVE one"]
        }

        private static func checkOrder(_ ledger: Ledger, _ caller: AWSCaller) throws {
            let shards = try caller.shardIDs(of: "clicks")
            #expect(shards.count == 2)
            let handled = ledger.handled(by: "click-worker")
            for shard in shards {
                let stored = try caller.records(in: shard, of: "clicks")
                let delivered = handled.filter { $0.shard == shard }
                #expect(!stored.isEmpty, "ten keys reach both shards")
                #expect(delivered.map(\.text) == stored.map(\.text))
                #expect(delivered.map(\.id) == stored.map(\.sequenceNumber))
                let orders = stored.map { SequenceOrder(text: $0.sequenceNumber) }
                #expect(orders == orders.sorted())
            }
        }

        private static func checkPages(_ caller: AWSCaller) throws {
            let expected: [(String, Int)] = [("click-worker", 120), ("order-worker", 45), ("item-worker", 3)]
            try Waiting.until("the metrics to count what was settled") {
                let lines = try caller.text("/metrics").text.split(separator: "\n")
                return expected.allSatisfy { function, count in
                    lines.contains {
                        $0.hasPrefix("millrace_mapping_records_settled_total{")
                            && $0.contains("function=\"\(function)\"") && $0.hasSuffix(" \(count)")
                    }
                }
            }
            #expect(try caller.text("/healthz").status == 200)
            #expect(try caller.text("/readyz").status == 200)
            #expect(try caller.page("/_localstack/health")["services"]?["sqs"]?.stringValue != nil)
            let status = try caller.page("/_millrace/status")
            #expect(
                status["mappings"]?.arrayValue?.map { $0["state"]?.stringValue } == [
                    "Enabled", "Enabled", "Enabled",
                ])
            #expect(
                status["streams"]?.arrayValue?.compactMap { $0["records"]?.intValue }.sorted() == [3, 120])
        }

        private static func checkLog(_ daemon: DaemonUnderTest, _ ledger: Ledger) throws {
            let lines = daemon.log.split(separator: "\n")
            for function in ["click-worker", "order-worker", "item-worker"] {
                let request = try #require(ledger.handled(by: function).first).requestID
                for word in ["START RequestId: ", "END RequestId: ", "REPORT RequestId: "] {
                    #expect(
                        lines.contains {
                            $0.contains("function=\(function)") && $0.contains(word + request)
                        }, "\(word)of \(function)")
                }
                #expect(lines.contains { $0.contains("function=\(function)") && $0.contains("\"handled ") })
            }
        }

        @Test("On an empty directory it is ready and says where")
        func startsEmpty() throws {
            let world = try TestWorld()
            let daemon = try world.start(template: false)
            let words = daemon.readyLine.split(separator: " ").map(String.init)
            #expect(words.count == 4)
            #expect(words.first == "Ready.")
            #expect(words.last?.hasPrefix("version=") == true)
            #expect(words.contains("data=\(world.dataPath)"))
            #expect(try daemon.caller().text("/readyz").status == 200)
            try daemon.expectGracefulEnd()
        }

        @Test("A long poll ends when a message is sent")
        func longPollWakes() throws {
            let world = try TestWorld()
            try world.writeTemplate("Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}")
            let daemon = try world.start()
            let address = daemon.address
            let receiver = try BackgroundThread {
                // Gives up long before the poll's own 20 s: only a message can end it in time.
                let caller = try AWSCaller(address: address, timeout: .seconds(10))
                let messages = try caller.receive(from: "q", wait: 20)
                guard messages.compactMap({ $0["Body"]?.stringValue }) == ["hello"] else {
                    throw HarnessError("received \(messages.map(\.text))")
                }
            }
            let caller = try daemon.caller()
            // By then the receiver's request has been read: the daemon answered others meanwhile.
            for _ in 0..<50 { _ = try caller.text("/healthz") }
            try caller.sendMessage("hello", to: "q")
            try receiver.join()
        }

        @Test("A client that left its long poll is not given the next message")
        func longPollAbandoned() throws {
            let world = try TestWorld()
            try world.writeTemplate("Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}")
            let daemon = try world.start()
            let impatient = try daemon.caller(timeout: .milliseconds(300))
            #expect(throws: (any Error).self) { try impatient.receive(from: "q", wait: 20) }
            let caller = try daemon.caller()
            try caller.sendMessage("hello", to: "q")
            let messages = try caller.receive(from: "q")
            #expect(messages.compactMap { $0["Body"]?.stringValue } == ["hello"])
            #expect(
                messages.compactMap { $0["Attributes"]?["ApproximateReceiveCount"]?.stringValue } == ["1"])
        }
    }
}
