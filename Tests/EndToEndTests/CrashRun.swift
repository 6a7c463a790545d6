import ByteCoding
import Glibc
import Synchronization

/// One daemon directory that is killed and started again, and all that was promised about it meanwhile.
final class CrashRun {
    static let stream = "clicks"
    static let queue = "orders"
    /// Where poison records are reported.
    static let reports = "reports"

    /// What clients were told; written by the threads that feed and watch.
    final class Promises: Sendable {
        struct Content {
            var records: Set<String> = []
            var messages: Set<String> = []
            /// Per shard, the highest checkpoint that was shown.
            var checkpoints: [String: SequenceOrder] = [:]
            /// How often one was seen that was new.
            var sightings = 0
            var violations: [String] = []
        }
        let content = Mutex(Content())
    }

    /// One life of the daemon: its process and what had been promised before it began.
    struct Life {
        let daemon: Int
        let checkpointsBefore: [String: SequenceOrder]
    }

    let world: TestWorld
    let promises = Promises()
    private(set) var lives: [Life] = []
    private var random: SeededRandom

    init(seed: UInt64) throws {
        world = try TestWorld()
        random = SeededRandom(seed: seed)
        try world.writeTemplate(
            """
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: \(Self.stream), ShardCount: 2}}
            Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: \(Self.queue)}}
            Reports: {Type: AWS::SQS::Queue, Properties: {QueueName: \(Self.reports)}}
            ClickWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: click-worker
                Events:
                  In:
                    Type: Kinesis
                    Properties:
                      Stream: !GetAtt Clicks.Arn
                      StartingPosition: TRIM_HORIZON
                      BatchSize: 25
                      BisectBatchOnFunctionError: true
                      MaximumRetryAttempts: 0
                      DestinationConfig: {OnFailure: {Destination: !GetAtt Reports.Arn}}
            OrderWorker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: order-worker
                Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}}
            """)
    }
}

// MARK: - One life

extension CrashRun {
    /// Starts the daemon, feeds it from two threads, watches its checkpoints, and kills it in the middle of that.
    ///
    /// The random time counts from the start of the process, from when it is ready, or from its first delivery, so
    /// that on slow machines, too, some kills hit each of them.
    func round(_ number: Int) throws {
        let durability = Bool.random(using: &random) ? "full" : "normal"
        let arguments = ["--concurrency", "4"]
        let pause = UInt32.random(in: 20_000...400_000, using: &random)
        guard number % 4 > 0 else { return try roundAtStart(number, durability, arguments, pause) }
        let ledgerEnd = Files.bytes(world.ledgerPath).count
        let daemon = try world.start(durability: durability, arguments)
        noteLife(daemon.program)
        let threads = [
            try feedStream(daemon.address, round: number), try feedQueue(daemon.address, round: number),
            try watch(daemon.address),
        ]
        if number % 4 > 1 {
            try Waiting.until(
                "a delivery in round \(number)", detail: { daemon.log.suffix(4_000).description }
            ) {
                !Ledger(path: world.ledgerPath, from: ledgerEnd).entries.isEmpty
            }
        }
        usleep(pause)
        try daemon.kill()
        for thread in threads { try thread.join() }
    }

    private func roundAtStart(
        _ number: Int, _ durability: String, _ arguments: [String], _ pause: UInt32
    ) throws {
        let launched = try world.binary.launch(
            [
                "--data", world.dataPath, "--template", world.templatePath, "--durability", durability,
            ] + arguments)
        noteLife(launched.program)
        usleep(pause)
        launched.program.signal(SIGKILL)
        let ending = try launched.program.wait()
        guard ending == .signal(SIGKILL) else {
            throw HarnessError("round \(number): \(ending) at the start: \(Files.text(launched.errors))")
        }
    }

    private func noteLife(_ program: ChildProgram) {
        let checkpoints = promises.content.withLock { $0.checkpoints }
        lives.append(Life(daemon: Int(program.identifier), checkpointsBefore: checkpoints))
    }

    /// One life without an end, in which everything has to be handled.
    func drain() throws -> DaemonUnderTest {
        let daemon = try world.start()
        noteLife(daemon.program)
        let (records, messages) = promises.content.withLock { ($0.records, $0.messages) }
        let good = records.filter { !$0.contains("poison") }
        let lost = records.subtracting(try daemon.caller().records(of: Self.stream).map(\.text))
        guard lost.isEmpty else { throw HarnessError("acknowledged and not stored: \(lost.sorted())") }
        try Waiting.until(
            "everything to be handled",
            detail: {
                let ledger = world.ledger
                let lost = good.subtracting(ledger.texts(handledBy: "click-worker")).count
                let lostMessages = messages.subtracting(ledger.texts(handledBy: "order-worker")).count
                return
                    "\(lost) record(s) and \(lostMessages) message(s) are missing. \(daemon.log.suffix(4_000))"
            }
        ) {
            usleep(100_000)
            let ledger = world.ledger
            return good.isSubset(of: ledger.texts(handledBy: "click-worker"))
                && messages.isSubset(of: ledger.texts(handledBy: "order-worker"))
        }
        return daemon
    }
}

