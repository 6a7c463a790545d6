import ByteCoding
import Glibc
import Synchronization

/// A daemon with lanes, a table's stream and dead letters that is killed and started again, while shards are split and
/// merged.
final class LaneCrashRun {
    static let stream = "clicks"
    static let table = "items"
    static let queue = "orders"
    static let deadLetters = "dead"
    static let reports = "reports"

    /// What clients were told; written by the threads that feed and watch.
    final class Promises: Sendable {
        struct Content {
            var records: Set<String> = []
            var items: Set<String> = []
            var messages: Set<String> = []
            var reshards = 0
            var watched = CrashRun.Promises.Content()
        }
        private let content = Mutex(Content())

        func note(_ change: (inout Content) -> Void) { content.withLock { change(&$0) } }
        var all: Content { content.withLock { $0 } }
    }

    let world: TestWorld
    let promises = Promises()
    private(set) var lives: [CrashRun.Life] = []
    private var random: SeededRandom

    init(seed: UInt64) throws {
        world = try TestWorld()
        random = SeededRandom(seed: seed)
        try world.writeTemplate(
            """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: \(Self.stream), ShardCount: 2}}
            Reports: {Type: AWS::SQS::Queue, Properties: {QueueName: \(Self.reports)}}
            ClickWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: click-worker
                Environment: {Variables: {REPORTS: '1'}}
                Events:
                  In:
                    Type: Kinesis
                    Properties:
                      Stream: !GetAtt Clicks.Arn
                      StartingPosition: TRIM_HORIZON
                      BatchSize: 10
                      ParallelizationFactor: 4
                      BisectBatchOnFunctionError: true
                      MaximumRetryAttempts: 0
                      FunctionResponseTypes: [ReportBatchItemFailures]
                      DestinationConfig: {OnFailure: {Destination: !GetAtt Reports.Arn}}
            Items:
              Type: AWS::DynamoDB::Table
              Properties:
                TableName: \(Self.table)
                BillingMode: PAY_PER_REQUEST
                AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
                KeySchema: [{AttributeName: id, KeyType: HASH}]
                StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
            ItemWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: item-worker
                Events:
                  In:
                    Type: DynamoDB
                    Properties:
                      Stream: !GetAtt Items.StreamArn
                      StartingPosition: TRIM_HORIZON
                      BatchSize: 10
                      ParallelizationFactor: 3
                      BisectBatchOnFunctionError: true
                      MaximumRetryAttempts: 0
                      DestinationConfig: {OnFailure: {Destination: !GetAtt Reports.Arn}}
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: \(Self.deadLetters)}}
            Orders:
              Type: AWS::SQS::Queue
              Properties:
                QueueName: \(Self.queue)
                VisibilityTimeout: 3
                RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
            OrderWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: order-worker
                Environment: {Variables: {REPORTS: '1'}}
                Events:
                  In:
                    Type: SQS
                    Properties: {Queue: !GetAtt Orders.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
            """)
    }
}

// MARK: - One life

extension LaneCrashRun {
    /// Starts the daemon, feeds it from three threads, watches its checkpoints, and kills it in the middle of that.
    func round(_ number: Int) throws {
        let ledgerEnd = Files.bytes(world.ledgerPath).count
        let daemon = try world.start(["--concurrency", "6"])
        noteLife(daemon.program)
        let threads = [
            try feedStream(daemon.address, round: number), try feedTable(daemon.address, round: number),
            try feedQueue(daemon.address, round: number), try watch(daemon.address),
        ]
        if number % 2 > 0 {
            try Waiting.until(
                "a delivery in round \(number)", detail: { daemon.log.suffix(4_000).description }
            ) {
                !Ledger(path: world.ledgerPath, from: ledgerEnd).entries.isEmpty
            }
        }
        usleep(UInt32.random(in: 20_000...500_000, using: &random))
        try daemon.kill()
        for thread in threads { try thread.join() }
    }

    private func noteLife(_ program: ChildProgram) {
        let checkpoints = promises.all.watched.checkpoints
        lives.append(CrashRun.Life(daemon: Int(program.identifier), checkpointsBefore: checkpoints))
    }

    /// One life without an end, in which everything has to be handled.
    func drain() throws -> DaemonUnderTest {
        let daemon = try world.start()
        noteLife(daemon.program)
        let promised = promises.all
        try Waiting.until(
            "everything to be handled",
            detail: {
                "\(missing(promised).prefix(10)) are missing. \(daemon.log.suffix(4_000))"
            }
        ) {
            usleep(100_000)
            return missing(promised).isEmpty
        }
        return daemon
    }

