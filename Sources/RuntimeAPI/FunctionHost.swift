package import EventModel
package import HTTP
package import Metering
package import Telemetry
import Glibc

/// Runs functions: keeps their environments, hands them events and reports how each invocation ended.
///
/// Confined to `loop`; every entry point but `init` preconditions it, which is why it may be passed between threads.
package final class FunctionHost: @unchecked Sendable {
    private let loop: EventLoop
    private let context: HostContext
    private var pools: [String: FunctionPool] = [:]
    /// Removed functions whose last invocations are still running.
    private var leaving: [FunctionPool] = []
    private var ledger: ConcurrencyLedger
    private var permitQueue = PermitQueue()
    private let runningGauge: Gauge
    private var startsInProgress = 0
    /// Functions that could not start an environment because too many others were starting.
    private var startQueue: [FunctionPool] = []
    private var shutdownCompletion: (() -> Void)?
    private var isShutDown = false
    /// Invocations that have a permit and have not ended.
    private var executing = 0

    /// Also makes the process ignore SIGPIPE: a handler that closes its input must not end the daemon.
    ///
    /// - Parameters:
    ///   - recorder: Takes what CloudWatch shows of functions.
    ///   - now: Wall time, for deadlines and log lines; lengths are measured by the monotonic clock.
    ///   - logSink: Receives every log line of every function, on the loop; the line's bytes are valid during the call.
    /// - Throws: `.runtimeDirectory` when the runtime client cannot be written.
    package init(
        loop: EventLoop, configuration: FunctionHostConfiguration, logger: Logger, metrics: Metrics,
        recorder: MetricRecorder = MetricRecorder(), now: @escaping @Sendable () -> Timestamp,
        logSink: ((FunctionLogLine) -> Void)? = nil
    ) throws(RuntimeAPIError) {
        try PythonClient.write(to: configuration.runtimeDirectory)
        context = try HostContext(
            loop: loop, configuration: configuration, logger: logger, metrics: metrics,
            recorder: recorder, now: now, logSink: logSink)
        self.loop = loop
        ledger = ConcurrencyLedger(limit: configuration.concurrencyLimit)
        runningGauge = metrics.gauge(
            "millrace_concurrent_executions", help: "Concurrency permits in use, over all functions.")
        signal(SIGPIPE, SIG_IGN)
    }
}

// MARK: - Functions

extension FunctionHost {
    /// Environments of all functions, starting ones included.
    package var environmentCount: Int { pools.values.reduce(0) { $0 + $1.environmentCount } }

    /// Adds a function or replaces it. A change retires idle environments now and busy ones after their invocation.
    package func define(_ function: FunctionDefinition) {
        precondition(loop.isCurrent, "the host is used on its loop")
        if let pool = pools[function.name] {
            pool.define(function)
        } else {
            pools[function.name] = FunctionPool(function, context: context, host: self)
        }
    }

    /// Removes a function. What waits is `.unavailable`, what runs ends as it would have.
    package func remove(name: String) {
        precondition(loop.isCurrent, "the host is used on its loop")
        guard let pool = pools.removeValue(forKey: name) else { return }
        leaving.append(pool)
        pool.remove(.functionRemoved(name: name))
        ledger.reserve(nil, name)
        somethingEnded(in: pool)
    }

    /// Sets a function's guaranteed and greatest concurrency (`PutFunctionConcurrency`); `nil` takes it away.
    package func setReservedConcurrency(_ limit: Int?, functionNamed name: String) {
        precondition(loop.isCurrent, "the host is used on its loop")
        ledger.reserve(limit, name)
        callPermitWaiters()
    }
}

// MARK: - Permits

extension FunctionHost {
    /// Asks for the right to run one invocation.
    ///
    /// A refusal counts as a throttled request.
    ///
    /// - Parameter holder: Who asks; `nil` for somebody who never has more than one.
    /// - Returns: A permit to be given to `invoke` or released, or `nil` when `throttleReason` says why not.
    package func acquirePermit(functionNamed name: String, for holder: PermitHolder? = nil) -> Permit? {
        precondition(loop.isCurrent, "the host is used on its loop")
        guard ledger.refusal(name) == nil else {
            pools[name]?.countThrottle()
            return nil
        }
        ledger.take(name)
        runningGauge.set(ledger.running)
        return Permit(functionName: name, host: self, holder: holder)
    }

    /// Whether the function is there to be invoked.
    package func isDefined(_ name: String) -> Bool {
        precondition(loop.isCurrent, "the host is used on its loop")
        return pools[name] != nil
    }

