import ByteCoding
import Glibc
import Synchronization
import Testing

extension EndToEnd {
    @Suite("Streams that are resharded while they are read")
    struct ReshardTests {
        private static func template(_ settings: String, shards: Int = 1, environment: String = "") -> String
        {
            """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: \(shards)}}
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
                      \(settings)
            """
        }

        private static func shard(_ number: Int) -> String {
            let digits = String(number)
            return "shardId-" + String(repeating: "0", count: 12 - digits.count) + digits
        }

        private static func split(_ caller: AWSCaller, _ number: Int, at hashKey: UInt128) throws {
            try caller.call(
                "Kinesis_20131202.SplitShard",
                [
                    "StreamName": "clicks", "ShardToSplit": .string(shard(number)),
                    "NewStartingHashKey": .string("\(hashKey)"),
                ])
        }

        private static func scale(_ caller: AWSCaller, to count: Int) throws {
            try caller.call(
                "Kinesis_20131202.UpdateShardCount",
                [
                    "StreamName": "clicks", "TargetShardCount": .number("\(count)"),
                    "ScalingType": "UNIFORM_SCALING",
                ])
        }

        /// Shards of the mapping that wait for parents, and for which.
        private static func inLine(_ caller: AWSCaller) throws -> [String: [String]] {
            var found: [String: [String]] = [:]
            for mapping in try caller.page("/_millrace/lag")["mappings"]?.arrayValue ?? [] {
                for shard in mapping["shards"]?.arrayValue ?? [] {
                    let parents = (shard["waitsForShards"]?.arrayValue ?? []).compactMap(\.stringValue)
                    if !parents.isEmpty { found[shard["shard"]?.stringValue ?? ""] = parents }
                }
            }
            return found
        }

        @Test("Each key's records arrive in order through splits, merges and kills, and none is lost")
        func ordered() throws {
            let run = try ReshardRun(
                Self.template("BatchSize: 7\n          ParallelizationFactor: 2", shards: 2))
            for life in 0..<3 {
                let daemon = try run.world.start()
                run.lives.append(Int(daemon.program.identifier))
                let caller = try daemon.caller()
                let feeder = try run.feed(daemon.address)
                for count in life == 1 ? [3, 6, 4] : [4, 5, 3, 2] {
                    usleep(60_000)
                    try Self.scale(caller, to: count)
                }
                usleep(40_000)
                if life < 2 {
                    try daemon.kill()
                    try feeder.join()
                } else {
                    run.shared.isOver.withLock { $0 = true }
                    try feeder.join()
                    try run.awaitEverything(daemon)
                    #expect(try Self.inLine(caller).isEmpty)
                    try daemon.expectGracefulEnd()
                }
            }
            #expect(run.violations().prefix(10) == [])
            #expect(run.shared.acknowledged.withLock { $0.count } > 200)
        }

        @Test("A child waits until its parent is settled, and whoever asks is told so")
        func waits() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.template("BatchSize: 1"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            try caller.putRecords(["poison"], to: "clicks")
            try Self.split(caller, 0, at: 1 << 127)
            try caller.putRecords((0..<6).map { (key: "k\($0)", text: "after \($0)") }, to: "clicks")
            try Waiting.until("the children to wait") {
                try Self.inLine(caller) == [Self.shard(1): [Self.shard(0)], Self.shard(2): [Self.shard(0)]]
            }
            try Waiting.until("a few attempts") {
                world.ledger.attempts(of: "worker").count { $0.outcome == "failed" } > 2
            }
            #expect(world.ledger.handled(by: "worker").isEmpty)
            let id = try caller.mappingID(of: "worker")
            // Without retries the poison is given up, and that ends the parent.
            let answer = try caller.rest(
                "PUT", "\(AWSCaller.mappingsPath)/\(id)", ["MaximumRetryAttempts": 0])
            #expect(answer.status == 202)
            try world.awaitHandled(6, by: "worker", log: daemon.log)
            #expect(Set(world.ledger.texts(handledBy: "worker")) == Set((0..<6).map { "after \($0)" }))
            #expect(try Self.inLine(caller).isEmpty)
            let decisions = try caller.page("/_millrace/decisions?mapping=\(id)&limit=100")
            let ends = (decisions["decisions"]?.arrayValue ?? []).filter {
                $0["kind"]?.stringValue == "shard ended"
            }
            #expect(ends.count == 1)
            #expect(ends.first?["text"]?.stringValue?.contains("\(Self.shard(1)), \(Self.shard(2))") == true)
            // Nobody begins again with what has ended.
            try daemon.expectGracefulEnd()
            let next = try world.start()
            try next.caller().putRecords(["last"], to: "clicks")
            try world.awaitHandled(7, by: "worker", log: next.log)
            #expect(world.ledger.texts(handledBy: "worker").last == "last")
        }

