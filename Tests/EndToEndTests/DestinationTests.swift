import ByteCoding
import Testing

extension EndToEnd {
    @Suite("Destinations of a stream mapping")
    struct DestinationTests {
        private static let resources = """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
            Reports: {Type: AWS::SQS::Queue, Properties: {QueueName: reports}}
            News:
              Type: AWS::SNS::Topic
              Properties:
                TopicName: news
                Subscription: [{Protocol: sqs, Endpoint: !GetAtt Reports.Arn}]
            Worker: {Type: AWS::Serverless::Function, Properties: {FunctionName: worker}}
            """

        private static let stream = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
        private static let queue = "arn:aws:sqs:us-east-1:000000000000:reports"
        private static let bucket = "arn:aws:s3:::reports"

        /// A daemon with a bucket, and a mapping that gives each record up after its first failure.
        private static func start(
            _ world: TestWorld, failures: String? = nil, _ settings: [(String, JSONValue)] = []
        ) throws -> (DaemonUnderTest, AWSCaller, mapping: String) {
            try world.writeTemplate(resources)
            let daemon = try world.start()
            let caller = try daemon.caller()
            _ = try caller.storage("PUT", "/reports")
            var members: [(String, JSONValue)] = [
                ("FunctionName", "worker"), ("EventSourceArn", .string(stream)),
                ("StartingPosition", "TRIM_HORIZON"), ("MaximumRetryAttempts", 0), ("BatchSize", 1),
            ]
            if let failures {
                let destination: JSONValue = ["OnFailure": ["Destination": .string(failures)]]
                members.append(("DestinationConfig", destination))
            }
            let mapping = try caller.createMapping(.object(JSONObject(members + settings)))
            let id = mapping["UUID"]?.stringValue ?? ""
            try caller.awaitState("Enabled", of: id)
            return (daemon, caller, id)
        }

        /// The objects of the bucket: their keys and the documents in them.
        private static func objects(_ caller: AWSCaller) throws -> [(key: String, document: JSONValue)] {
            try caller.keys(in: "reports").map { key in
                (key, try JSONValue(parsing: Array(try caller.storage("GET", "/reports/\(key)").utf8)))
            }
        }

        /// The documents of a queue, which is emptied.
        private static func documents(_ caller: AWSCaller) throws -> [JSONValue] {
            var found: [JSONValue] = []
            var page = try caller.receive(from: "reports")
            while !page.isEmpty {
                for message in page {
                    found.append(try JSONValue(parsing: Array((message["Body"]?.stringValue ?? "").utf8)))
                    let handle = message["ReceiptHandle"] ?? .null
                    try caller.call(
                        "AmazonSQS.DeleteMessage",
                        ["QueueUrl": caller.queueURL("reports"), "ReceiptHandle": handle])
                }
                page = try caller.receive(from: "reports")
            }
            return found
        }

        private static func starts(_ documents: [JSONValue]) -> [String] {
            documents.compactMap { $0["KinesisBatchInfo"]?["startSequenceNumber"]?.stringValue }
        }

        // MARK: - Failures

        @Test("A bucket gets the report with the event as a text, under AWS's key")
        func bucket() throws {
            let world = try TestWorld()
            let (daemon, caller, mapping) = try Self.start(world, failures: Self.bucket)
            let numbers = try caller.putRecords(["poison-1", "fine"], to: "clicks")
            try world.awaitHandled(1, by: "worker", log: daemon.log)
            try Waiting.until("the report", detail: { daemon.log }) {
                try !caller.keys(in: "reports").isEmpty
            }
            let objects = try Self.objects(caller)
            #expect(objects.count == 1)
            let (key, document) = try #require(objects.first)
            let form =
                #/aws/lambda/(.+)/shardId-000000000000/\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}/#
            let match = try #require(try form.wholeMatch(in: key))
            #expect(String(match.output.1) == mapping)
            #expect(Self.starts([document]) == [numbers[0]])
            #expect(document["requestContext"]?["condition"] == "RetryAttemptsExhausted")
            let payload = try JSONValue(parsing: Array((document["payload"]?.stringValue ?? "").utf8))
            let record = try #require(payload["Records"]?.arrayValue?.first)
            #expect(record["kinesis"]?["data"]?.stringValue == Base64.encode(Array("poison-1".utf8)))
        }

