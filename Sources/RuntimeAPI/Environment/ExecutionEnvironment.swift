import EventModel
import Glibc
import HTTP

/// One handler process with its own Runtime API address: carries out what `EnvironmentMachine` decides.
///
/// Confined to the engine loop: made, called and released on it; `@unchecked` because the server wants a Sendable
/// handler, which it runs on that same loop.
final class ExecutionEnvironment: @unchecked Sendable {
    let function: FunctionDefinition
    /// Which definition of the function it runs.
    let edition: Int
    private let context: HostContext
    /// A cycle until the process has ended, when the pool lets go.
    private let pool: FunctionPool
    private var machine: EnvironmentMachine
    private let logStream: FunctionLogStream
    private let log: InvocationLog
    private var server: HTTPServer?
    private var child: ChildProcess?
    private var output: OutputPipe?
    private var memory: MemoryMeter?
    private var parked: HTTPResponder?
    /// Tells one parked request from the next.
    private var parkings: UInt64 = 0
    private var running: RunningInvocation?
    private var timer: (token: TimerToken, at: MonotonicTime)?
    private let created: MonotonicTime
    /// Until the first REPORT has shown it.
    private var initDuration: Duration?
    private var answeredAt: MonotonicTime?

    init(pool: FunctionPool, context: HostContext, phase: EnvironmentMachine.InitPhase) {
        self.pool = pool
        self.context = context
        function = pool.function
        edition = pool.edition
        created = context.monotonic
        let length = phase == .first ? context.configuration.initTimeout : .seconds(function.timeoutSeconds)
        machine = EnvironmentMachine(
            phase: phase, deadline: created + length, idleTimeout: context.configuration.idleTimeout)
        logStream = context.logStream(of: function)
        log = InvocationLog(logStream, sink: context.logSink)
    }

    var isStarting: Bool {
        if case .starting = machine.state { true } else { false }
    }

    /// Whether it will soon take an event: it starts, or has just answered and is about to ask for more.
    func isComing(now: MonotonicTime) -> Bool {
        switch machine.state {
        case .starting: true
        case .between: answeredAt.map { now - $0 < RuntimeLimits.handOverGrace } ?? false
        case .idle, .busy, .ending, .dead: false
        }
    }

    var isBetween: Bool {
        if case .between = machine.state { true } else { false }
    }
}

// MARK: - Start and end of the process

extension ExecutionEnvironment {
    /// Opens the Runtime API address and starts the process on it.
    ///
    /// - Parameter launch: What to run, without its variables.
    func start(_ launch: Launch) throws(ChildError) {
        var limits = HTTPLimits()
        limits.idleTimeout = nil
        limits.connectionsMax = RuntimeLimits.connectionsPerEnvironment
        let server = HTTPServer(loop: context.loop, limits: limits) { [weak self] request, responder in
            guard let self else { return responder.respond(RuntimeAnswer.invalidStateTransition) }
            handle(request, responder)
        }
        server.onRefusal = { [weak self] status in self?.requestRefused(status) }
        self.server = server
        do {
            let port = try listen(server)
            let pipe = try context.outputPipe()
            defer { close(pipe.childs) }
            output = try watch(pipe.ours)
            let specification = ChildSpecification(
                executable: launch.executable, arguments: launch.arguments,
                environment: EnvironmentVariables.make(
                    for: function, configuration: context.configuration, address: "127.0.0.1:\(port)",
                    stream: logStream.name),
                directory: launch.directory)
            log.initStart(launch.runtime)
            let child = try ChildProcess(
                specification, descriptors: (context.nullDevice, pipe.childs, pipe.childs),
                loop: context.loop
            ) { [self] status in processEnded(status) }
            self.child = child
            memory = MemoryMeter(process: child.identifier)
            armTimer()
        } catch {
            _ = machine.retire()
            tearDown()
            throw error
        }
    }

    private func listen(_ server: HTTPServer) throws(ChildError) -> UInt16 {
        do {
            return try server.listen(host: "127.0.0.1", port: 0)
        } catch {
            throw .noAddress(error)
        }
    }

    private func watch(_ descriptor: Int32) throws(ChildError) -> OutputPipe {
        do {
            return try OutputPipe(descriptor, loop: context.loop, scratch: context.scratch) {
                [unowned self] chunk in
                log.output(chunk, now: context.monotonic)
            }
        } catch {
            throw .noAddress(error)
        }
    }

    private func processEnded(_ status: ExitStatus) {
        guard machine.state != .ending else { return verdict(on: status) }
        // What it sent last may still be unread; it came before the end and decides what the end means.
        context.loop.schedule(after: RuntimeLimits.exitGrace) { [self] in verdict(on: status) }
    }

