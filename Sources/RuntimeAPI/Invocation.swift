package import EventModel

/// One call to a function, to be run by `FunctionHost.invoke`.
package struct InvocationRequest {
    package let function: FunctionKey
    /// Version or alias; `nil` is `$LATEST`. An alias is looked up anew for each attempt.
    package let qualifier: String?
    /// Right to run, from `acquirePermit`; spent by the invocation. `nil` lets `invoke` take one, or answer `.throttled`.
    package let permit: Permit?
    /// Lower-case UUID text; the same for retries where the mapping's rules say so.
    package let requestID: String
    /// JSON, at most `Limits.eventBytes` in all; written to the handler slice by slice, never joined.
    package let event: [ArraySlice<UInt8>]
    /// As invoked: with alias or version only if the caller named one.
    package let invokedFunctionARN: String
    /// Keeps the log tail of successes too; failures always have it.
    package let wantsLogTail: Bool
    /// `X-Amz-Client-Context`, decoded JSON, handed on as it is.
    package let clientContext: String?

    package init(
        function: FunctionKey, qualifier: String? = nil, permit: Permit?, requestID: String,
        event: [ArraySlice<UInt8>],
        invokedFunctionARN: String, wantsLogTail: Bool = false, clientContext: String? = nil
    ) {
        self.function = function
        self.qualifier = qualifier
        self.permit = permit
        self.requestID = requestID
        self.event = event
        self.invokedFunctionARN = invokedFunctionARN
        self.wantsLogTail = wantsLogTail
        self.clientContext = clientContext
    }
}

/// How an invocation ended.
package struct InvocationResult: Sendable {
    package enum Outcome: Sendable, Equatable {
        /// What the handler answered, as it was; `null` when a command printed nothing.
        case success(payload: [UInt8])
        /// The function ran and failed, or could not start: an attempt was made. The payload is the error object of
        /// invocation.md §1; `kind` is `X-Amz-Function-Error`, always `Unhandled`.
        case functionError(payload: [UInt8], kind: String)
        /// No permit: nothing ran.
        case throttled(ThrottleReason)
        /// No attempt was made that counts: no such function, no process to be had, or the host shuts down, which
        /// also ends what was running.
        case unavailable(UnavailableReason)
    }

    package let outcome: Outcome
    /// When the event was handed to the handler, or when the invocation ended if it never was.
    package let startedAt: Timestamp
    /// From the hand-over to the end of the handler's answer; zero if nothing ran.
    package let duration: Duration
    /// The last 4 KB of the invocation's log with its START, END and REPORT lines; see `wantsLogTail`.
    package let logTail: [UInt8]
    /// The version that ran; `nil` when none did.
    package var executedVersion: FunctionVersion?

    package init(outcome: Outcome, startedAt: Timestamp, duration: Duration = .zero, logTail: [UInt8] = []) {
        self.outcome = outcome
        self.startedAt = startedAt
        self.duration = duration
        self.logTail = logTail
    }
}

/// Why an invocation was not let through, in the words of `TooManyRequestsException` (invocation.md §5).
package enum ThrottleReason: String, Sendable {
    case account = "ConcurrentInvocationLimitExceeded"
    case reservedFunction = "ReservedFunctionConcurrentInvocationLimitExceeded"
}

/// Why there was nobody to invoke.
package enum UnavailableReason: Sendable, Equatable, CustomStringConvertible {
    case functionMissing(name: String)
    /// The function is there, the version or alias is not.
    case qualifierMissing(name: String, qualifier: String)
    case functionRemoved(name: String)
    case shuttingDown
    /// The system refused a process, an address or a pipe: want of memory, descriptors or process slots.
    case cannotStart(name: String, reason: String)

    package var description: String {
        switch self {
        case .functionMissing(let name): "There is no function \(name)."
        case .qualifierMissing(let name, let qualifier):
            "The function \(name) has no version or alias \(qualifier)."
        case .functionRemoved(let name): "The function \(name) was removed while the invocation waited."
        case .cannotStart(let name, let reason): "No environment of \(name) could be started: \(reason)."
        case .shuttingDown: "The function host is shutting down."
        }
    }
}