        @Test(
            "Each record that is given up is one object, whatever is killed meanwhile",
            .timeLimit(.minutes(3)))
        func killed() throws {
            let world = try TestWorld()
            var (daemon, caller, _) = try Self.start(world, failures: Self.bucket)
            var numbers: [String] = []
            for part in 0..<4 {
                numbers += try caller.putRecords((0..<50).map { "poison-\(part)-\($0)" }, to: "clicks")
                let wanted = part * 50 + 10
                try Waiting.until("some reports", detail: { daemon.log }) {
                    try caller.keys(in: "reports").count >= wanted
                }
                try daemon.kill()
                daemon = try world.start()
                caller = try daemon.caller()
            }
            try Waiting.until("all reports", detail: { daemon.log }) {
                try caller.keys(in: "reports").count >= numbers.count
            }
            let reported = Self.starts(try Self.objects(caller).map(\.document))
            #expect(reported.sorted() == numbers.sorted())
            // What the kills left between a file and its row goes by itself.
            let folder = "\(world.dataPath)/objects"
            try Waiting.until("files without objects to go", detail: { daemon.log }) {
                Files.names(in: folder).flatMap { Files.names(in: "\(folder)/\($0)") }.count == numbers.count
            }
        }

        @Test(
            "Each record that is given up is one message of a queue or topic, whatever is killed meanwhile",
            .timeLimit(.minutes(3)),
            arguments: [queue, "arn:aws:sns:us-east-1:000000000000:news"])
        func killed(destination: String) throws {
            let world = try TestWorld()
            var (daemon, caller, _) = try Self.start(world, failures: destination)
            var numbers: [String] = []
            var told: [String] = []
            for part in 0..<3 {
                numbers += try caller.putRecords((0..<40).map { "poison-\(part)-\($0)" }, to: "clicks")
                try Waiting.until("some reports", detail: { daemon.log }) {
                    told += Self.starts(try Self.documents(caller).map(Self.message))
                    return told.count >= part * 40 + 10
                }
                try daemon.kill()
                daemon = try world.start()
                caller = try daemon.caller()
            }
            try Waiting.until("all reports", detail: { daemon.log }) {
                told += Self.starts(try Self.documents(caller).map(Self.message))
                return told.count >= numbers.count
            }
            #expect(told.sorted() == numbers.sorted())
        }

        /// What a topic's envelope holds; anything else is the report itself.
        private static func message(_ document: JSONValue) throws -> JSONValue {
            guard let text = document["Message"]?.stringValue else { return document }
            return try JSONValue(parsing: Array(text.utf8))
        }

        @Test("The end of a tumbling window that is given up is reported to a bucket")
        func window() throws {
            let world = try TestWorld()
            let (daemon, caller, _) = try Self.start(
                world, failures: Self.bucket, [("TumblingWindowInSeconds", 1)])
            try caller.putRecords(["poison"], to: "clicks")
            try Waiting.until("the report", detail: { daemon.log }) {
                try !caller.keys(in: "reports").isEmpty
            }
            let document = try #require(try Self.objects(caller).first?.document)
            #expect(document["timeWindowInfo"]?["isFinalInvokeForWindow"] == true)
            let payload = try JSONValue(parsing: Array((document["payload"]?.stringValue ?? "").utf8))
            #expect(payload["state"]?["texts"] == ["poison"])
            #expect(payload["Records"] == [])
        }

        @Test("A destination that is gone drops exactly the records that it was to be told of")
        func gone() throws {
            let world = try TestWorld()
            let (daemon, caller, mapping) = try Self.start(world, failures: Self.bucket)
            try caller.putRecords(["poison-1"], to: "clicks")
            try Waiting.until("the first report", detail: { daemon.log }) {
                try caller.keys(in: "reports").count == 1
            }
            for key in try caller.keys(in: "reports") { _ = try caller.storage("DELETE", "/reports/\(key)") }
            _ = try caller.storage("DELETE", "/reports")
            try caller.putRecords(["poison-2", "fine", "poison-3"], to: "clicks")
            try world.awaitHandled(1, by: "worker", log: daemon.log)
            var status: JSONValue = .null
            try Waiting.until("the count", detail: { "\(status.text) \(daemon.log)" }) {
                status = try caller.page("/_millrace/status")["mappings"]?.arrayValue?.first ?? .null
                return status["dropped"]?.intValue == 2
            }
            #expect(status["discarded"]?.intValue == 3)
            #expect(status["lastError"]?.stringValue?.contains("the bucket reports does not exist") == true)
            let decisions =
                try caller.page("/_millrace/decisions?mapping=\(mapping)")["decisions"]?.arrayValue ?? []
            #expect(decisions.filter { $0["kind"] == "destinationFailed" }.count == 2)
            // The next one finds a new bucket of the name.
            _ = try caller.storage("PUT", "/reports")
            try caller.putRecords(["poison-4"], to: "clicks")
            try Waiting.until("a report in the new bucket", detail: { daemon.log }) {
                try caller.keys(in: "reports").count == 1
            }
        }

        // MARK: - Successes

