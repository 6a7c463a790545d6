import EventModel
import Glibc
import HTTP
import Telemetry

/// One run of a command handler: event on standard input, answer on standard output, log on standard error.
///
/// Confined to the engine loop.
final class CommandRun {
    /// What is known of the end; the process may still be running when there is one.
    private enum State {
        case running
        /// An ending was found before the process ended: it is being killed.
        case decided(Ending)
        case abandoned
        case over
    }

    private let pending: PendingInvocation
    private let function: FunctionDefinition
    /// A cycle until the command has ended, when the pool lets go.
    private let pool: FunctionPool
    private let context: HostContext
    private let logStream: FunctionLogStream
    private let log: InvocationLog
    private let startedAt: Timestamp
    private let started: MonotonicTime
    private var state = State.running
    private var child: ChildProcess?
    private var input: InputFeed?
    private var answerPipe: OutputPipe?
    private var logPipe: OutputPipe?
    private var answer: [UInt8] = []
    private var errorTail = LogTail()
    private var timer: TimerToken?

    init(_ pending: PendingInvocation, function: FunctionDefinition, pool: FunctionPool, context: HostContext)
    {
        self.pending = pending
        self.function = function
        self.pool = pool
        self.context = context
        logStream = context.commandLogStream(of: function)
        log = InvocationLog(logStream, sink: context.logSink)
        startedAt = context.now()
        started = context.monotonic
    }

    func start(_ words: [String], _ directory: String) {
        log.begin(pending.request.requestID)
        var variables = EnvironmentVariables.make(
            for: function, configuration: context.configuration, address: nil, stream: logStream.name)
        let deadline = startedAt + .seconds(function.timeoutSeconds)
        variables["MILLRACE_REQUEST_ID"] = pending.request.requestID
        variables["MILLRACE_DEADLINE_MS"] = String(deadline.millisecondsSinceEpoch)
        let name = words.first ?? ""
        guard let executable = find(name, directory, variables["PATH"] ?? "") else {
            conclude(.failed(invalid("Couldn't find the command \(name) in \(directory) or PATH")))
            return
        }
        do {
            let specification = ChildSpecification(
                executable: executable, arguments: words, environment: variables, directory: directory)
            try spawn(specification)
        } catch {
            switch error {
            case .cannotExecute, .noDirectory: conclude(.failed(invalid(error.description)))
            case .system, .noAddress:
                context.logger.log(
                    .error, "command not started",
                    ["function": .string(function.key.description), "reason": .string(error.description)])
                let reason = UnavailableReason.cannotStart(name: function.name, reason: error.description)
                over(InvocationResult(outcome: .unavailable(reason), startedAt: startedAt))
            }
            return
        }
        timer = context.loop.schedule(after: .seconds(function.timeoutSeconds)) { [weak self] in
            self?.timedOut()
        }
    }

    /// A name with a slash is a path from the working directory; any other is looked up.
    private func find(_ name: String, _ directory: String, _ path: String) -> String? {
        if name.hasPrefix("/") { return name }
        if name.contains("/") { return "\(directory)/\(name)" }
        return Launch.search(name, in: path)
    }

    private func invalid(_ reason: String) -> FunctionError {
        .invalidEntrypoint(requestID: pending.request.requestID, reason: reason)
    }

    /// What is open when this throws is closed by `over`. Each pipe has its owner before the next is made.
    private func spawn(_ specification: ChildSpecification) throws(ChildError) {
        let standardInput = try context.inputPipe()
        defer { close(standardInput.childs) }
        input = try owned { () throws(HTTPError) in
            try InputFeed(standardInput.ours, pending.request.event, loop: context.loop)
        }
        let standardOutput = try context.outputPipe()
        defer { close(standardOutput.childs) }
        answerPipe = try owned { () throws(HTTPError) in
            try OutputPipe(standardOutput.ours, loop: context.loop, scratch: context.scratch) {
                [unowned self] in answered($0)
            }
        }
        let standardError = try context.outputPipe()
        defer { close(standardError.childs) }
        logPipe = try owned { () throws(HTTPError) in
            try OutputPipe(standardError.ours, loop: context.loop, scratch: context.scratch) {
                [unowned self] in logged($0)
            }
        }
        child = try ChildProcess(
            specification, descriptors: (standardInput.childs, standardOutput.childs, standardError.childs),
            loop: context.loop
        ) { [self] status in ended(status) }
    }

    private func owned<Owner>(_ make: () throws(HTTPError) -> Owner) throws(ChildError) -> Owner {
        do { return try make() } catch { throw .noAddress(error) }
    }

    private func answered(_ chunk: ArraySlice<UInt8>) {
        guard case .running = state else { return }
        answer.append(contentsOf: chunk)
        if answer.count > Limits.responseBytes { decide(.failed(.responseTooLarge)) }
    }

    private func logged(_ chunk: ArraySlice<UInt8>) {
        errorTail.append(chunk)
        log.output(chunk, now: context.monotonic)
    }

    private func timedOut() {
        timer = nil
        guard case .running = state else { return }
        decide(.failed(.timedOut(requestID: pending.request.requestID, seconds: function.timeoutSeconds)))
    }

    private func decide(_ ending: Ending) {
        state = .decided(ending)
        answer = []
        child?.signalGroup(SIGKILL)
    }

    /// Ends the command without an ending of its own: the host shuts down.
    func abandon() {
        guard case .running = state else { return }
        state = .abandoned
        child?.signalGroup(SIGTERM)
        context.loop.schedule(after: context.configuration.terminationGrace) { [self] in
            child?.signalGroup(SIGKILL)
        }
    }

    private func ended(_ status: ExitStatus) {
        // All it wrote is in the pipes; grandchildren may hold them open, so their end is not waited for.
        answerPipe?.drain()
        logPipe?.drain()
        switch state {
        case .over: break
        case .decided(let ending): conclude(ending)
        case .abandoned: over(InvocationResult(outcome: .unavailable(.shuttingDown), startedAt: startedAt))
        case .running where status == .code(0):
            conclude(.answered(answer.isEmpty ? Array("null".utf8) : answer))
        case .running:
            let text = String(decoding: errorTail.bytes, as: UTF8.self)
            let lines = text.split(separator: "\n").suffix(RuntimeLimits.commandErrorLines).map(String.init)
            conclude(
                .failed(.commandFailed(requestID: pending.request.requestID, status, lines: lines)))
        }
    }

    private func conclude(_ ending: Ending) {
        let duration = context.monotonic - started
        let requestID = pending.request.requestID
        if ending.isTimeout { log.timedOut(requestID, seconds: function.timeoutSeconds, at: context.now()) }
        let report = InvocationReport(
            duration: duration, memoryMegabytes: function.memoryMegabytes,
            usedMegabytes: Int(((child?.memoryKilobytes ?? 0) + 1_023) / 1_024), initDuration: nil,
            hasTimedOut: ending.isTimeout)
        let tail = log.end(requestID, report, wantsTail: ending.isFailure || pending.request.wantsLogTail)
        over(
            InvocationResult(
                outcome: ending.outcome, startedAt: startedAt, duration: duration, logTail: tail))
    }

    private func over(_ result: InvocationResult) {
        state = .over
        if let timer { context.loop.cancel(timer) }
        timer = nil
        input?.close()
        answerPipe?.close()
        logPipe?.close()
        pool.commandEnded(self)
        pool.finished(pending, result)
    }
}
