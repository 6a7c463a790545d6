import EventModel
import HTTP
import Telemetry

/// One version of a function: its definition, its environments, and the invocations that wait for one.
///
/// Confined to the engine loop.
final class FunctionPool {
    private(set) var function: FunctionDefinition
    /// Counts definitions, so that an environment of an old one is told at a glance.
    private(set) var edition = 1
    private let context: HostContext
    /// A cycle until the function is removed or the host shut down, which every host must be.
    private let host: FunctionHost
    private let metrics: FunctionMetrics
    /// Most recently used last, so that the others grow old and are reaped.
    private var idle: [ExecutionEnvironment] = []
    private var environments: [ExecutionEnvironment] = []
    private var commands: [CommandRun] = []
    /// At most as many as there are permits.
    private var waiting: [PendingInvocation] = []
    private var startBackOff = StartBackOff()
    private var wakeUp: TimerToken?
    /// A start that took too long is done again under the function's timeout.
    private var nextPhase = EnvironmentMachine.InitPhase.first

    init(
        _ function: FunctionDefinition, metrics: FunctionMetrics, context: HostContext, host: FunctionHost
    ) {
        self.function = function
        self.context = context
        self.host = host
        self.metrics = metrics
    }

    var environmentCount: Int { environments.count }
    var isEmpty: Bool { environments.isEmpty && commands.isEmpty && waiting.isEmpty }

    func define(_ function: FunctionDefinition) {
        let goesOn = function.runsLike(self.function)
        self.function = function
        guard !goesOn else { return }
        edition += 1
        startBackOff = StartBackOff()
        retireAll()
        pump()
    }

    /// Ends what has nothing to do. Busy environments end after their invocation: their edition is an old one.
    func retireAll() {
        idle.removeAll()
        for environment in environments { retire(environment) }
    }

    private func retire(_ environment: ExecutionEnvironment) {
        let wasStarting = environment.isStarting
        guard environment.retire() else { return }
        if wasStarting { host.startEnded() }
    }

    /// Takes the function away: what waits is told why, what runs may end.
    func remove(_ reason: UnavailableReason) {
        edition += 1
        if let wakeUp { context.loop.cancel(wakeUp) }
        wakeUp = nil
        let lost = waiting
        waiting.removeAll()
        retireAll()
        for pending in lost { complete(pending, unavailable(reason)) }
    }

    func abandonAll() {
        remove(.shuttingDown)
        for environment in environments { environment.abandon() }
        for command in commands { command.abandon() }
    }

    private func unavailable(_ reason: UnavailableReason) -> InvocationResult {
        InvocationResult(outcome: .unavailable(reason), startedAt: context.now())
    }

}

// MARK: - Invocations

extension FunctionPool {
    func invoke(_ pending: PendingInvocation) {
        switch function.handler {
        case .runtime:
            waiting.append(pending)
            pump()
        case .command(let words, let directory): run(pending, words, directory)
        }
    }

    /// Gives waiting invocations to idle environments and starts what is missing.
    func pump() {
        while !waiting.isEmpty, let environment = idle.popLast() {
            environment.dispatch(waiting.removeFirst(), inherited: nil)
        }
        guard !waiting.isEmpty else { return }
        let now = context.monotonic
        let coming = environments.count { $0.isComing(now: now) }
        var missing = waiting.count - coming
        while missing > 0 && startOne(now: now) { missing -= 1 }
        // What has just answered may stay away: look again when it no longer counts as coming.
        if missing <= 0 && environments.contains(where: \.isBetween) {
            wake(after: RuntimeLimits.handOverGrace)
        }
    }

    private func wake(after delay: Duration) {
        guard wakeUp == nil else { return }
        wakeUp = context.loop.schedule(after: delay + .milliseconds(1)) { [weak self] in
            self?.wakeUp = nil
            self?.pump()
        }
    }

    /// - Returns: Whether to go on: false when nothing may be started now, or nothing waits any more.
    private func startOne(now: MonotonicTime) -> Bool {
        if let delay = startBackOff.delay(now: now) {
            wake(after: delay)
            return false
        }
        guard host.mayStart(self) else { return false }
        let phase = nextPhase
        nextPhase = .first
        let environment = ExecutionEnvironment(pool: self, context: context, phase: phase)
        do {
            try environment.start(try launch())
            environments.append(environment)
            metrics.environments.add(1)
            host.startBegan()
        } catch let error as LaunchError {
            failFirst(environment) { .invalidEntrypoint(requestID: $0, reason: error.reason) }
        } catch let error as ChildError {
            switch error {
            case .cannotExecute, .noDirectory:
                failFirst(environment) { .invalidEntrypoint(requestID: $0, reason: error.description) }
            case .system, .noAddress: refuseFirst(error)
            }
        } catch {
            preconditionFailure("a start throws LaunchError or ChildError")
        }
        return !waiting.isEmpty
    }