        @Test("A success is told once, in AWS's form, after it was asked for by our page")
        func success() throws {
            let world = try TestWorld()
            let (daemon, caller, mapping) = try Self.start(world, failures: Self.queue, [("BatchSize", 10)])
            let page = "/_millrace/mappings/\(mapping)/on-success"
            #expect(try caller.page(page) == ["Destination": .null])
            let refused = try caller.rest(
                "PUT", page, ["Destination": "arn:aws:sqs:us-east-1:000000000000:none"])
            #expect(refused.status == 400)
            #expect(try caller.rest("PUT", page, ["Destination": .string(Self.bucket)]).status == 200)
            try caller.awaitState("Enabled", of: mapping)
            let numbers = try caller.putRecords(["a", "b"], to: "clicks")
            try Waiting.until("the report", detail: { daemon.log }) {
                try !caller.keys(in: "reports").isEmpty
            }
            let document = try #require(try Self.objects(caller).first?.document)
            #expect(document["requestContext"]?["condition"] == "Success")
            #expect(document["requestContext"]?["approximateInvokeCount"]?.intValue == 1)
            #expect(document["responseContext"] == ["statusCode": 200, "executedVersion": "$LATEST"])
            #expect(document["responsePayload"] == [:])
            let info = document["KinesisBatchInfo"]
            #expect(info?["startSequenceNumber"]?.stringValue == numbers[0])
            #expect(info?["endSequenceNumber"]?.stringValue == numbers[1])
            #expect(info?["batchSize"]?.intValue == 2)
            let payload = try JSONValue(parsing: Array((document["payload"]?.stringValue ?? "").utf8))
            #expect(payload["Records"]?.arrayValue?.count == 2)
            // AWS's API knows nothing of it, and takes nothing of it away.
            let shown = try caller.page("\(AWSCaller.mappingsPath)/\(mapping)")
            #expect(shown["DestinationConfig"] == ["OnFailure": ["Destination": .string(Self.queue)]])
            #expect(try caller.rest("DELETE", page).status == 200)
            try caller.awaitState("Enabled", of: mapping)
            try caller.putRecords(["c"], to: "clicks")
            try world.awaitHandled(3, by: "worker", log: daemon.log)
            #expect(try caller.page(page) == ["Destination": .null])
            #expect(try caller.keys(in: "reports").count == 1)
        }

        @Test(
            "Each success is told exactly once, whatever is killed meanwhile", .timeLimit(.minutes(3)),
            arguments: [1, 4])
        func successesKilled(lanes: Int64) throws {
            let world = try TestWorld()
            var (daemon, caller, mapping) = try Self.start(
                world, [("ParallelizationFactor", .number("\(lanes)"))])
            let page = "/_millrace/mappings/\(mapping)/on-success"
            #expect(try caller.rest("PUT", page, ["Destination": .string(Self.queue)]).status == 200)
            try caller.awaitState("Enabled", of: mapping)
            var numbers: [String] = []
            var told: [String] = []
            for part in 0..<4 {
                let records = (0..<60).map { (key: "k\($0 % 7)", text: "r\(part)-\($0)") }
                numbers += try caller.putRecords(records, to: "clicks")
                let wanted = part * 60 + 15
                try Waiting.until("some reports", detail: { daemon.log }) {
                    told += Self.starts(try Self.documents(caller))
                    return told.count >= wanted
                }
                try daemon.kill()
                daemon = try world.start()
                caller = try daemon.caller()
            }
            try Waiting.until("all reports", detail: { "\(told.count) \(daemon.log)" }) {
                told += Self.starts(try Self.documents(caller))
                return told.count >= numbers.count
            }
            #expect(Set(told) == Set(numbers))
            #expect(told.count == numbers.count)
        }

        @Test("A template asks for reports on successes in its metadata")
        func template() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
                Reports: {Type: AWS::SQS::Queue, Properties: {QueueName: reports}}
                Worker:
                  Type: AWS::Serverless::Function
                  Metadata: {Millrace: {OnSuccess: {In: !GetAtt Reports.Arn}}}
                  Properties:
                    FunctionName: worker
                    Events:
                      In:
                        Type: Kinesis
                        Properties: {Stream: !GetAtt Clicks.Arn, StartingPosition: TRIM_HORIZON}
                """)
            let daemon = try world.start()
            let caller = try daemon.caller()
            let numbers = try caller.putRecords(["a"], to: "clicks")
            var documents: [JSONValue] = []
            try Waiting.until("the report", detail: { daemon.log }) {
                documents += try Self.documents(caller)
                return !documents.isEmpty
            }
            #expect(Self.starts(documents) == numbers)
        }
    }
}

extension AWSCaller {
    /// A call of S3 that has to succeed; its body as text.
    func storage(_ method: String, _ path: String) throws -> String {
        let signature = "AWS4-HMAC-SHA256 Credential=test/20240703/us-east-1/s3/aws4_request"
        let response = try plain(method, path, [("Authorization", signature)])
        guard response.status < 300 else {
            throw HarnessError("\(method) \(path) answered \(response.status): \(response.text)")
        }
        return response.text
    }

    /// The keys of a bucket.
    func keys(in bucket: String) throws -> [String] {
        try storage("GET", "/\(bucket)?list-type=2").split(separator: "<Key>").dropFirst().compactMap {
            $0.split(separator: "</Key>").first.map(String.init)
        }
    }
}