        @Test("The window that is open when its shard ends is ended, and the child begins with nothing")
        func windows() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.template("TumblingWindowInSeconds: 900"))
            let daemon = try world.start()
            let caller = try daemon.caller()
            try caller.putRecords(["a1", "a2"], to: "clicks")
            try world.awaitHandled(2, by: "worker", log: daemon.log)
            // The key's hash is above; the left child stays empty and ends without a window.
            try Self.split(caller, 0, at: 2)
            try caller.putRecords(["b1"], to: "clicks")
            try world.awaitHandled(4, by: "worker", log: daemon.log)
            try Self.split(caller, 2, at: 4)
            try world.awaitHandled(5, by: "worker", log: daemon.log)
            let texts = world.ledger.texts(handledBy: "worker")
            #expect(texts.filter { $0.hasPrefix("end") } == ["end a1 a2", "end b1"])
            let first = try #require(texts.firstIndex(of: "end a1 a2"))
            #expect(first < texts.firstIndex(of: "b1") ?? 0)
        }

        @Test(
            "A table's stream rolls over under its mapping, and a disabled one is read to its end",
            .timeLimit(.minutes(2)))
        func tables() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Items:
                  Type: AWS::DynamoDB::Table
                  Properties:
                    TableName: items
                    BillingMode: PAY_PER_REQUEST
                    AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
                    KeySchema: [{AttributeName: id, KeyType: HASH}]
                    StreamSpecification: {StreamViewType: NEW_IMAGE}
                Worker:
                  Type: AWS::Serverless::Function
                  Properties:
                    FunctionName: worker
                    Events:
                      In:
                        Type: DynamoDB
                        Properties: {Stream: !GetAtt Items.StreamArn, StartingPosition: TRIM_HORIZON}
                """)
            let daemon = try world.start(["--table-shard-lifetime", "1s"])
            let caller = try daemon.caller()
            func put(_ id: String) throws {
                try caller.call(
                    "DynamoDB_20120810.PutItem",
                    ["TableName": "items", "Item": ["id": ["S": .string(id)]]])
            }
            let table = try caller.call("DynamoDB_20120810.DescribeTable", ["TableName": "items"])
            let arn = try #require(table["Table"]?["LatestStreamArn"])
            func shards() throws -> [JSONValue] {
                let answer = try caller.call("DynamoDBStreams_20120810.DescribeStream", ["StreamArn": arn])
                return answer["StreamDescription"]?["Shards"]?.arrayValue ?? []
            }
            try put("a")
            try Waiting.until("the stream to roll over", within: .seconds(40)) { try shards().count == 2 }
            #expect(try shards()[1]["ParentShardId"] == shards()[0]["ShardId"])
            let children = try caller.call(
                "DynamoDBStreams_20120810.DescribeStream",
                [
                    "StreamArn": arn,
                    "ShardFilter": ["Type": "CHILD_SHARDS", "ShardId": try #require(shards()[0]["ShardId"])],
                ])
            #expect(children["StreamDescription"]?["Shards"]?.arrayValue?.count == 1)
            try put("b")
            try world.awaitHandled(2, by: "worker", log: daemon.log)
            let id = try caller.mappingID(of: "worker")
            for isEnabled in [false, true] {
                if isEnabled {
                    try put("c")
                    try caller.call(
                        "DynamoDB_20120810.UpdateTable",
                        ["TableName": "items", "StreamSpecification": ["StreamEnabled": false]])
                }
                let answer = try caller.rest(
                    "PUT", "\(AWSCaller.mappingsPath)/\(id)", ["Enabled": .bool(isEnabled)])
                #expect(answer.status == 202)
                try caller.awaitState(isEnabled ? "Enabled" : "Disabled", of: id)
            }
            try world.awaitHandled(3, by: "worker", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "worker") == ["INSERT a", "INSERT b", "INSERT c"])
            try Waiting.until("the mapping to say that nothing comes any more") {
                let lag = try caller.page("/_millrace/lag?mapping=\(id)")["mappings"]?.arrayValue?.first
                return lag?["waitsFor"]?.stringValue == "nothing: all shards have ended"
            }
        }

        @Test("A template reshards a stream that nobody has resharded, and leaves the others alone")
        func templates() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.template("BatchSize: 1", shards: 2))
            let first = try world.start()
            try first.caller().putRecords((0..<4).map { (key: "\($0)", text: "a\($0)") }, to: "clicks")
            try world.awaitHandled(4, by: "worker", log: first.log)
            try first.expectGracefulEnd()
            try world.writeTemplate(Self.template("BatchSize: 1", shards: 3))
            let second = try world.start()
            #expect(try second.caller().shardIDs(of: "clicks").count == 7)
            try second.caller().putRecords((0..<4).map { (key: "\($0)", text: "b\($0)") }, to: "clicks")
            try world.awaitHandled(8, by: "worker", log: second.log)
            try second.expectGracefulEnd()
            try world.writeTemplate(Self.template("BatchSize: 1", shards: 5))
            let third = try world.start()
            #expect(try third.caller().shardIDs(of: "clicks").count == 7)
        }

        @Test("LATEST begins at the tip of open shards; shards that come later are read from their beginning")
        func latest() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
                Worker: {Type: AWS::Serverless::Function, Properties: {FunctionName: worker}}
                """)
            let daemon = try world.start()
            let caller = try daemon.caller()
            try caller.putRecords(["old"], to: "clicks")
            try Self.split(caller, 0, at: 2)
            try caller.putRecords(["also old"], to: "clicks")
            let created = try caller.createMapping([
                "FunctionName": "worker", "StartingPosition": "LATEST",
                "EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/clicks",
            ])
            let id = try #require(created["UUID"]?.stringValue)
            try caller.awaitState("Enabled", of: id)
            #expect(
                try caller.rest("PUT", "\(AWSCaller.mappingsPath)/\(id)", ["Enabled": false]).status == 202)
            try caller.awaitState("Disabled", of: id)
            // Nobody looks while the shard comes, is written to and closes again.
            try caller.putRecords(["new"], to: "clicks")
            try Self.split(caller, 2, at: 4)
            try caller.putRecords(["newer"], to: "clicks")
            try Self.split(caller, 4, at: 8)
            try caller.putRecords(["newest"], to: "clicks")
            #expect(
                try caller.rest("PUT", "\(AWSCaller.mappingsPath)/\(id)", ["Enabled": true]).status == 202)
            try world.awaitHandled(3, by: "worker", log: daemon.log)
            #expect(world.ledger.texts(handledBy: "worker") == ["new", "newer", "newest"])
        }
    }
}

