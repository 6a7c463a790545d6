import AWSWire
import CloudWatchService
import DynamoDBService
import EventModel
import EventStore
import EventsService
import Glibc
import HTTP
import IAMService
import IdentityService
import KinesisService
import LambdaService
import LogsService
import MappingEngine
import Metering
import RuntimeAPI
import S3Service
import SNSService
import SQSService
import Synchronization
import Telemetry

/// The running service: store, two loops, the services on one of them, functions and mappings on the other.
final class Daemon: Sendable {
    let configuration: ServeConfiguration
    let store: EventStore
    let metrics: Metrics
    /// What CloudWatch shows, until it is stored.
    let recorder = MetricRecorder()
    let logger: Logger
    let startedAt: Timestamp
    let directory: String
    private let apiLoop: EventLoop
    let engineLoop: EventLoop
    let host: FunctionHost
    let engine: Engine
    private let server: ListeningServer
    /// Kept because a drain ends its long polls.
    private let sqs: SQSService
    private let sns: SNSService
    private let events: EventsService
    private let keeper: MetricKeeper
    private let functionLogs: FunctionLogKeeper
    /// Kept because a drain ends its subscriptions.
    private let kinesis: KinesisService
    private let isReadyFlag = Atomic(false)
    /// A drain and a second signal may both come to end the handlers; the host is shut down by the first.
    private let areHandlersEnding = Atomic(false)
    private let port: UInt16

    var isReady: Bool { isReadyFlag.load(ordering: .relaxed) }
    var address: String { "http://\(configuration.host):\(port)" }
    var readyLine: String { "Ready. \(address) data=\(directory) version=\(Version.text)\n" }

    /// Opens the store and binds the port, so that a wrong setting stops the start before anything runs.
    init(_ configuration: ServeConfiguration) throws(DaemonError) {
        self.configuration = configuration
        startedAt = RealClock.now()
        metrics = Metrics()
        logger = Self.makeLogger(configuration)
        for warning in configuration.warnings {
            logger.log(.warning, "setting ignored", ["why": .string(warning)])
        }
        let store: EventStore
        do {
            let durability: Durability = configuration.durability == .full ? .full : .normal
            store = try EventStore.open(
                directory: configuration.dataDirectory, durability: durability,
                tableShardLifetime: configuration.tableShardLifetime, now: RealClock.now)
        } catch {
            throw DaemonError("\(error)")
        }
        self.store = store
        directory = Self.absolute(configuration.dataDirectory)
        do {
            apiLoop = try EventLoop(label: "api")
            engineLoop = try EventLoop(label: "engine")
            server = ListeningServer(loop: apiLoop)
            port = try server.listen(host: configuration.host, port: configuration.port)
        } catch {
            throw DaemonError("cannot listen on \(configuration.host):\(configuration.port): \(error)")
        }
        var hosting = FunctionHostConfiguration(
            runtimeDirectory: "\(directory)/runtime",
            endpointURL: "http://\(Self.loopback(configuration.host)):\(port)")
        store.publicAddress.set(hosting.endpointURL)
        hosting.concurrencyLimit = configuration.concurrencyLimit
        hosting.inheritedEnvironment = ProcessEnvironment.forHandlers
        if let credentials = configuration.credentials {
            hosting.accessKey = credentials.accessKey
            hosting.secretKey = credentials.secretKey
        }
        do {
            functionLogs = FunctionLogKeeper(store: store, loop: engineLoop, logger: logger)
            host = try FunctionHost(
                loop: engineLoop, configuration: hosting, logger: logger, metrics: metrics,
                recorder: recorder, now: RealClock.now,
                logSink: FunctionLog(logger: logger).sink(and: functionLogs))
        } catch {
            throw DaemonError("\(error)")
        }
        let reader: StoreReader
        do {
            reader = try store.makeReader()
            sqs = SQSService(
                store: store, reader: try store.makeReader(), loop: apiLoop,
                isLimited: configuration.sqsLimits == .on, now: RealClock.now)
            sns = try Self.makeTopics(store, apiLoop, logger, metrics)
            events = try Self.makeEvents(store, apiLoop, logger)
            keeper = try MetricKeeper(
                store: store, reader: reader, recorder: recorder, loop: apiLoop, now: RealClock.now,
                report: { [logger] in logger.log(.error, "metrics", ["problem": .string($0)]) })
            kinesis = KinesisService(
                store: store, reader: try store.makeReader(), loop: apiLoop,
                isLimited: configuration.kinesisLimits == .on, now: RealClock.now)
        } catch {
            throw DaemonError("\(error)")
        }
        engine = Engine(
            context: EngineContext(
                loop: engineLoop, store: store, reader: reader, host: host, metrics: metrics,
                recorder: recorder, logger: logger, now: RealClock.now))
    }

    /// Applies templates, starts the threads and serves.
    func start() throws(DaemonError) {
        try TemplateApplier(store: store, endpoint: address, configuration: configuration, logger: logger)
            .applyAll()
        let router = try makeRouter()
        server.handle { request, responder in router.handle(request, responder) }
        engineLoop.start()
        apiLoop.start()
        engine.start()
        keeper.start()
        functionLogs.start()
        isReadyFlag.store(true, ordering: .relaxed)
    }

