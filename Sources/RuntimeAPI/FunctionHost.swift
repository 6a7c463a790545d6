package import EventModel
package import HTTP
package import Telemetry

/// Runs functions: keeps their environments, hands them events and reports how each invocation ended.
///
/// Confined to `loop`; every entry point but `init` preconditions it.
package final class FunctionHost: @unchecked Sendable {
    /// - Parameters:
    ///   - now: Wall time, for deadlines and log lines; lengths are measured by a monotonic clock.
    ///   - logSink: Receives every log line of every function, on the loop; the line's bytes are valid during the call.
    /// - Throws: `.runtimeDirectory` when the runtime clients cannot be written.
    package init(
        loop: EventLoop, configuration: FunctionHostConfiguration, logger: Logger, metrics: Metrics,
        now: @escaping @Sendable () -> Timestamp, logSink: ((FunctionLogLine) -> Void)? = nil
    ) throws(RuntimeAPIError) { fatalError("pending") }

    /// Adds a function or replaces it. A change retires idle environments now and busy ones after their invocation.
    package func define(_ function: FunctionDefinition) { fatalError("pending") }

    /// Removes a function. What waits is `.unavailable`, what runs ends as it would have.
    package func remove(name: String) { fatalError("pending") }

    /// Sets a function's guaranteed and greatest concurrency (`PutFunctionConcurrency`); `nil` takes it away.
    package func setReservedConcurrency(_ limit: Int?, functionNamed name: String) { fatalError("pending") }

    /// Asks for the right to run one invocation.
    ///
    /// - Returns: A permit to be given to `invoke` or released, or `nil` when `throttleReason` says why not.
    package func acquirePermit(functionNamed name: String) -> Permit? { fatalError("pending") }

    /// Why `acquirePermit` would answer `nil` now; `nil` when it would not.
    package func throttleReason(functionNamed name: String) -> ThrottleReason? { fatalError("pending") }

    /// Calls the action once, on the loop and never during this call, when a permit of the function is free again.
    ///
    /// Waiters are called in the order they came; one that no longer wants the permit lets the next one have it.
    @discardableResult
    package func onPermitFree(functionNamed name: String, _ action: @escaping () -> Void) -> PermitWait {
        fatalError("pending")
    }

    package func cancel(_ wait: PermitWait) { fatalError("pending") }

    /// Runs one invocation. The completion is called exactly once, on the loop, maybe before this returns.
    ///
    /// The permit is free again when the completion is called.
    package func invoke(_ request: InvocationRequest, completion: @escaping (InvocationResult) -> Void) {
        fatalError("pending")
    }

    /// Ends every environment: SIGTERM to its group, SIGKILL after a short time. Waiting invocations are `.unavailable`.
    package func shutdown(completion: @escaping () -> Void) { fatalError("pending") }
}

/// The right to run one invocation of one function. Confined to the host's loop.
///
/// Spent by `invoke` or given back by `release`; letting go of it without either is a bug that leaks concurrency.
package final class Permit {
    package let functionName: String

    init(functionName: String) { self.functionName = functionName }

    /// Gives the permit back unused.
    package func release() { fatalError("pending") }
}

/// Names one waiter for a permit.
package struct PermitWait: Hashable, Sendable {
    let number: UInt64
}