    /// Why `acquirePermit` would answer `nil` now; `nil` when it would not.
    package func throttleReason(functionNamed name: String) -> ThrottleReason? {
        precondition(loop.isCurrent, "the host is used on its loop")
        return ledger.refusal(name)
    }

    /// Calls the action once, on the loop and never during this call, when a permit of the function is free again.
    ///
    /// Waiters are called in the order they came, those first whose holder has fewer permits, before the completion of
    /// the invocation that freed the permit; one that no longer wants it lets the next one have it.
    @discardableResult
    package func onPermitFree(
        functionNamed name: String, for holder: PermitHolder? = nil, _ action: @escaping () -> Void
    ) -> PermitWait {
        precondition(loop.isCurrent, "the host is used on its loop")
        let wait = permitQueue.append(name, holder, action)
        if ledger.refusal(name) == nil {
            loop.schedule(after: .zero) { [weak self] in self?.callPermitWaiters() }
        }
        return wait
    }

    package func cancel(_ wait: PermitWait) {
        precondition(loop.isCurrent, "the host is used on its loop")
        permitQueue.remove(wait)
    }

    func permitReturned(_ name: String) {
        ledger.giveBack(name)
        runningGauge.set(ledger.running)
        callPermitWaiters()
    }

    private func callPermitWaiters() {
        guard !permitQueue.isEmpty else { return }
        while let waiter = permitQueue.pop(where: { ledger.refusal($0) == nil }) { waiter.action() }
    }
}

// MARK: - Invocations

extension FunctionHost {
    /// Runs one invocation. The completion is called exactly once, on the loop, maybe before this returns.
    ///
    /// The permit is free again when the completion is called.
    package func invoke(_ request: InvocationRequest, completion: @escaping (InvocationResult) -> Void) {
        precondition(loop.isCurrent, "the host is used on its loop")
        guard let pool = pools[request.functionName], !isShutDown else {
            let missing = UnavailableReason.functionMissing(name: request.functionName)
            request.permit?.release()
            completion(
                InvocationResult(
                    outcome: .unavailable(isShutDown ? .shuttingDown : missing), startedAt: context.now()))
            return
        }
        guard let permit = request.permit ?? acquirePermit(functionNamed: request.functionName) else {
            let reason = ledger.refusal(request.functionName) ?? .account
            completion(InvocationResult(outcome: .throttled(reason), startedAt: context.now()))
            return
        }
        precondition(permit.functionName == request.functionName, "a permit is for one function")
        executing += 1
        pool.began(ofAll: executing)
        pool.invoke(PendingInvocation(request: request, permit: permit, completion: completion))
    }

    func complete(_ pending: PendingInvocation, _ result: InvocationResult) {
        executing -= 1
        pending.permit.release()
        pending.completion(result)
    }
}

// MARK: - Starts

extension FunctionHost {
    /// Whether one more environment may start now. If not, the function's turn comes when another's start has ended.
    func mayStart(_ pool: FunctionPool) -> Bool {
        if startsInProgress < context.configuration.simultaneousStarts { return true }
        if !startQueue.contains(where: { $0 === pool }) { startQueue.append(pool) }
        return false
    }

    func startBegan() { startsInProgress += 1 }

    func startEnded() {
        precondition(startsInProgress > 0, "each start ends once")
        startsInProgress -= 1
        guard !startQueue.isEmpty else { return }
        // Not at once: the one whose start has ended is in the middle of something.
        loop.schedule(after: .zero) { [weak self] in
            guard let self, !startQueue.isEmpty else { return }
            startQueue.removeFirst().pump()
        }
    }
}

// MARK: - Shutdown

extension FunctionHost {
    /// Ends every environment: SIGTERM to its group, SIGKILL after `terminationGrace`. Waiting and running invocations
    /// are `.unavailable`. The completion is called on the loop when the last process has been reaped.
    package func shutdown(completion: @escaping () -> Void) {
        precondition(loop.isCurrent, "the host is used on its loop")
        precondition(!isShutDown, "a host is shut down once")
        isShutDown = true
        shutdownCompletion = completion
        leaving.append(contentsOf: pools.values)
        pools.removeAll()
        for pool in leaving { pool.abandonAll() }
        leaving.removeAll(where: \.isEmpty)
        completeShutdown()
    }

    /// A process of the function is gone; a function on its way out may be gone with it.
    func somethingEnded(in pool: FunctionPool) {
        guard !leaving.isEmpty else { return }
        leaving.removeAll { $0 === pool && $0.isEmpty }
        completeShutdown()
    }

    private func completeShutdown() {
        guard isShutDown, leaving.isEmpty, let completion = shutdownCompletion else { return }
        shutdownCompletion = nil
        loop.schedule(after: .zero, completion)
    }
}