    private func makeRouter() throws(DaemonError) -> ServiceRouter {
        let reader: StoreReader
        do { reader = try store.makeReader() } catch { throw DaemonError("\(error)") }
        let sessions = SessionKeys(key: store.credentialKey)
        let verifier = configuration.credentials.map {
            SignatureVerifier(
                credentials: Credentials(accessKeyID: $0.accessKey, secretAccessKey: $0.secretKey),
                sessions: sessions, now: RealClock.now)
        }
        var router = ServiceRouter(verifier: verifier, sessions: sessions)
        IdentityService(store: store, now: RealClock.now).register(on: &router)
        IAMService(store: store, loop: apiLoop).register(on: &router)
        kinesis.register(on: &router)
        LambdaService(
            store: store, loop: apiLoop, now: RealClock.now, concurrencyLimit: configuration.concurrencyLimit
        ).register(on: &router)
        sqs.register(on: &router)
        sns.register(on: &router)
        events.register(on: &router)
        let dynamoDB = DynamoDBService(
            store: store, reader: reader, loop: apiLoop, now: RealClock.now
        ) { [logger] name, error in
            logger.log(
                .error, "expired items not deleted", ["table": .string(name), "error": .string("\(error)")])
        }
        dynamoDB.register(on: &router)
        do {
            S3Service(store: store, reader: try store.makeReader(), loop: apiLoop, now: RealClock.now)
                .register(on: &router)
        } catch {
            throw DaemonError("\(error)")
        }
        CloudWatchService(
            store: store, reader: reader, recorder: recorder, loop: apiLoop, now: RealClock.now
        ).register(on: &router)
        LogsService(store: store, reader: reader, loop: apiLoop, now: RealClock.now).register(on: &router)
        registerPages(on: &router, verifier: verifier)
        return router
    }

    private static func makeTopics(
        _ store: EventStore, _ loop: EventLoop, _ logger: Logger, _ metrics: Metrics
    ) throws(StoreError) -> SNSService {
        let deliveries = DeliveryLog(logger: logger, metrics: metrics)
        return SNSService(
            store: store, reader: try store.makeReader(), loop: loop, now: RealClock.now,
            report: { deliveries.write($0) })
    }

    private static func makeEvents(
        _ store: EventStore, _ loop: EventLoop, _ logger: Logger
    ) throws(StoreError) -> EventsService {
        EventsService(
            store: store, reader: try store.makeReader(), loop: loop, now: RealClock.now,
            report: { logger.log(.error, "events", ["problem": .string($0)]) })
    }

    private static func makeLogger(_ configuration: ServeConfiguration) -> Logger {
        let level: LogLevel =
            switch configuration.logLevel {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .warn: .warning
            case .error: .error
            }
        return Logger(
            level: level, format: configuration.logFormat == .json ? .json : .text,
            time: { RealClock.now().iso8601Milliseconds })
    }

    private static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Where handlers on this machine reach a server that listens on every address.
    private static func loopback(_ host: String) -> String {
        host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
    }
}

// MARK: - Stopping

extension Daemon {
    /// Stops polling, lets invocations end for a while, settles what they did, and calls back with the exit code.
    func drain(timeout: Duration, _ completion: @escaping @Sendable (Int32) -> Void) {
        isReadyFlag.store(false, ordering: .relaxed)
        let finish: @Sendable (Bool) -> Void = { [self] isComplete in
            guard mayEndHandlers() else { return }
            if !isComplete {
                logger.log(.warning, "drain timed out", ["seconds": .integer(timeout.components.seconds)])
            }
            host.shutdown { [self] in
                functionLogs.finish { self.keeper.finish { self.close(completion) } }
            }
        }
        apiLoop.execute { [self] in
            sqs.stopParking()
            kinesis.finishSubscriptions()
        }
        sns.stopDelivering()
        events.stopFiring()
        engine.drain { finish(true) }
        engineLoop.execute { [self] in
            engineLoop.schedule(after: timeout) { finish(false) }
        }
    }

    /// For requests that are under way when everything else has ended (own choice: a commit takes milliseconds).
    private static let answerGrace = Duration.seconds(1)

    private func close(_ completion: @escaping @Sendable (Int32) -> Void) {
        // Off the loops: closing waits for them.
        Thread.run { [self] in
            // A loop that stops lets go of answers that are on their way to it, and clients would read a 500.
            server.finish(within: Self.answerGrace)
            apiLoop.stop()
            engineLoop.stop()
            do {
                try store.close()
                completion(0)
            } catch {
                logger.log(.error, "store not closed", ["error": .string("\(error)")])
                completion(1)
            }
        }
    }

    /// True for the first caller.
    private func mayEndHandlers() -> Bool {
        areHandlersEnding.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
    }

    /// For the second signal: no handler may outlive the daemon.
    func killHandlers() {
        guard mayEndHandlers() else { return }
        let isDone = Atomic(false)
        engineLoop.execute { [self] in
            host.shutdown { isDone.store(true, ordering: .relaxed) }
        }
        for _ in 0..<50 where !isDone.load(ordering: .relaxed) { usleep(10_000) }
    }
}
