/// What came of one invocation, as the machines see it.
package enum InvocationOutcome: Equatable, Sendable {
    case succeeded
    /// The answer named batch item failures: their indices in the batch, ascending, unique, at least one.
    case partiallyFailed([Int])
    case failed(InvocationFailure)
    /// The function was not reached. Never counts as an attempt (esm-streams.md §4.1).
    case notReached(Unreachable)

    /// It counts as an attempt.
    package var reachedFunction: Bool {
        if case .notReached = self { false } else { true }
    }

    /// - Parameter response: The interpreted answer of an invocation without function error.
    package init(_ response: BatchResponse) {
        switch response {
        case .success: self = .succeeded
        case .failed(let indices): self = .partiallyFailed(indices)
        case .wholeBatch(let reason): self = .failed(.badResponse(reason))
        }
    }
}

/// Why a whole batch counts as failed.
package enum InvocationFailure: Equatable, Sendable {
    /// Exception, timeout, crash, answer too large: whatever AWS marks with `X-Amz-Function-Error`.
    case functionError
    /// The function returned normally, but its answer fails the whole batch.
    case badResponse(BatchResponse.Reason)
    /// A batch item failure was the first record: nothing was gained.
    case noProgress
    /// The event of the single record is larger than 6 MB; the function was never called.
    case oversized
}

/// Why a function was not reached.
package enum Unreachable: Equatable, Sendable {
    /// 429: its concurrency or the account's was used up.
    case throttled
    /// A service error, a missing function, and so on; the text says which, for the user.
    case unavailable(String)
}

extension InvocationFailure {
    /// What the invocation record says when this was the last failure (esm-streams.md §5).
    var responseContext: ResponseContext {
        switch self {
        case .functionError: .unhandled
        case .badResponse, .noProgress: .noFunctionError
        case .oversized: .absent
        }
    }
}
