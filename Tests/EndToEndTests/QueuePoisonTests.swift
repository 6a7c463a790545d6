import ByteCoding
import Testing

extension EndToEnd {
    @Suite("A poison message in a queue")
    struct QueuePoisonTests {
        /// A queue that gives a message up after its second receive, and its function.
        private static func queue(
            _ name: String, batchSize: Int, reports: Bool, environment: String = ""
        ) -> String {
            """
            \(name)Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: \(name)-dead}}
            \(name)Queue:
              Type: AWS::SQS::Queue
              Properties:
                QueueName: \(name)
                VisibilityTimeout: 3
                RedrivePolicy: {deadLetterTargetArn: !GetAtt \(name)Dead.Arn, maxReceiveCount: 2}
            \(name)Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: \(name)-worker
                Environment: {Variables: {\(environment)}}
                Events:
                  In:
                    Type: SQS
                    Properties:
                      Queue: !GetAtt \(name)Queue.Arn
                      BatchSize: \(batchSize)
                      FunctionResponseTypes: [\(reports ? "ReportBatchItemFailures" : "")]
            """
        }

        /// What a dead-letter queue holds once it holds that many.
        private static func dead(_ name: String, count: Int, _ caller: AWSCaller) throws -> [JSONValue] {
            try Waiting.until(
                "\(name) to hold \(count)", detail: { (try? caller.counts(of: name))?.description ?? "" }
            ) {
                try caller.counts(of: name) == [count, 0, 0]
            }
            return try caller.receive(from: name)
        }

        @Test("It ends in the dead-letter queue after its last receive, as the message it was")
        func redrive() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                Self.queue("single", batchSize: 1, reports: false) + "\n"
                    + Self.queue("partial", batchSize: 10, reports: true, environment: "REPORTS: '1'"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            for queue in ["single", "partial"] {
                try caller.sendMessages(["a", "b", "poison", "c", "d"], to: queue)
            }
            for queue in ["single", "partial"] {
                let messages = try Self.dead("\(queue)-dead", count: 1, caller)
                #expect(try caller.counts(of: queue) == [0, 0, 0])
                let ledger = world.ledger
                let good = ledger.handled(by: "\(queue)-worker")
                #expect(good.map(\.text).sorted() == ["a", "b", "c", "d"], "each once")
                let bad = ledger.entries.filter {
                    $0.function == "\(queue)-worker" && $0.outcome == "failed"
                }
                #expect(bad.map(\.text) == ["poison", "poison"])
                #expect(bad.map(\.receiveCount) == [1, 2])
                let message = try #require(messages.first)
                #expect(message["Body"]?.stringValue == "poison")
                #expect(message["MessageId"]?.stringValue == bad.first?.id)
                #expect(message["Attributes"]?["ApproximateReceiveCount"]?.stringValue == "3")
                #expect(
                    message["Attributes"]?["DeadLetterQueueSourceArn"]?.stringValue
                        == "arn:aws:sqs:us-east-1:000000000000:\(queue)")
            }
        }

        /// The table of odd answers, with the feature on.
        private static let answers: [(name: String, answer: String, isSuccess: Bool)] = [
            ("empty", "{}", true),
            ("nothing", "null", true),
            ("emptylist", #"{"batchItemFailures":[]}"#, true),
            ("nulllist", #"{"batchItemFailures":null}"#, true),
            ("emptyid", #"{"batchItemFailures":[{"itemIdentifier":""}]}"#, false),
            ("nullid", #"{"batchItemFailures":[{"itemIdentifier":null}]}"#, false),
            ("unknownid", #"{"batchItemFailures":[{"itemIdentifier":"nobody"}]}"#, false),
            ("wrongkey", #"{"foo":1}"#, false),
            ("notalist", #"{"batchItemFailures":"all"}"#, false),
        ]

        @Test("An odd answer settles all of a batch or nothing of it")
        func oddAnswers() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                Self.answers.map {
                    Self.queue($0.name, batchSize: 10, reports: true, environment: "ANSWER: '\($0.answer)'")
                }.joined(separator: "\n"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            for answer in Self.answers { try caller.sendMessages(["a", "b"], to: answer.name) }
            for answer in Self.answers {
                let count = answer.isSuccess ? 0 : 2
                let expected = answer.isSuccess ? ["a", "b"] : ["a", "a", "b", "b"]
                try Waiting.until(
                    "\(answer.name) to be empty", detail: { daemon.log.suffix(4_000).description }
                ) {
                    try caller.counts(of: answer.name) == [0, 0, 0]
                        && caller.counts(of: "\(answer.name)-dead") == [count, 0, 0]
                }
                #expect(
                    world.ledger.texts(handledBy: "\(answer.name)-worker").sorted() == expected,
                    "\(answer.name)")
            }
        }

        @Test("Without the feature no answer is read")
        func answersIgnored() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                Self.queue(
                    "plain", batchSize: 10, reports: false,
                    environment: #"ANSWER: '{"batchItemFailures":[{"itemIdentifier":""}]}'"#))
            let daemon = try world.start()
            let caller = try daemon.caller()
            try caller.sendMessages(["a", "b"], to: "plain")
            try world.awaitHandled(2, by: "plain-worker", log: daemon.log)
            try Waiting.until("the queue to be empty") { try caller.counts(of: "plain") == [0, 0, 0] }
            #expect(try caller.counts(of: "plain-dead") == [0, 0, 0])
        }
    }
}