// MARK: - Feeding and watching

extension CrashRun {
    /// A life is fed this many calls at most, so that the last one can catch up soon. They are small and follow each
    /// other at once: most kills shall fall between a write and its answer.
    private static let callsPerLife = 150

    private func feedStream(_ address: String, round: Int) throws -> BackgroundThread {
        try BackgroundThread { [promises] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            for call in 0..<Self.callsPerLife {
                let records = (0..<5).map { index in
                    let suffix = call % 20 == 9 && index == 3 ? "-poison" : ""
                    return (key: "key-\(call % 7)-\(index)", text: "r-\(round)-\(call)-\(index)\(suffix)")
                }
                // The daemon was killed in the middle of the call, so nothing was promised.
                guard (try? caller.putRecords(records, to: Self.stream)) != nil else { return }
                promises.content.withLock { $0.records.formUnion(records.map(\.text)) }
            }
        }
    }

    private func feedQueue(_ address: String, round: Int) throws -> BackgroundThread {
        try BackgroundThread { [promises] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            for call in 0..<Self.callsPerLife {
                let bodies = (0..<3).map { "m-\(round)-\(call)-\($0)" }
                // As above: no answer, no promise.
                guard (try? caller.sendMessages(bodies, to: Self.queue)) != nil else { return }
                promises.content.withLock { $0.messages.formUnion(bodies) }
            }
        }
    }

    private func watch(_ address: String) throws -> BackgroundThread {
        try BackgroundThread { [promises] in
            let caller = try AWSCaller(address: address, timeout: .seconds(20))
            // Ends with the daemon, when there is nothing more to see.
            while let seen = try? caller.checkpoints() {
                promises.content.withLock { $0.observe(seen) }
                usleep(3_000)
            }
        }
    }
}

extension CrashRun.Promises.Content {
    mutating func observe(_ checkpoints: [String: String]) {
        for (shard, text) in checkpoints where !shard.isEmpty {
            let checkpoint = SequenceOrder(text: text)
            if let before = self.checkpoints[shard], checkpoint < before {
                violations.append("the checkpoint of \(shard) went from \(before.text) back to \(text)")
            }
            if checkpoint != self.checkpoints[shard] { sightings += 1 }
            self.checkpoints[shard] = max(checkpoint, self.checkpoints[shard] ?? checkpoint)
        }
    }
}

// MARK: - Judging

extension CrashRun {
    /// How much happened, so that a run in which nothing did is seen as such.
    var summary: String {
        let handled = world.ledger.entries
        let busy = lives.count { life in handled.contains { $0.daemon == life.daemon } }
        let content = promises.content.withLock { $0 }
        return
            "\(lives.count) lives, \(busy) of them with deliveries; acknowledged: \(content.records.count) records, "
            + "\(content.messages.count) messages; delivered: \(handled.count); checkpoints seen: \(content.sightings)"
    }

    /// How often each record was reported as given up, by sequence number.
    func reportCounts(_ caller: AWSCaller) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        var messages = try caller.receive(from: Self.reports)
        while !messages.isEmpty {
            for message in messages {
                let report = try JSONValue(parsing: Array((message["Body"]?.stringValue ?? "").utf8))
                guard let info = report["KinesisBatchInfo"], info["batchSize"]?.intValue == 1,
                    let sequence = info["startSequenceNumber"]?.stringValue
                else { throw HarnessError("not the report of one record: \(report.text)") }
                counts[sequence, default: 0] += 1
            }
            messages = try caller.receive(from: Self.reports)
        }
        return counts
    }

    /// What was promised and not kept, in words.
    func violations() -> [String] {
        var found = promises.content.withLock { $0.violations }
        let entries = world.ledger.handled(by: "click-worker")
        let known = Set(lives.map(\.daemon))
        found += Set(entries.map(\.daemon)).subtracting(known).map { "process \($0) is no life of ours" }
        found += world.ledger.repeatedIDs.map { "the ID \($0) was given twice" }
        for (number, life) in lives.enumerated() {
            var last = life.checkpointsBefore
            for entry in entries where entry.daemon == life.daemon {
                let place = SequenceOrder(text: entry.id)
                if let before = last[entry.shard], place <= before {
                    let isOld = life.checkpointsBefore[entry.shard].map { place <= $0 } ?? false
                    found.append(
                        "life \(number): \(entry.shard) delivered \(entry.text) (\(entry.id)) "
                            + (isOld ? "though it had been settled" : "after \(before.text)"))
                }
                last[entry.shard] = max(place, last[entry.shard] ?? place)
            }
        }
        return found
    }
}
