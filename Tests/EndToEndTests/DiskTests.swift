import ByteCoding
import Glibc
import Testing

extension EndToEnd {
    @Suite(
        "A disk that takes no more",
        .enabled(if: SmallDisk.isPossible, "needs a root that may mount a tmpfs"))
    struct DiskTests {
        private static let resources = """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
            Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
            Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: worker
                Events:
                  In:
                    Type: Kinesis
                    Properties: {Stream: !GetAtt Clicks.Arn, StartingPosition: TRIM_HORIZON}
            """

        private static func put(_ text: String, _ caller: AWSCaller) throws -> AWSCaller.Answer {
            try caller.answer(
                "Kinesis_20131202.PutRecord",
                [
                    "StreamName": "clicks", "PartitionKey": "k",
                    "Data": .string(Base64.encode(Array(text.utf8))),
                ])
        }

        /// Puts records until one is refused. Returns those that were taken, and the refusal.
        private static func putUntilRefused(
            _ caller: AWSCaller
        ) throws -> (taken: [String], refusal: AWSCaller.Answer) {
            var taken: [String] = []
            while taken.count < 10_000 {
                // Large enough to need a page of its own soon.
                let text = "click-\(taken.count)-" + String(repeating: "x", count: 2_000)
                let answer = try put(text, caller)
                guard answer.status == 200 else { return (taken, answer) }
                taken.append(text)
            }
            throw HarnessError("the full disk took \(taken.count) records")
        }

        @Test("Full, it refuses what it cannot keep, keeps what it took, and goes on once there is space")
        func full() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let disk = try SmallDisk(world.dataPath, megabytes: 32)
            let daemon = try world.start(durability: "full")
            let caller = try daemon.caller()
            try caller.putRecords(["first"], to: "clicks")
            try world.awaitHandled(1, by: "worker", log: daemon.log)
            try disk.fill()

            let (taken, refusal) = try Self.putUntilRefused(caller)
            #expect(refusal.status == 500)
            #expect(refusal.body["__type"]?.stringValue != nil)
            let words = refusal.body["message"]?.stringValue ?? refusal.body["Message"]?.stringValue ?? ""
            #expect(words.contains("disk is full"), "\(refusal.body.text)")
            let message = try caller.answer(
                "AmazonSQS.SendMessage", ["QueueUrl": caller.queueURL("orders"), "MessageBody": "m"])
            #expect((500...503).contains(message.status), "\(message.body.text)")
            #expect(message.body.text.contains("disk is full"), "\(message.body.text)")
            #expect(try caller.records(of: "clicks").map(\.text) == ["first"] + taken, "reads go on")
            #expect(try caller.text("/healthz").status == 200)

            disk.free()
            try Waiting.until("writes to be taken again") { try Self.put("after", caller).status == 200 }
            let expected = ["first"] + taken + ["after"]
            try Waiting.until("all to be handled", detail: { daemon.log.suffix(4_000).description }) {
                Set(world.ledger.texts(handledBy: "worker")) == Set(expected)
            }
            #expect(try caller.counts(of: "orders") == [0, 0, 0], "the refused message is not there")
            let last = try #require(try caller.records(of: "clicks").last)
            try Waiting.until("the checkpoint to follow") {
                try caller.checkpoints()["shardId-000000000000"] == last.sequenceNumber
            }
            try daemon.kill()
            let next = try world.start()
            #expect(try next.caller().records(of: "clicks").map(\.text) == expected)
            let handled = world.ledger.handled(by: "worker").map { SequenceOrder(text: $0.id) }
            #expect(handled == handled.sorted(), "never backwards, not even while nothing could be settled")
        }

        @Test("Full, it loses no report on its way to a bucket, and leaves no half of an object")
        func reports() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
                Reports: {Type: AWS::S3::Bucket, Properties: {BucketName: reports}}
                Worker:
                  Type: AWS::Serverless::Function
                  Properties:
                    FunctionName: worker
                    Environment: {Variables: {SECONDS: "1"}}
                    Events:
                      In:
                        Type: Kinesis
                        Properties:
                          Stream: !GetAtt Clicks.Arn
                          StartingPosition: TRIM_HORIZON
                          MaximumRetryAttempts: 0
                          DestinationConfig: {OnFailure: {Destination: !GetAtt Reports.Arn}}
                """)
            let disk = try SmallDisk(world.dataPath, megabytes: 32)
            let daemon = try world.start(durability: "full")
            let caller = try daemon.caller()
            // The disk fills up while the function is at work on it.
            let text = "poison" + String(repeating: "x", count: 500_000)
            let number = try caller.putRecords([text], to: "clicks")[0]
            try Waiting.until("the function to begin") { !world.ledger.entries.isEmpty }
            try disk.fill()
            try Waiting.until("a settlement to fail", detail: { daemon.log }) {
                daemon.log.contains("settlement failed")
            }
            #expect(try caller.keys(in: "reports").isEmpty)
            disk.free()
            try Waiting.until("the report", detail: { daemon.log }) {
                try !caller.keys(in: "reports").isEmpty
            }
            let keys = try caller.keys(in: "reports")
            #expect(keys.count == 1)
            let report = try caller.storage("GET", "/reports/\(keys.first ?? "")")
            #expect(report.contains(number))
            try daemon.expectGracefulEnd()
            let folders = Files.names(in: "\(world.dataPath)/objects")
            #expect(folders.flatMap { Files.names(in: "\(world.dataPath)/objects/\($0)") }.count == 1)
        }

        @Test("Read-only, it is refused with the reason, and is as it was afterwards")
        func readOnly() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.resources)
            let disk = try SmallDisk(world.dataPath, megabytes: 32)
            let daemon = try world.start()
            try daemon.caller().putRecords(["first"], to: "clicks")
            try world.awaitHandled(1, by: "worker", log: daemon.log)
            try daemon.expectGracefulEnd()

            try disk.setReadOnly(true)
            let (ending, message) = try world.binary.refusal(["--data", world.dataPath])
            #expect(ending == .code(1))
            #expect(message.contains(world.dataPath), "\(message)")
            #expect(message.contains("cannot be written"), "\(message)")
            try disk.setReadOnly(false)
            let next = try world.start(template: false)
            #expect(try next.caller().records(of: "clicks").map(\.text) == ["first"])
        }
    }
}
