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
    private var functions: [FunctionKey: HostedFunction] = [:]
    /// Removed functions and versions whose last invocations are still running.
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
    private var executing: [Location: Int] = [:]

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
        try RuntimeClients.write(to: configuration.runtimeDirectory)
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
    package var environmentCount: Int {
        functions.values.reduce(0) { $0 + $1.environmentCount }
    }

    /// Adds a function without versions and aliases, or changes it; the same as that family.
    package func define(_ function: FunctionDefinition) {
        var family = functions[function.key]?.family ?? FunctionFamily(latest: function)
        family.latest = function
        define(family)
    }

    /// Adds a function or replaces it. A change retires idle environments of the changed versions now and busy ones
    /// after their invocation.
    package func define(_ family: FunctionFamily) {
        precondition(loop.isCurrent, "the host is used on its loop")
        guard let known = functions[family.key] else {
            functions[family.key] = HostedFunction(family, context: context, host: self)
            if family.reservedConcurrency != nil { ledger.reserve(family.reservedConcurrency, family.key) }
            return
        }
        let reserved = known.family.reservedConcurrency
        for pool in known.define(family) { leave(pool, .functionRemoved(name: family.key.name)) }
        if reserved != family.reservedConcurrency {
            setReservedConcurrency(family.reservedConcurrency, of: family.key)
        }
    }

    /// Removes a function. What waits is `.unavailable`, what runs ends as it would have.
    package func remove(_ key: FunctionKey) {
        precondition(loop.isCurrent, "the host is used on its loop")
        guard let known = functions.removeValue(forKey: key) else { return }
        for pool in known.pools.values { leave(pool, .functionRemoved(name: key.name)) }
        ledger.reserve(nil, key)
        callPermitWaiters()
    }

    private func leave(_ pool: FunctionPool, _ reason: UnavailableReason) {
        leaving.append(pool)
        pool.remove(reason)
        somethingEnded(in: pool)
    }

    /// Sets a function's guaranteed and greatest concurrency (`PutFunctionConcurrency`); `nil` takes it away.
    package func setReservedConcurrency(_ limit: Int?, of key: FunctionKey) {
        precondition(loop.isCurrent, "the host is used on its loop")
        ledger.reserve(limit, key)
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
    package func acquirePermit(
        function key: FunctionKey, for holder: PermitHolder? = nil
    ) -> Permit? {
        precondition(loop.isCurrent, "the host is used on its loop")
        guard ledger.refusal(key) == nil else {
            functions[key]?.metrics.countThrottle(at: context.now())
            return nil
        }
        ledger.take(key)
        runningGauge.set(ledger.running)
        return Permit(function: key, host: self, holder: holder)
    }

    /// Whether the function, or its version or alias of that name, is there to be invoked.
    package func isDefined(_ key: FunctionKey, qualifier: String? = nil) -> Bool {
        precondition(loop.isCurrent, "the host is used on its loop")
        return functions[key]?.family.has(qualifier: qualifier) ?? false
    }

    /// Why `acquirePermit` would answer `nil` now; `nil` when it would not.
    package func throttleReason(function key: FunctionKey) -> ThrottleReason? {
        precondition(loop.isCurrent, "the host is used on its loop")
        return ledger.refusal(key)
    }

    /// Calls the action once, on the loop and never during this call, when a permit of the function is free again.
    ///
    /// Waiters are called in the order they came, those first whose holder has fewer permits, before the completion of
    /// the invocation that freed the permit; one that no longer wants it lets the next one have it.
    @discardableResult
    package func onPermitFree(
        function key: FunctionKey, for holder: PermitHolder? = nil, _ action: @escaping () -> Void
    ) -> PermitWait {
        precondition(loop.isCurrent, "the host is used on its loop")
        let wait = permitQueue.append(key, holder, action)
        if ledger.refusal(key) == nil {
            loop.schedule(after: .zero) { [weak self] in self?.callPermitWaiters() }
        }
        return wait
    }

    package func cancel(_ wait: PermitWait) {
        precondition(loop.isCurrent, "the host is used on its loop")
        permitQueue.remove(wait)
    }

    func permitReturned(_ key: FunctionKey) {
        ledger.giveBack(key)
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
        let key = request.function
        guard let hosted = functions[key], !isShutDown else {
            return refuse(
                request, isShutDown ? .shuttingDown : .functionMissing(name: key.name), completion)
        }
        guard let pool = hosted.pool(qualifier: request.qualifier, draw: context.draw()) else {
            let qualifier = request.qualifier ?? "$LATEST"
            return refuse(request, .qualifierMissing(name: key.name, qualifier: qualifier), completion)
        }
        guard let permit = request.permit ?? acquirePermit(function: key) else {
            let reason = ledger.refusal(key) ?? .account
            completion(InvocationResult(outcome: .throttled(reason), startedAt: context.now()))
            return
        }
        precondition(permit.function == key, "a permit is for one function")
        executing[key.location, default: 0] += 1
        hosted.metrics.began(ofAll: executing[key.location] ?? 0, at: context.now())
        pool.invoke(PendingInvocation(request: request, permit: permit, completion: completion))
    }

    private func refuse(
        _ request: InvocationRequest, _ reason: UnavailableReason,
        _ completion: (InvocationResult) -> Void
    ) {
        request.permit?.release()
        completion(InvocationResult(outcome: .unavailable(reason), startedAt: context.now()))
    }

    func complete(_ pending: PendingInvocation, _ result: InvocationResult) {
        executing[pending.request.function.location, default: 0] -= 1
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
        for function in functions.values { leaving.append(contentsOf: function.pools.values) }
        functions.removeAll()
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
