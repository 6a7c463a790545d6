import EventModel
import EventStore
import Glibc
import HTTP
import LogsService
import RuntimeAPI
import Synchronization
import Telemetry

/// The public server, bound before the services exist; requests that come too early are told so.
final class ListeningServer: Sendable {
    typealias Handler = @Sendable (HTTPRequest, HTTPResponder) -> Void

    private let handler: HandlerBox
    private let server: HTTPServer

    init(loop: EventLoop) {
        let box = HandlerBox()
        handler = box
        var limits = HTTPLimits()
        // Code comes as base64 in the body.
        for path in ["/2015-03-31/functions", "/2018-10-31/layers"] {
            limits.largerBodies.append(
                HTTPLimits.LargerBody(targetPrefix: path, bytesMax: FunctionLimits.requestBytes))
        }
        server = HTTPServer(loop: loop, limits: limits) { request, responder in
            box.handle(request, responder)
        }
    }

    func listen(host: String, port: UInt16) throws(HTTPError) -> UInt16 {
        try server.listen(host: host, port: port)
    }

    func handle(_ handler: @escaping Handler) { self.handler.set(handler) }

    /// Lets requests under way be answered, then closes every connection. Waits; not on the loop.
    func finish(within grace: Duration) {
        let isDone = Flag()
        server.drained { isDone.value.store(true, ordering: .relaxed) }
        server.stopAccepting()
        var left = grace
        while !isDone.value.load(ordering: .relaxed), left > .zero {
            usleep(1_000)
            left -= .milliseconds(1)
        }
        server.close()
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    /// Set once before the loop starts, then only read.
    private final class HandlerBox: Sendable {
        /// A struct around the closure: a bare closure in a `Mutex` is wrapped once more by each access that lends it,
        /// so that every request would be slower than the one before.
        private struct Stored { var handler: Handler? }

        private let stored = Mutex(Stored())
        func set(_ handler: @escaping Handler) { stored.withLock { $0.handler = handler } }
        func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
            guard let handler = stored.withLock({ $0.handler }) else {
                return responder.respond(HTTPResponse(status: 503, body: .bytes(Array("starting\n".utf8))))
            }
            handler(request, responder)
        }
    }
}

/// A thread for one piece of work that may wait.
enum Thread {
    private final class Work {
        let action: @Sendable () -> Void
        init(_ action: @escaping @Sendable () -> Void) { self.action = action }
    }

    static func run(_ action: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(action)).toOpaque()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().action()
                return nil
            }, work)
        precondition(code == 0, "a thread could not be started: \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }
}

/// Function log lines as log lines of the daemon.
final class FunctionLog {
    private let logger: Logger
    init(logger: Logger) { self.logger = logger }

    /// What a host gives its lines to: this log, and the log streams of the functions.
    func sink(and keeper: FunctionLogKeeper) -> (FunctionLogLine) -> Void {
        { line in
            self.write(line)
            keeper.take(line)
        }
    }

    func write(_ line: FunctionLogLine) {
        let level: LogLevel = line.isPlatform ? .debug : .info
        guard logger.isEnabled(level) else { return }
        logger.log(
            level, "function log",
            [
                "function": .string(line.function.description), "request": .string(line.requestID ?? ""),
                "line": .string(String(decoding: line.bytes, as: UTF8.self)),
            ])
    }
}

extension FunctionLogKeeper {
    /// A keeper that tells the daemon's log what it cannot store.
    convenience init(store: EventStore, loop: EventLoop, logger: Logger) {
        self.init(
            store: store, loop: loop, now: RealClock.now,
            report: { logger.log(.error, "function logs", ["problem": .string($0)]) })
    }
}

/// The variables of this process.
enum ProcessEnvironment {
    static var variables: [String: String] {
        var found: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                found[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return found
    }

    /// What handlers may see of it: where programs are, and the language of texts. Nothing that could be a secret.
    static var forHandlers: [String: String] {
        variables.filter { ["PATH", "LANG", "HOME"].contains($0.key) }
    }
}
