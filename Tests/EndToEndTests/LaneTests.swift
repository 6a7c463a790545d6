import ByteCoding
import MappingCore
import Testing

extension EndToEnd {
    @Suite("Lanes")
    struct LaneTests {
        private static let factor = 3

        private static func template(_ settings: String, environment: String) -> String {
            """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
            Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: worker
                Environment: {Variables: {\(environment)}}
                Events:
                  In:
                    Type: Kinesis
                    Properties:
                      Stream: !GetAtt Clicks.Arn
                      StartingPosition: TRIM_HORIZON
                      ParallelizationFactor: \(factor)
                      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
                      \(settings)
            """
        }

        /// A key for each lane.
        private static func keys() -> [String] {
            var keys: [Int: String] = [:]
            var number = 0
            while keys.count < factor {
                let key = "user-\(number)"
                let lane = LaneHash.lane(of: Array(key.utf8).span, lanes: factor)
                keys[lane] = keys[lane] ?? key
                number += 1
            }
            return keys.values.sorted()
        }

        /// The texts that were handled, key by key; each begins with its key.
        private static func handled(_ world: TestWorld) -> [Substring: [String]] {
            Dictionary(grouping: world.ledger.texts(handledBy: "worker")) { $0.prefix { $0 != " " } }
        }

        @Test("A poisoned key stops its lane alone; another factor and an end to retries repeat nothing")
        func poison() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.template("BatchSize: 2", environment: ""))
            let daemon = try world.start()
            let caller = try daemon.caller()
            let keys = Self.keys()
            let texts = (1...5).flatMap { round in
                keys.map { key in
                    let text = round == 2 && key == keys[0] ? "poison" : "\(round)"
                    return (key: key, text: "\(key) \(text)")
                }
            }
            let numbers = try caller.putRecords(texts, to: "clicks")
            try world.awaitHandled(10, by: "worker", log: daemon.log)
            for key in keys.dropFirst() {
                #expect(Self.handled(world)[key[...]] == (1...5).map { "\(key) \($0)" })
            }
            // The first batch of the poisoned lane holds its record 1, which fails with the poison.
            #expect(Self.handled(world)[keys[0][...]] == nil)
            let id = try caller.mappingID(of: "worker")
            #expect(try caller.checkpoints(of: id) == [:])

            let answer = try caller.rest(
                "PUT", "\(AWSCaller.mappingsPath)/\(id)",
                ["ParallelizationFactor": 2, "MaximumRetryAttempts": 0, "BisectBatchOnFunctionError": true])
            #expect(answer.status == 202)
            #expect(answer.body["ParallelizationFactor"]?.intValue == 2)
            try world.awaitHandled(14, by: "worker", log: daemon.log)
            try Waiting.until("the checkpoint to be at the end") {
                try caller.checkpoints(of: id)["shardId-000000000000"] == numbers.last
            }
            #expect(Self.handled(world)[keys[0][...]] == [1, 3, 4, 5].map { "\(keys[0]) \($0)" })
            let all = world.ledger.texts(handledBy: "worker")
            #expect(Set(all).count == all.count, "a stop stores what is done above the checkpoint")
            var reports: [JSONValue] = []
            try Waiting.until("the report") {
                reports += try caller.receive(from: "dead")
                return !reports.isEmpty
            }
            let report = try JSONValue(parsing: Array(try #require(reports[0]["Body"]?.stringValue).utf8))
            let info = report["KinesisBatchInfo"]
            #expect(info?["startSequenceNumber"]?.stringValue == numbers[3])
            #expect(info?["endSequenceNumber"]?.stringValue == numbers[3])
            #expect(info?["batchSize"]?.intValue == 1)
        }

        @Test("One shard keeps as many handlers busy as there are lanes, and partial answers count by lane")
        func concurrency() throws {
            let world = try TestWorld()
            let settings =
                "FunctionResponseTypes: [ReportBatchItemFailures]\n          MaximumRetryAttempts: 0"
            try world.writeTemplate(Self.template(settings, environment: "SECONDS: '0.4', REPORTS: '1'"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            let keys = Self.keys()
            let texts = (1...4).flatMap { round in
                keys.map { (key: $0, text: "\($0) \(round == 3 ? "poison" : "\(round)")") }
            }
            try caller.putRecords(texts, to: "clicks")
            try world.awaitHandled(6, by: "worker", log: daemon.log)
            // A partial answer settles what comes before the poison; what is left is given up as one batch.
            for key in keys { #expect(Self.handled(world)[key[...]] == ["\(key) 1", "\(key) 2"]) }
            #expect(Set(world.ledger.entries.map(\.handler)).count == Self.factor)
            var sizes: [Int?] = []
            try Waiting.until("a report from each lane") {
                for message in try caller.receive(from: "dead") {
                    let report = try JSONValue(parsing: Array((message["Body"]?.stringValue ?? "").utf8))
                    sizes.append(report["KinesisBatchInfo"]?["batchSize"]?.intValue)
                }
                return sizes.count >= Self.factor
            }
            #expect(sizes == [2, 2, 2])
        }
    }
}
