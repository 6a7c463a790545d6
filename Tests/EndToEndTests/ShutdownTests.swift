import Glibc
import Testing

extension EndToEnd {
    @Suite("The end of a daemon")
    struct ShutdownTests {
        private static func world(seconds: Int) throws -> TestWorld {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
                Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders, VisibilityTimeout: 90}}
                Worker:
                  Type: AWS::Serverless::Function
                  Properties:
                    FunctionName: worker
                    Timeout: 90
                    Environment: {Variables: {SECONDS: '\(seconds)'}}
                    Events:
                      Stream:
                        Type: Kinesis
                        Properties: {Stream: !GetAtt Clicks.Arn, StartingPosition: TRIM_HORIZON}
                      Queue:
                        Type: SQS
                        Properties: {Queue: !GetAtt Orders.Arn}
                """)
            return world
        }

        /// Feeds one record and one message and waits until both are being handled.
        private static func begin(_ world: TestWorld, _ daemon: DaemonUnderTest) throws {
            let caller = try daemon.caller()
            try caller.putRecords(["record"], to: "clicks")
            try caller.sendMessage("message", to: "orders")
            try Waiting.until("both invocations to start", detail: { daemon.log }) {
                Set(world.ledger.entries.filter { $0.outcome == "started" }.map(\.text)).count == 2
            }
        }

        private static func expectNoHandlers(_ world: TestWorld) throws {
            let handlers = Set(world.ledger.entries.map(\.handler))
            #expect(!handlers.isEmpty)
            try Waiting.until("the handlers to end") { !handlers.contains(where: ProcessTable.isRunning) }
        }

        @Test("SIGTERM lets invocations end and settles them")
        func drains() throws {
            let world = try Self.world(seconds: 1)
            let daemon = try world.start()
            try Self.begin(world, daemon)
            try daemon.expectGracefulEnd()
            #expect(world.ledger.texts(handledBy: "worker").sorted() == ["message", "record"])
            try Self.expectNoHandlers(world)

            let next = try world.start()
            let caller = try next.caller()
            #expect(try caller.counts(of: "orders") == [0, 0, 0])
            try caller.putRecords(["second"], to: "clicks")
            try world.awaitHandled(3, by: "worker", log: next.log)
            #expect(world.ledger.texts(handledBy: "worker").sorted() == ["message", "record", "second"])
        }

        @Test("A drain that takes too long is given up; nothing of it is lost")
        func drainTimesOut() throws {
            let world = try Self.world(seconds: 60)
            let daemon = try world.start(["--drain-timeout", "500ms"])
            try Self.begin(world, daemon)
            try daemon.expectGracefulEnd()
            #expect(daemon.log.contains("drain timed out"))
            #expect(world.ledger.texts(handledBy: "worker").isEmpty)
            try Self.expectNoHandlers(world)

            let before = world.ledger.entries.count
            let next = try world.start()
            let caller = try next.caller()
            // The message's lease outlives the daemon, as its visibility timeout promised; the record's does not exist.
            try Waiting.until("the record to be delivered again", detail: { next.log }) {
                world.ledger.entries.dropFirst(before).contains { $0.text == "record" }
            }
            #expect(try caller.counts(of: "orders").reduce(0, +) == 1)
        }

        @Test("A second signal ends it at once", arguments: [SIGTERM, SIGINT])
        func secondSignal(number: Int32) throws {
            let world = try Self.world(seconds: 60)
            let daemon = try world.start()
            try Self.begin(world, daemon)
            daemon.program.signal(number)
            try Waiting.until("the drain to begin") { daemon.log.contains("draining") }
            #expect(!daemon.program.hasEnded())
            daemon.program.signal(number)
            // The invocations and the drain timeout would take far longer.
            let ending = try daemon.program.wait(within: .seconds(15))
            #expect(ending == .code(130), "\(daemon.log.suffix(2_000))")
            try Self.expectNoHandlers(world)
        }

        @Test("Handlers end with a daemon that was killed")
        func killed() throws {
            let world = try Self.world(seconds: 60)
            let daemon = try world.start()
            try Self.begin(world, daemon)
            try daemon.kill()
            try Self.expectNoHandlers(world)
        }

        @Test("Idle, it ends at SIGINT and at SIGTERM", arguments: [SIGTERM, SIGINT])
        func idle(number: Int32) throws {
            let world = try Self.world(seconds: 0)
            let daemon = try world.start()
            daemon.program.signal(number)
            let ending = try daemon.program.wait()
            #expect(ending == .code(0))
        }
    }
}