/// A stream whose keys count upwards, over several lives of the daemon.
private final class ReshardRun {
    private static let keys = 12

    /// What the feeding threads share with the test.
    final class Shared: Sendable {
        let acknowledged = Mutex<Set<String>>([])
        let isOver = Mutex(false)
        let next = Mutex(1)
    }

    let world: TestWorld
    let shared = Shared()
    var lives: [Int] = []

    init(_ template: String) throws {
        world = try TestWorld()
        try world.writeTemplate(template)
    }

    /// One record of each key a call, until the daemon is gone or the run is over.
    func feed(_ address: String) throws -> BackgroundThread {
        try BackgroundThread { [shared] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            while !shared.isOver.withLock({ $0 }) {
                let number = shared.next.withLock { number in
                    number += 1
                    return number - 1
                }
                let records = (0..<Self.keys).map { (key: "key-\($0)", text: "key-\($0) \(number)") }
                // The daemon was killed in the middle of the call: nothing was promised, and it is not repeated.
                guard (try? caller.putRecords(records, to: "clicks")) != nil else { return }
                shared.acknowledged.withLock { $0.formUnion(records.map(\.text)) }
                usleep(2_000)
            }
        }
    }

    func awaitEverything(_ daemon: DaemonUnderTest) throws {
        let all = shared.acknowledged.withLock { $0 }
        try Waiting.until(
            "everything to be handled",
            detail: {
                let lost = all.subtracting(world.ledger.texts(handledBy: "worker"))
                return "\(lost.count) missing, \(lost.sorted().prefix(5)). \(daemon.log.suffix(3_000))"
            }
        ) {
            usleep(50_000)
            return all.isSubset(of: world.ledger.texts(handledBy: "worker"))
        }
    }

    /// Within a life a key's numbers rise; a new life goes back to what was not settled, but leaves nothing out.
    func violations() -> [String] {
        var found: [String] = []
        let entries = world.ledger.handled(by: "worker")
        var seen: [Substring: Set<Int>] = [:]
        for life in lives {
            var last: [Substring: Int] = [:]
            for entry in entries where entry.daemon == life {
                let parts = entry.text.split(separator: " ")
                guard parts.count == 2, let number = Int(parts[1]) else { continue }
                if let before = last[parts[0]], number <= before {
                    found.append("life \(life): \(entry.text) after \(before)")
                }
                last[parts[0]] = number
                let earlier = seen[parts[0], default: []]
                let skipped = shared.acknowledged.withLock { all in
                    (1..<number).contains { !earlier.contains($0) && all.contains("\(parts[0]) \($0)") }
                }
                if skipped { found.append("life \(life): \(entry.text) before an earlier one") }
                seen[parts[0], default: []].insert(number)
            }
        }
        return found
    }
}
