import ByteCoding
import Testing

extension EndToEnd {
    @Suite("Destinations of a queue mapping")
    struct QueueDestinationTests {
        private static let resources = """
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
            Reports: {Type: AWS::SQS::Queue, Properties: {QueueName: reports}}
            Queue:
              Type: AWS::SQS::Queue
              Properties:
                QueueName: orders
                VisibilityTimeout: 3
                RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2}
            Endless: {Type: AWS::SQS::Queue, Properties: {QueueName: endless}}
            Worker:
              Type: AWS::Serverless::Function
              Metadata: {Millrace: {OnFailure: {In: !GetAtt Reports.Arn}}}
              Properties:
                FunctionName: worker
                Environment: {Variables: {REPORTS: '1'}}
                Events:
                  In:
                    Type: SQS
                    Properties:
                      Queue: !GetAtt Queue.Arn
                      FunctionResponseTypes: [ReportBatchItemFailures]
                  Other: {Type: SQS, Properties: {Queue: !GetAtt Endless.Arn}}
            """

        private static let bucket: JSONValue = "arn:aws:s3:::told"

        private static func mapping(of queue: String, _ caller: AWSCaller) throws -> String {
            let found = try caller.mappings().first {
                $0["EventSourceArn"]?.stringValue?.hasSuffix(":\(queue)") == true
            }
            return found?["UUID"]?.stringValue ?? ""
        }

        @Test("Failures of the last receive are told with their payload, successes with theirs")
        func reports() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let caller = try daemon.caller()
            _ = try caller.storage("PUT", "/told")
            let id = try Self.mapping(of: "orders", caller)
            let page = "/_millrace/mappings/\(id)"
            try caller.awaitState("Enabled", of: id)
            #expect(
                try caller.page("\(page)/on-failure")
                    == ["Destination": "arn:aws:sqs:us-east-1:000000000000:reports"])
            #expect(
                try caller.rest("PUT", "\(page)/on-success", ["Destination": Self.bucket]).status == 200)
            try caller.awaitState("Enabled", of: id)
            try caller.sendMessages(["a", "poison", "b"], to: "orders")
            var failures: [JSONValue] = []
            try Waiting.until("the report on the failure", detail: { daemon.log }) {
                failures += try caller.receive(from: "reports")
                return !failures.isEmpty
            }
            let failure = try JSONValue(parsing: Array((failures[0]["Body"]?.stringValue ?? "").utf8))
            #expect(failure["requestContext"]?["condition"] == "MaxReceiveCountExceeded")
            #expect(failure["requestContext"]?["approximateInvokeCount"]?.intValue == 2)
            #expect(failure["responseContext"]?["functionError"]?.isNull == true)
            #expect(failure["responsePayload"]?["batchItemFailures"]?.arrayValue?.count == 1)
            #expect(failure["SQSBatchInfo"]?["batchSize"]?.intValue == 1)
            let records = failure["requestPayload"]?["Records"]?.arrayValue ?? []
            #expect(records.map { $0["body"]?.stringValue } == ["poison"])
            try Waiting.until("the dead letter", detail: { daemon.log }) {
                try caller.counts(of: "dead") == [1, 0, 0]
            }
            try Self.checkSuccesses(caller)
            // AWS's API knows nothing of either.
            #expect(try caller.page("\(AWSCaller.mappingsPath)/\(id)")["DestinationConfig"] == nil)
            let decisions = try caller.page("/_millrace/decisions?mapping=\(id)")["decisions"]?.arrayValue
            #expect(decisions?.contains { $0["kind"] == "givenUp" } == true)
            #expect(failures.count == 1)
            #expect(try caller.counts(of: "reports") == [0, 1, 0])
        }

        /// Both good messages, each in exactly one report.
        private static func checkSuccesses(_ caller: AWSCaller) throws {
            let documents = try caller.keys(in: "told").map { key in
                try JSONValue(parsing: Array(try caller.storage("GET", "/told/\(key)").utf8))
            }
            #expect(documents.allSatisfy { $0["requestContext"]?["condition"] == "Success" })
            let bodies = documents.flatMap { $0["requestPayload"]?["Records"]?.arrayValue ?? [] }
                .compactMap { $0["body"]?.stringValue }
            #expect(bodies.sorted() == ["a", "b"])
        }

        @Test("A queue without redrive policy has no failures to report, and says so")
        func withoutRedrive() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let daemon = try world.start()
            let caller = try daemon.caller()
            let id = try Self.mapping(of: "endless", caller)
            try caller.awaitState("Enabled", of: id)
            let answer = try caller.rest(
                "PUT", "/_millrace/mappings/\(id)/on-failure",
                ["Destination": "arn:aws:sqs:us-east-1:000000000000:reports"])
            #expect(answer.status == 400)
            #expect(
                answer.body["message"]?.stringValue?.contains("needs a redrive policy") == true,
                "\(daemon.log)")
        }

        @Test("Every success is told once, whatever is killed meanwhile", .timeLimit(.minutes(3)))
        func killed() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            var daemon = try world.start()
            var caller = try daemon.caller()
            let id = try Self.mapping(of: "orders", caller)
            try caller.awaitState("Enabled", of: id)
            let page = "/_millrace/mappings/\(id)/on-success"
            #expect(
                try caller.rest(
                    "PUT", page, ["Destination": "arn:aws:sqs:us-east-1:000000000000:reports"]
                ).status == 200)
            var told: [String] = []
            for part in 0..<3 {
                try caller.sendMessages((0..<60).map { "m\(part)-\($0)" }, to: "orders")
                try Waiting.until("some reports", detail: { daemon.log }) {
                    told += try Self.told(caller)
                    return told.count >= part * 60 + 10
                }
                try daemon.kill()
                // The template says nothing of what was asked for by the page.
                daemon = try world.start(template: false)
                caller = try daemon.caller()
            }
            try Waiting.until("all reports", detail: { "\(told.count) \(daemon.log)" }) {
                told += try Self.told(caller)
                return told.count >= 180
            }
            #expect(Set(told).count == 180)
            #expect(told.count == 180)
        }

        /// Bodies of the messages in reports, which are taken out of their queue.
        private static func told(_ caller: AWSCaller) throws -> [String] {
            var bodies: [String] = []
            for message in try caller.receive(from: "reports") {
                let document = try JSONValue(parsing: Array((message["Body"]?.stringValue ?? "").utf8))
                bodies += (document["requestPayload"]?["Records"]?.arrayValue ?? [])
                    .compactMap { $0["body"]?.stringValue }
                try caller.call(
                    "AmazonSQS.DeleteMessage",
                    [
                        "QueueUrl": caller.queueURL("reports"),
                        "ReceiptHandle": message["ReceiptHandle"] ?? .null,
                    ])
            }
            return bodies
        }
    }
}
