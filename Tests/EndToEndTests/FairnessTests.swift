import ByteCoding
import Testing

extension EndToEnd {
    /// Counts and orders, no lengths of time: who was served how often before whom.
    @Suite("Fairness")
    struct FairnessTests {
        private static let shards = 100
        private static let rounds = 8

        private static func template(_ environment: String) -> String {
            """
            Worker:
              Type: AWS::Serverless::Function
              Properties: {FunctionName: worker, Timeout: 60, Environment: {Variables: {\(environment)}}}
            """
        }

        /// A hash key for each shard, in the middle of its range.
        private static func hashKeys() -> [String] {
            let width = UInt128.max / UInt128(shards)
            return (0..<shards).map { "\(UInt128($0) * width + width / 2)" }
        }

        /// Waiting records, as many for each shard, then a mapping with one record a batch.
        private static func load(_ caller: AWSCaller, poisoned: Int?) throws {
            try caller.call(
                "Kinesis_20131202.CreateStream",
                ["StreamName": "wide", "ShardCount": .number("\(shards)")])
            let keys = hashKeys()
            for round in 0..<rounds {
                let entries: [JSONValue] = keys.enumerated().map { shard, hash in
                    let text = shard == poisoned && round == 0 ? "poison" : "\(shard)-\(round)"
                    return [
                        "PartitionKey": "k", "ExplicitHashKey": .string(hash),
                        "Data": .string(Base64.encode(Array(text.utf8))),
                    ]
                }
                try caller.call(
                    "Kinesis_20131202.PutRecords", ["StreamName": "wide", "Records": .array(entries)])
            }
            _ = try caller.createMapping([
                "FunctionName": "worker", "StartingPosition": "TRIM_HORIZON", "BatchSize": 1,
                "EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/wide",
            ])
        }

        /// The most by which one shard was ahead of another that still had to go on, and how often each was served.
        private static func lead(_ entries: [Ledger.Entry]) -> (most: Int, counts: [String: Int]) {
            var counts: [String: Int] = [:]
            for shard in Set(entries.map(\.shard)) { counts[shard] = 0 }
            var most = 0
            for entry in entries {
                counts[entry.shard, default: 0] += 1
                guard let last = counts.values.min() else { continue }
                most = max(most, counts[entry.shard, default: 0] - last)
            }
            return (most, counts)
        }

        @Test("Ninety-nine shards go on as if the hundredth were not poisoned, endlessly retried and slow")
        func poisonedShard() throws {
            var leads: [Int] = []
            for poisoned in [nil, 50] {
                let world = try TestWorld()
                try world.writeTemplate(Self.template("POISON_SECONDS: '0.5'"))
                let daemon = try world.start(["--concurrency", "4"])
                let caller = try daemon.caller()
                try Self.load(caller, poisoned: poisoned)
                let healthy = poisoned == nil ? Self.shards : Self.shards - 1
                try world.awaitHandled(healthy * Self.rounds, by: "worker", log: daemon.log)
                let (most, counts) = Self.lead(world.ledger.handled(by: "worker"))
                #expect(counts.count == healthy && counts.values.allSatisfy { $0 == Self.rounds })
                leads.append(most)
                guard poisoned != nil else { continue }
                // One attempt at a time, and not a record behind the poison.
                let attempts = world.ledger.entries.filter { $0.text == "poison" }
                #expect(!attempts.isEmpty)
                let pairs = zip(attempts, attempts.dropFirst())
                #expect(pairs.allSatisfy { $0.outcome != $1.outcome })
                try daemon.kill()
            }
            // Shards take turns with and without poison: none is two ahead of one that waits, but for those whose start
            // or commit is on its way.
            #expect(leads.allSatisfy { $0 <= 3 }, "\(leads)")
        }

        @Test("A slow shard with many lanes has one permit while others wait, and all when none does")
        func slowLanes() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Slow: {Type: AWS::Kinesis::Stream, Properties: {Name: slow, ShardCount: 1}}
                SlowWorker:
                  Type: AWS::Serverless::Function
                  Properties:
                    FunctionName: slow-worker
                    Environment: {Variables: {SECONDS: '0.2'}}
                    Events:
                      In:
                        Type: Kinesis
                        Properties:
                          Stream: !GetAtt Slow.Arn
                          StartingPosition: TRIM_HORIZON
                          BatchSize: 1
                          ParallelizationFactor: 10
                \(Self.template(""))
                """)
            let daemon = try world.start(["--concurrency", "4"])
            let caller = try daemon.caller()
            // Its handler shall be there when the others come.
            try caller.putRecords(["slow-first"], to: "slow")
            try world.awaitHandled(1, by: "slow-worker", log: daemon.log)
            try Self.load(caller, poisoned: nil)
            try caller.putRecords((0..<200).map { (key: "key-\($0)", text: "slow-\($0)") }, to: "slow")
            try world.awaitHandled(Self.shards * Self.rounds, by: "worker", log: daemon.log)
            // When the others are done, it may have all permits.
            let done = world.ledger.entries.count
            try Waiting.until("the slow shard to use every permit") {
                Self.inFlight(world.ledger.entries[...]) == 4
            }
            let contended = world.ledger.entries.prefix(done)
            let served = contended.filter { $0.function == "worker" }.count
            // As long as at least a dozen shards have something to do, four permits always have somebody waiting.
            let busyEnd =
                contended.lastIndex { entry in
                    entry.function == "worker" && entry.text.hasSuffix("-\(Self.rounds - 3)")
                } ?? 0
            var most = 0
            var slow = 0
            for entry in contended.prefix(busyEnd)
            where entry.function == "slow-worker" && entry.text != "slow-first" {
                slow += entry.outcome == "started" ? 1 : -1
                most = max(most, slow)
            }
            #expect(served == Self.shards * Self.rounds)
            // What it takes before others wait it keeps until it is done with it; here they came first.
            #expect(most == 1)
            try daemon.kill()
        }

        private static func inFlight(_ entries: ArraySlice<Ledger.Entry>) -> Int {
            let slow = entries.filter { $0.function == "slow-worker" }
            return slow.count { $0.outcome == "started" } - slow.count { $0.outcome == "handled" }
        }
    }
}
