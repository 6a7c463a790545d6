import ByteCoding
import Testing

extension EndToEnd {
    @Suite("A mapping of a FIFO queue")
    struct FIFOMappingTests {
        private static func resources(_ settings: String, environment: String = "") -> String {
            """
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead.fifo, FifoQueue: true}}
            Queue:
              Type: AWS::SQS::Queue
              Properties:
                QueueName: orders.fifo
                FifoQueue: true
                ContentBasedDeduplication: true
                VisibilityTimeout: 3
                RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2}
            Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: worker
                Environment: {Variables: {\(environment)}}
                Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn\(settings)}}}
            """
        }

        private static func send(_ bodies: [String], group: String, _ caller: AWSCaller) throws {
            for body in bodies {
                try caller.call(
                    "AmazonSQS.SendMessage",
                    [
                        "QueueUrl": caller.queueURL("orders.fifo"), "MessageBody": .string(body),
                        "MessageGroupId": .string(group),
                    ])
            }
        }

        @Test("Each group is handled in order, never twice at once, many groups side by side")
        func order() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources(", BatchSize: 3", environment: "SECONDS: '0.01'"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            for index in 0..<25 {
                for group in 0..<4 { try Self.send(["g\(group)-\(index)"], group: "g\(group)", caller) }
            }
            try world.awaitHandled(100, by: "worker", log: daemon.log)
            let ledger = world.ledger
            for group in 0..<4 {
                let texts = ledger.texts(handledBy: "worker").filter { $0.hasPrefix("g\(group)-") }
                #expect(texts == (0..<25).map { "g\(group)-\($0)" })
                var running: Set<String> = []
                for entry in ledger.entries where entry.text.hasPrefix("g\(group)-") {
                    if entry.outcome == "started" {
                        running.insert(entry.requestID)
                    } else {
                        running.remove(entry.requestID)
                    }
                    #expect(running.count <= 1)
                }
            }
            try Waiting.until("the queue to be empty") { try caller.counts(of: "orders.fifo") == [0, 0, 0] }
        }

        @Test(
            "A group that fails waits for visibility while others go on, and its dead letters keep their order"
        )
        func blocked() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources(", BatchSize: 1"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            try Self.send(["poison-1", "after-1", "after-2"], group: "bad", caller)
            try Self.send(["a", "b", "c", "d"], group: "good", caller)
            try world.awaitHandled(6, by: "worker", log: daemon.log)
            let entries = world.ledger.entries
            #expect(
                entries.filter { $0.outcome == "handled" && $0.text.count == 1 }.map(\.text)
                    == ["a", "b", "c", "d"])
            #expect(
                entries.filter { $0.text.contains("-") }.map(\.text)
                    == ["poison-1", "poison-1", "after-1", "after-2"])
            // The good group was through before the bad one came again.
            let again = try #require(entries.lastIndex { $0.text == "poison-1" })
            let last = try #require(entries.firstIndex { $0.text == "d" })
            #expect(last < again)
            try Waiting.until("the dead letter", detail: { daemon.log }) {
                try caller.counts(of: "dead.fifo") == [1, 0, 0]
            }
        }
    }
}
