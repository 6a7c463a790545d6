import Glibc
import Synchronization

/// Queues of both kinds, with mappings and with consumers of their own, under a daemon that is killed again and again.
final class QueueCrashRun {
    /// Standard and FIFO, with a mapping each and dead letters.
    static let tasks = "tasks"
    static let line = "line.fifo"
    /// The same without mappings.
    static let open = "open"
    static let openLine = "open-line.fifo"
    static let queues = [tasks, line, open, openLine]
    /// Those whose dead letters are moved back.
    static let moved = [tasks, open]

    /// `line.fifo` has `line-dead.fifo`.
    static func deadLetters(of queue: String) -> String {
        queue.hasSuffix(".fifo") ? "\(queue.dropLast(5))-dead.fifo" : "\(queue)-dead"
    }

    let world: TestWorld
    let clients = QueueClients()
    private(set) var lives = 0
    private var random: SeededRandom

    init(seed: UInt64) throws {
        world = try TestWorld()
        random = SeededRandom(seed: seed)
        try world.writeTemplate(
            (Self.queues.map(Self.queueResources) + [Self.worker("task", Self.tasks)]
                + [Self.worker("line", Self.line)]).joined(separator: "\n"))
    }

    private static func logicalName(_ queue: String) -> String {
        String(queue.filter { $0.isLetter })
    }

    private static func queueResources(_ queue: String) -> String {
        let name = logicalName(queue)
        let kind = queue.hasSuffix(".fifo") ? "FifoQueue: true, " : ""
        return """
            \(name)Dead: {Type: AWS::SQS::Queue, Properties: {\(kind)QueueName: \(deadLetters(of: queue))}}
            \(name):
              Type: AWS::SQS::Queue
              Properties:
                QueueName: \(queue)
                \(kind.isEmpty ? "" : "FifoQueue: true")
                VisibilityTimeout: 2
                RedrivePolicy: {deadLetterTargetArn: !GetAtt \(name)Dead.Arn, maxReceiveCount: 8}
            """
    }

    private static func worker(_ name: String, _ queue: String) -> String {
        """
        \(name)Worker:
          Type: AWS::Serverless::Function
          Properties:
            FunctionName: \(name)-worker
            Timeout: 2
            Environment: {Variables: {REPORTS: '1'}}
            Events:
              In:
                Type: SQS
                Properties:
                  Queue: !GetAtt \(logicalName(queue)).Arn
                  FunctionResponseTypes: [ReportBatchItemFailures]
        """
    }
}

// MARK: - Lives

extension QueueCrashRun {
    /// Starts the daemon, sends, receives, deletes and moves with it, and kills it in the middle of that.
    func round(_ number: Int) throws {
        let durability = Bool.random(using: &random) ? "full" : "normal"
        let pause = UInt32.random(in: 5_000...500_000, using: &random)
        let daemon = try world.start(durability: durability, ["--concurrency", "4"])
        lives += 1
        let threads = try work(on: daemon.address, round: number)
        usleep(pause)
        try daemon.kill()
        for thread in threads { try thread.join() }
    }

    private func work(on address: String, round: Int) throws -> [BackgroundThread] {
        [
            try clients.feed(address, round: round), try clients.feedInOrder(address),
            try clients.consume(address, Self.open), try clients.consume(address, Self.openLine),
            try clients.move(address),
        ]
    }

    /// One life without an end, in which all must come to where it belongs.
    func drain() throws -> DaemonUnderTest {
        let daemon = try world.start()
        lives += 1
        let caller = try daemon.caller()
        // What was never answered is sent now, as clients do.
        let unanswered = clients.content.withLock { $0.unanswered }
        for (queue, messages) in unanswered { try clients.sendInOrder(messages, to: queue, with: caller) }
        try Waiting.until(
            "everything to be delivered or a dead letter", within: .seconds(180),
            detail: { "\(self.whatIsLeft(caller)) \(daemon.log.suffix(3_000))" }
        ) {
            try clients.takeOnce(caller, Self.open)
            try clients.takeOnce(caller, Self.openLine)
            return whatIsLeft(caller).isEmpty
        }
        return daemon
    }

    /// Queues that are not empty yet, and tasks that are not over.
    private func whatIsLeft(_ caller: AWSCaller) -> [String] {
        Self.queues.compactMap { queue in
            do {
                let counts = try caller.counts(of: queue)
                let moves =
                    Self.moved.contains(queue)
                    ? try caller.runningMoves(from: Self.deadLetters(of: queue)) : 0
                return counts == [0, 0, 0] && moves == 0 ? nil : "\(queue): \(counts), \(moves) moves"
            } catch {
                return "\(queue): \(error)"
            }
        }
    }
}