    private func verdict(on status: ExitStatus) {
        output?.drain()
        switch machine.exited() {
        case .expected: break
        case .left: pool.environmentLeft(self)
        case .initFailed: pool.initFailed(self) { .exited(requestID: $0, status) }
        case .invocationFailed(let requestID): finish(.failed(.exited(requestID: requestID, status)))
        }
        tearDown()
        pool.environmentDied(self)
    }

    private func tearDown() {
        if let timer { context.loop.cancel(timer.token) }
        timer = nil
        parked = nil
        server?.close()
        server = nil
        output?.close()
        output = nil
    }

    /// The group is gone at once; the process is reaped a moment later.
    private func killGroup() {
        child?.signalGroup(SIGKILL)
        parked = nil
    }

    /// Lets an environment without an invocation end by itself for a moment before it is killed.
    ///
    /// - Returns: False for a busy one, which is left alone.
    @discardableResult
    func retire() -> Bool {
        guard machine.retire() else { return false }
        terminate()
        return true
    }

    /// Ends the environment whatever it does; an invocation in hand is lost.
    func abandon() {
        if machine.abandon() != nil, let running {
            self.running = nil
            pool.finished(
                running.pending,
                InvocationResult(
                    outcome: .unavailable(.shuttingDown), startedAt: running.startedAt,
                    duration: context.monotonic - running.started))
        }
        terminate()
    }

    private func terminate() {
        child?.signalGroup(SIGTERM)
        parked = nil
        context.loop.schedule(after: context.configuration.terminationGrace) { [self] in
            child?.signalGroup(SIGKILL)
        }
    }
}

// MARK: - Calls of the runtime

extension ExecutionEnvironment {
    private func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        switch RuntimeCall(method: request.method, path: request.path) {
        case .next: next(responder)
        case .response(let requestID): response(requestID, request, responder)
        case .error(let requestID):
            let type = request.headers["Lambda-Runtime-Function-Error-Type"]
            answer(
                requestID, responder, request.body, .failed(FunctionError(posted: request.body, type: type)))
        case .initError: initError(request, responder)
        case .unsupported(let what): responder.respond(RuntimeAnswer.unsupported(what))
        case .unknown: responder.respond(RuntimeAnswer.unknown)
        }
    }

    private func next(_ responder: HTTPResponder) {
        let now = context.monotonic
        switch machine.nextRequested(now: now) {
        case .refuse(let refusal): responder.respond(RuntimeAnswer.refusing(refusal))
        case .park(let ended, let inherited):
            parked = responder
            parkings += 1
            if ended != nil {
                initDuration = now - created
                pool.initEnded(self, duration: now - created)
            }
            pool.environmentIsIdle(self, inherited: inherited)
            guard parked != nil else { return }
            let parking = parkings
            responder.onDisconnect { [weak self] in self?.parkedClientLeft(parking) }
            armTimer()
        }
    }

    private func parkedClientLeft(_ parking: UInt64) {
        guard parking == parkings, parked != nil else { return }
        parked = nil
        machine.nextAbandoned(now: context.monotonic, grace: RuntimeLimits.reconnectGrace)
        pool.environmentLeft(self)
        armTimer()
    }

    private func response(_ requestID: Substring, _ request: HTTPRequest, _ responder: HTTPResponder) {
        // Trailers, which say whether a stream failed half way, do not reach us, so a stream cannot be judged.
        if request.headers["Lambda-Runtime-Function-Response-Mode"] == "streaming" {
            answer(
                requestID, responder, request.body, .failed(.streamingUnsupported),
                with: RuntimeAnswer.streamingUnsupported)
        } else {
            answer(requestID, responder, request.body, .answered(request.body))
        }
    }

    private func answer(
        _ requestID: Substring, _ responder: HTTPResponder, _ body: [UInt8], _ ending: Ending,
        with answer: HTTPResponse = RuntimeAnswer.accepted
    ) {
        switch machine.answered(requestID: requestID) {
        case .refuse(let refusal): responder.respond(RuntimeAnswer.refusing(refusal))
        case .accept:
            answeredAt = context.monotonic
            let isTooLarge = body.count > Limits.responseBytes
            // The runtime goes on with its part while we do ours.
            responder.respond(isTooLarge ? RuntimeAnswer.tooLarge : answer)
            finish(isTooLarge ? .failed(.responseTooLarge) : ending)
        }
    }

    /// An answer so large that the server does not even read it. Its connection is closed, so the runtime goes too.
    private func requestRefused(_ status: Int) {
        guard status == 413, let running else { return }
        _ = machine.answered(requestID: running.requestID[...])
        // First, so that what is invoked next does not count on it.
        retire()
        finish(.failed(.responseTooLarge))
    }

    private func initError(_ request: HTTPRequest, _ responder: HTTPResponder) {
        switch machine.initErrorPosted() {
        case .refuse(let refusal): responder.respond(RuntimeAnswer.refusing(refusal))
        case .fail:
            responder.respond(RuntimeAnswer.accepted)
            output?.drain()
            let type = request.headers["Lambda-Runtime-Function-Error-Type"]
            let error = FunctionError(posted: request.body, type: type)
            pool.initFailed(self) { _ in error }
            terminate()
        }
    }
}

