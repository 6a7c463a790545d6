import EventModel

/// An invocation on its way to a handler: it has its permit.
struct PendingInvocation {
    let request: InvocationRequest
    let permit: Permit
    let completion: (InvocationResult) -> Void
}

/// An invocation that a handler has.
struct RunningInvocation {
    let pending: PendingInvocation
    let startedAt: Timestamp
    let started: MonotonicTime

    var requestID: String { pending.request.requestID }
}

/// How a handler's work on one invocation ended.
enum Ending {
    case answered([UInt8])
    case failed(FunctionError)

    var outcome: InvocationResult.Outcome {
        switch self {
        case .answered(let payload): .success(payload: payload)
        case .failed(let error): .functionError(payload: error.payload, kind: "Unhandled")
        }
    }

    var isTimeout: Bool {
        if case .failed(.timedOut) = self { true } else { false }
    }

    var isFailure: Bool {
        if case .failed = self { true } else { false }
    }
}
