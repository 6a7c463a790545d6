import ByteCoding
import Testing

extension EndToEnd {
    @Suite("How many batches of a queue are in flight")
    struct QueueScalingTests {
        private static func resources(_ settings: String, seconds: String) -> String {
            """
            Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
            Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: worker
                Environment: {Variables: {SECONDS: '\(seconds)'}}
                Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 1\(settings)}}}
            """
        }

        /// The most invocations that were between their lines `started` and `handled` at once.
        private static func most(_ entries: [Ledger.Entry]) -> Int {
            var running = 0
            var most = 0
            for entry in entries {
                running += entry.outcome == "started" ? 1 : -1
                most = max(most, running)
            }
            return most
        }

        @Test("Maximum concurrency is kept by a slow handler's mapping, and used")
        func maximum() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                Self.resources(", ScalingConfig: {MaximumConcurrency: 2}", seconds: "0.1"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            try caller.sendMessages((0..<30).map { "m\($0)" }, to: "orders")
            try world.awaitHandled(30, by: "worker", log: daemon.log)
            #expect(Self.most(world.ledger.entries) == 2)
            let status = try caller.page("/_millrace/status")["mappings"]?.arrayValue?.first
            #expect(status?["scale"]?["limit"]?.intValue == 2)
        }

        @Test("A running mapping takes a new limit without losing or doubling a message")
        func update() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                Self.resources(", ScalingConfig: {MaximumConcurrency: 2}", seconds: "0.05"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            let id = try caller.mappingID(of: "worker")
            let bodies = (0..<120).map { "m\($0)" }
            try caller.sendMessages(bodies, to: "orders")
            for limit: JSONValue in [7, 3, 5] {
                let answer = try caller.rest(
                    "PUT", "\(AWSCaller.mappingsPath)/\(id)",
                    ["ScalingConfig": ["MaximumConcurrency": limit], "BatchSize": limit])
                #expect(answer.status == 202)
                try caller.awaitState("Enabled", of: id)
            }
            try world.awaitHandled(120, by: "worker", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "worker").sorted() == bodies.sorted())
            try Waiting.until("the queue to be empty") { try caller.counts(of: "orders") == [0, 0, 0] }
            #expect(world.ledger.entries.allSatisfy { $0.receiveCount == 1 })
        }

        @Test("Provisioned pollers have more batches in flight from the start")
        func provisioned() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                Self.resources(
                    ", ProvisionedPollerConfig: {MinimumPollers: 2, MaximumPollers: 3}", seconds: "1"))
            let daemon = try world.start(["--concurrency", "12"])
            let caller = try daemon.caller()
            try caller.sendMessages((0..<24).map { "m\($0)" }, to: "orders")
            try world.awaitHandled(24, by: "worker", log: daemon.log)
            #expect(Self.most(world.ledger.entries) > 5)
            let status = try caller.page("/_millrace/status")["mappings"]?.arrayValue?.first
            // Two, or three once the backlog has raised them.
            #expect((2...3).contains(status?["scale"]?["pollers"]?.intValue ?? 0))
        }

        @Test(
            "A message that others received in vain is a dead letter that was never executed, and is told as one"
        )
        func neverExecuted() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
                Queue:
                  Type: AWS::SQS::Queue
                  Properties:
                    QueueName: orders
                    RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1}
                Worker:
                  Type: AWS::Serverless::Function
                  Properties:
                    FunctionName: worker
                    Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, Enabled: false}}}
                """)
            let daemon = try world.start()
            let caller = try daemon.caller()
            let id = try caller.mappingID(of: "worker")
            try caller.awaitState("Disabled", of: id)
            try caller.sendMessages(["lost"], to: "orders")
            let received = try #require(try caller.receive(from: "orders").first)
            try caller.call(
                "AmazonSQS.ChangeMessageVisibility",
                [
                    "QueueUrl": caller.queueURL("orders"), "VisibilityTimeout": 0,
                    "ReceiptHandle": received["ReceiptHandle"] ?? .null,
                ])
            _ = try caller.rest("PUT", "\(AWSCaller.mappingsPath)/\(id)", ["Enabled": true])
            try Waiting.until("the dead letter", detail: { daemon.log }) {
                try caller.counts(of: "dead") == [1, 0, 0]
            }
            var status: JSONValue?
            try Waiting.until("the count", detail: { status?.text ?? "" }) {
                status = try caller.page("/_millrace/status")
                return status?["mappings"]?.arrayValue?.first?["neverExecuted"]?.intValue == 1
            }
            let dead = status?["queues"]?.arrayValue?.first { $0["name"] == "dead" }
            #expect(dead?["neverExecuted"]?.intValue == 1)
            let letters = try caller.page("/_millrace/dead-letters?mapping=\(id)")["letters"]?.arrayValue
            #expect(letters?.first?["id"] == received["MessageId"])
            #expect(letters?.first?["executions"]?.intValue == 0)
            #expect(try caller.text("/metrics").text.contains("records_never_executed_total"))
            // AWS's answers know nothing of it.
            let letter = try #require(try caller.receive(from: "dead").first)
            #expect(letter["Attributes"]?.objectValue?.members.contains { $0.key.contains("xecut") } == false)
        }
    }
}