// MARK: - Invocations

extension ExecutionEnvironment {
    /// Hands an event to the parked runtime.
    ///
    /// - Parameter inherited: The deadline of a repeated init, which counts against the function's timeout.
    func dispatch(_ pending: PendingInvocation, inherited: MonotonicTime?) {
        guard let parked else { preconditionFailure("an idle environment has a parked request") }
        self.parked = nil
        let now = context.monotonic
        let deadline = inherited ?? now + .seconds(function.timeoutSeconds)
        let request = pending.request
        machine.dispatch(requestID: request.requestID, deadline: deadline)
        let wall = context.now()
        running = RunningInvocation(pending: pending, startedAt: wall, started: now)
        log.begin(request.requestID)
        let deadlineMilliseconds = (wall + (deadline - now)).millisecondsSinceEpoch
        var headers: [(String, String)] = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", request.requestID),
            ("Lambda-Runtime-Deadline-Ms", String(deadlineMilliseconds)),
            ("Lambda-Runtime-Invoked-Function-Arn", request.invokedFunctionARN),
            (
                "Lambda-Runtime-Trace-Id",
                EnvironmentVariables.traceID(at: wall, requestID: request.requestID)
            ),
        ]
        if let client = request.clientContext { headers.append(("Lambda-Runtime-Client-Context", client)) }
        parked.respond(HTTPResponse(status: 200, headers: headers, body: .slices(request.event)))
        armTimer()
    }

    private func finish(_ ending: Ending) {
        guard let running else { preconditionFailure("only an invocation in hand can end") }
        self.running = nil
        let now = context.monotonic
        let duration = now - running.started
        output?.drain()
        let tail = closeLog(of: running.pending, duration, ending, now)
        let result = InvocationResult(
            outcome: ending.outcome, startedAt: running.startedAt, duration: duration, logTail: tail)
        if edition != pool.edition { retire() }
        pool.finished(running.pending, result)
    }

    /// Ends an invocation that waited for this environment, whose init has failed.
    func fail(_ pending: PendingInvocation, with error: FunctionError) {
        let ending = Ending.failed(error)
        let now = context.monotonic
        output?.drain()
        log.begin(pending.request.requestID)
        let duration = ending.isTimeout ? now - created : .zero
        let tail = closeLog(of: pending, duration, ending, now)
        let result = InvocationResult(
            outcome: ending.outcome, startedAt: context.now() - duration, duration: duration, logTail: tail)
        pool.finished(pending, result)
    }

    private func closeLog(
        of pending: PendingInvocation, _ duration: Duration, _ ending: Ending, _ now: MonotonicTime
    ) -> [UInt8] {
        let requestID = pending.request.requestID
        if ending.isTimeout { log.timedOut(requestID, seconds: function.timeoutSeconds, at: context.now()) }
        let report = InvocationReport(
            duration: duration, memoryMegabytes: function.memoryMegabytes,
            usedMegabytes: memory?.read(now: now) ?? 0, initDuration: initDuration,
            hasTimedOut: ending.isTimeout)
        initDuration = nil
        return log.end(requestID, report, wantsTail: ending.isFailure || pending.request.wantsLogTail)
    }
}

// MARK: - Time

extension ExecutionEnvironment {
    /// One timer for every state. It is moved only to come earlier; one that comes early finds the deadline moved.
    private func armTimer() {
        guard let deadline = machine.deadline else { return }
        if let timer {
            guard deadline < timer.at else { return }
            context.loop.cancel(timer.token)
        }
        let token = context.loop.schedule(after: max(.zero, deadline - context.monotonic)) { [weak self] in
            self?.timerFired()
        }
        timer = (token, deadline)
    }

    private func timerFired() {
        timer = nil
        switch machine.deadlinePassed(now: context.monotonic) {
        case .none: armTimer()
        case .startAgain:
            killGroup()
            pool.startAgain(insteadOf: self)
        case .initTimedOut:
            killGroup()
            pool.initFailed(self) { [seconds = function.timeoutSeconds] in
                .timedOut(requestID: $0, seconds: seconds)
            }
        case .timedOut(let requestID):
            killGroup()
            finish(.failed(.timedOut(requestID: requestID, seconds: function.timeoutSeconds)))
        case .overstayed:
            killGroup()
            pool.environmentLeft(self)
        case .reap:
            pool.environmentLeft(self)
            terminate()
        }
    }
}