    /// What was acknowledged, is no poison and was not handled.
    private func missing(_ promised: Promises.Content) -> [String] {
        let ledger = world.ledger
        let good = { (names: Set<String>) -> Set<String> in names.filter { !$0.contains("poison") } }
        let changes = ledger.texts(handledBy: "item-worker").map { $0.split(separator: " ").last ?? "" }
        return good(promised.records).subtracting(ledger.texts(handledBy: "click-worker"))
            .union(good(promised.items).subtracting(changes.map(String.init)))
            .union(good(promised.messages).subtracting(ledger.texts(handledBy: "order-worker"))).sorted()
    }
}

// MARK: - Feeding and watching

extension LaneCrashRun {
    private static let callsPerLife = 120

    private func feedStream(_ address: String, round: Int) throws -> BackgroundThread {
        let seed = random.next()
        return try BackgroundThread { [promises] in
            var dice = SeededRandom(seed: seed)
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            for call in 0..<Self.callsPerLife {
                let records = (0..<4).map { index in
                    let key = "key-\(call % 5)-\(index)"
                    let suffix = call % 20 == 9 && index == 3 ? "-poison" : ""
                    return (key: key, text: "\(key) r-\(round)-\(call)\(suffix)")
                }
                // The daemon was killed in the middle of the call, so nothing was promised.
                guard (try? caller.putRecords(records, to: Self.stream)) != nil else { return }
                promises.note { $0.records.formUnion(records.map(\.text)) }
                // As above; a reshard whose answer is lost may have happened.
                guard call == 30, let done = try? Self.reshard(caller, &dice) else { continue }
                promises.note { $0.reshards += done ? 1 : 0 }
            }
        }
    }

    /// Splits an open shard or merges two neighbours.
    private static func reshard(_ caller: AWSCaller, _ dice: inout SeededRandom) throws -> Bool {
        let listed = try caller.call("Kinesis_20131202.ListShards", ["StreamName": .string(stream)])
        let open = (listed["Shards"]?.arrayValue ?? []).filter {
            $0["SequenceNumberRange"]?["EndingSequenceNumber"] == nil
        }.sorted { hashKey($0, "StartingHashKey") < hashKey($1, "StartingHashKey") }
        let place = Int.random(in: 0..<open.count, using: &dice)
        let name = open[place]["ShardId"] ?? .null
        if open.count < 4 || place + 1 == open.count {
            let first = hashKey(open[place], "StartingHashKey")
            let middle = first + (hashKey(open[place], "EndingHashKey") - first) / 2 + 1
            return try caller.answer(
                "Kinesis_20131202.SplitShard",
                [
                    "StreamName": .string(stream), "ShardToSplit": name,
                    "NewStartingHashKey": .string("\(middle)"),
                ]
            ).status == 200
        }
        return try caller.answer(
            "Kinesis_20131202.MergeShards",
            [
                "StreamName": .string(stream), "ShardToMerge": name,
                "AdjacentShardToMerge": open[place + 1]["ShardId"] ?? .null,
            ]
        ).status == 200
    }

    private static func hashKey(_ shard: JSONValue, _ member: String) -> UInt128 {
        shard["HashKeyRange"]?[member]?.stringValue.flatMap { UInt128($0) } ?? 0
    }

    private func feedTable(_ address: String, round: Int) throws -> BackgroundThread {
        try BackgroundThread { [promises] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            for call in 0..<Self.callsPerLife {
                // Poison is an item of its own; the others change again and again.
                let id = call % 25 == 13 ? "item-poison-\(round)-\(call)" : "item-\(call % 9)"
                let item: JSONValue = [
                    "id": ["S": .string(id)], "n": ["N": .string("\(round * 1_000 + call)")],
                ]
                let body: JSONValue = ["TableName": .string(Self.table), "Item": item]
                // As above: no answer, no promise.
                guard (try? caller.call("DynamoDB_20120810.PutItem", body)) != nil else { return }
                promises.note { _ = $0.items.insert(id) }
            }
        }
    }

    private func feedQueue(_ address: String, round: Int) throws -> BackgroundThread {
        try BackgroundThread { [promises] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            for call in 0..<Self.callsPerLife / 4 {
                let bodies = (0..<3).map {
                    "m-\(round)-\(call)-\($0)\(call == 7 && $0 == 1 ? "-poison" : "")"
                }
                // As above: no answer, no promise.
                guard (try? caller.sendMessages(bodies, to: Self.queue)) != nil else { return }
                promises.note { $0.messages.formUnion(bodies) }
            }
        }
    }

    private func watch(_ address: String) throws -> BackgroundThread {
        try BackgroundThread { [promises] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            // Ends with the daemon, when there is nothing more to see.
            while let seen = try? caller.checkpoints() {
                promises.note { $0.watched.observe(seen) }
                usleep(3_000)
            }
        }
    }
}
