import ByteCoding
import Testing

extension EndToEnd {
    @Suite("Tumbling windows")
    struct WindowTests {
        private static func template(seconds: Int, _ settings: String = "BatchSize: 2") -> String {
            """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
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
                      TumblingWindowInSeconds: \(seconds)
                      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
                      \(settings)
            """
        }

        /// What the ends of windows had in their states, in order.
        private static func ends(_ world: TestWorld, kind: String = "end") -> [String] {
            world.ledger.texts(handledBy: "worker").filter { $0 == kind || $0.hasPrefix("\(kind) ") }
                .flatMap { $0.split(separator: " ").dropFirst().map(String.init) }
        }

        @Test("A state gathers its window's records, and its end has all of them, once")
        func gathers() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.template(seconds: 1))
            let daemon = try world.start()
            let caller = try daemon.caller()
            let texts = (1...5).map { "a\($0)" }
            try caller.putRecords(texts, to: "clicks")
            try Waiting.until("the window to end", detail: { daemon.log }) { Self.ends(world).count >= 5 }
            #expect(Self.ends(world) == texts)
            // The next window knows nothing of it.
            try caller.putRecords(["b1"], to: "clicks")
            try Waiting.until("the next window to end", detail: { daemon.log }) {
                Self.ends(world).count >= 6
            }
            #expect(Self.ends(world) == texts + ["b1"])
        }

        @Test("A kill keeps the state of the open window with the checkpoint")
        func kill() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.template(seconds: 4))
            let first = try world.start()
            try first.caller().putRecords(["a1", "a2", "a3"], to: "clicks")
            try world.awaitHandled(3, by: "worker", log: first.log)
            try first.kill()
            let second = try world.start()
            let caller = try second.caller()
            try caller.putRecords(["a4"], to: "clicks")
            try Waiting.until("the window to end", detail: { second.log }) { Self.ends(world).count >= 4 }
            #expect(Self.ends(world) == ["a1", "a2", "a3", "a4"])
        }

        @Test("A state over 1 MB ends its window early")
        func early() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.template(seconds: 900, "BatchSize: 1"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            try caller.putRecords(["a1", "big", "a3"], to: "clicks")
            try world.awaitHandled(4, by: "worker", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "worker") == ["a1", "big", "early a1 big", "a3"])
            #expect(Self.ends(world, kind: "early") == ["a1", "big"])
        }

        @Test("An end that fails is tried again and reported, and the next window begins")
        func failingEnd() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.template(seconds: 1, "MaximumRetryAttempts: 1"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            let begun = try caller.putRecords(["poison"], to: "clicks")
            #expect(begun.count == 1)
            var bodies: [String] = []
            try Waiting.until("the report", detail: { daemon.log }) {
                bodies += try caller.receive(from: "dead").compactMap { $0["Body"]?.stringValue }
                return !bodies.isEmpty
            }
            let report = try JSONValue(parsing: Array(bodies[0].utf8))
            #expect(report["requestContext"]?["approximateInvokeCount"]?.intValue == 2)
            let info = try #require(report["KinesisBatchInfo"]?.objectValue)
            #expect(info.members.map(\.key) == ["shardId", "streamArn"])
            #expect(report["timeWindowInfo"]?["isFinalInvokeForWindow"]?.boolValue == true)
            let failed = world.ledger.attempts(of: "worker").filter { $0.outcome == "failed" }
            #expect(failed.map(\.texts) == [["end poison"], ["end poison"]])
            #expect(Set(failed.map(\.requestID)).count == 1, "a retry keeps the request ID")
            try caller.putRecords(["b1"], to: "clicks")
            try Waiting.until("the next window to end", detail: { daemon.log }) { !Self.ends(world).isEmpty }
            #expect(Self.ends(world) == ["b1"])
        }
    }
}