    private func launch() throws(LaunchError) -> Launch {
        guard case .runtime(let identifier, let handler, let codePath) = function.handler else {
            preconditionFailure("commands have no environments")
        }
        let inherited = context.configuration.inheritedEnvironment["PATH"]
        let program = ProgramSearch(
            codePath: codePath, layersPath: function.layersPath,
            path: inherited ?? "/usr/local/bin:/usr/bin:/bin",
            clients: context.configuration.runtimeDirectory)
        return try Launch.find(identifier: identifier, handler: handler, program)
    }

    private func failFirst(_ environment: ExecutionEnvironment, _ error: (String) -> FunctionError) {
        startBackOff.failed(now: context.monotonic)
        guard !waiting.isEmpty else { return }
        let pending = waiting.removeFirst()
        environment.fail(pending, with: error(pending.request.requestID))
    }

    private func refuseFirst(_ error: ChildError) {
        startBackOff.failed(now: context.monotonic)
        context.logger.log(
            .error, "environment not started",
            ["function": .string(function.key.description), "reason": .string(error.description)])
        let pending = waiting.removeFirst()
        let reason = UnavailableReason.cannotStart(name: function.name, reason: error.description)
        complete(pending, unavailable(reason))
    }

    /// An invocation has ended, whether a handler had it or not.
    func finished(_ pending: PendingInvocation, _ result: InvocationResult) {
        metrics.count(
            result, of: pending.request.invokedFunctionARN, function.version, at: context.now())
        var result = result
        result.executedVersion = function.version
        complete(pending, result)
    }

    private func complete(_ pending: PendingInvocation, _ result: InvocationResult) {
        metrics.ended()
        host.complete(pending, result)
    }
}

// MARK: - What environments report

extension FunctionPool {
    func initEnded(_ environment: ExecutionEnvironment, duration: Duration) {
        startBackOff = StartBackOff()
        metrics.initDuration.observe(duration)
        host.startEnded()
    }

    func environmentIsIdle(_ environment: ExecutionEnvironment, inherited: MonotonicTime?) {
        guard environment.edition == edition else {
            retire(environment)
            return
        }
        if waiting.isEmpty {
            idle.append(environment)
        } else {
            environment.dispatch(waiting.removeFirst(), inherited: inherited)
        }
    }

    /// It no longer waits for events: ended, overstayed, reaped or its connection is gone.
    func environmentLeft(_ environment: ExecutionEnvironment) {
        idle.removeAll { $0 === environment }
        pump()
    }

    func initFailed(_ environment: ExecutionEnvironment, _ error: (String) -> FunctionError) {
        host.startEnded()
        failFirst(environment, error)
        pump()
    }

    func startAgain(insteadOf environment: ExecutionEnvironment) {
        host.startEnded()
        context.logger.log(
            .warning, "init took too long, starting again", ["function": .string(function.key.description)])
        nextPhase = .repeated
        pump()
    }

    func environmentDied(_ environment: ExecutionEnvironment) {
        let before = environments.count
        environments.removeAll { $0 === environment }
        metrics.environments.add(Double(environments.count - before))
        host.somethingEnded(in: self)
        pump()
    }
}

// MARK: - Commands

extension FunctionPool {
    private func run(_ pending: PendingInvocation, _ words: [String], _ directory: String) {
        let command = CommandRun(pending, function: function, pool: self, context: context)
        commands.append(command)
        command.start(words, directory)
    }

    func commandEnded(_ command: CommandRun) {
        commands.removeAll { $0 === command }
        host.somethingEnded(in: self)
    }
}

/// How long a function whose environments fail to start has to wait for the next start. Pure.
struct StartBackOff: Equatable {
    private var failures = 0
    private var notBefore: MonotonicTime?

    /// The first failure costs nothing: it may be the file that was just being saved.
    mutating func failed(now: MonotonicTime) {
        failures += 1
        guard failures > 1 else { return }
        let doubled = RuntimeLimits.startBackOffFirst * (1 << min(failures - 2, 10))
        notBefore = now + min(doubled, RuntimeLimits.startBackOffLast)
    }

    /// What is left to wait, `nil` for nothing.
    func delay(now: MonotonicTime) -> Duration? {
        guard let notBefore, notBefore > now else { return nil }
        return notBefore - now
    }
}
