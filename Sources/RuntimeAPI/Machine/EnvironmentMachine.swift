/// The life of one execution environment: which call of its runtime is allowed when, and what each end means.
///
/// Pure: it is told what happened and the time, and returns what is to be done. `Environment` does it.
///
/// ```
/// starting ──next──► idle ──dispatch──► busy ──response/error──► between ──next──► idle
///    any of them ──deadline, init error, retire──► ending ──exited──► dead
/// ```
struct EnvironmentMachine: Equatable {
    /// Lambda runs init again, under the function's timeout, when it took longer than its own limit (invocation.md §6).
    enum InitPhase: Equatable {
        case first
        case repeated
    }

    enum State: Equatable {
        /// The runtime loads the function. Next: idle, ending, dead.
        case starting(InitPhase, deadline: MonotonicTime)
        /// A `next` is parked. Next: busy, between (its connection closed), ending, dead.
        case idle(reapAt: MonotonicTime, last: String?)
        /// The handler has an event. Next: between, ending, dead.
        case busy(requestID: String, deadline: MonotonicTime)
        /// The runtime has answered and owes a `next`. Next: idle, ending, dead.
        case between(last: String?, deadline: MonotonicTime)
        /// Killed; its exit is awaited. Next: dead.
        case ending
        case dead
    }

    private(set) var state: State
    private let idleTimeout: Duration

    init(phase: InitPhase, deadline: MonotonicTime, idleTimeout: Duration) {
        state = .starting(phase, deadline: deadline)
        self.idleTimeout = idleTimeout
    }

    /// When something must happen by itself; `nil` when the environment waits for nothing but its end.
    var deadline: MonotonicTime? {
        switch state {
        case .starting(_, let deadline), .busy(_, let deadline), .between(_, let deadline): deadline
        case .idle(let reapAt, _): reapAt
        case .ending, .dead: nil
        }
    }
}

/// Why the Runtime API refuses a call.
enum RuntimeRefusal: Equatable {
    /// 400: not the invocation in hand.
    case invalidRequestID
    /// 403: not now.
    case invalidStateTransition
}

// MARK: - Calls of the runtime

extension EnvironmentMachine {
    enum NextAction: Equatable {
        /// Keep the request until there is an event.
        ///
        /// - Parameter ended: The init phase that ended with this call, if one did; with the deadline that the
        ///   first invocation inherits from a repeated init.
        case park(ended: InitPhase?, inherited: MonotonicTime?)
        case refuse(RuntimeRefusal)
    }

    mutating func nextRequested(now: MonotonicTime) -> NextAction {
        switch state {
        case .starting(let phase, let deadline):
            state = .idle(reapAt: now + idleTimeout, last: nil)
            return .park(ended: phase, inherited: phase == .repeated ? deadline : nil)
        case .between(let last, _):
            state = .idle(reapAt: now + idleTimeout, last: last)
            return .park(ended: nil, inherited: nil)
        case .idle, .busy, .ending, .dead:
            return .refuse(.invalidStateTransition)
        }
    }

    /// The parked `next` lost its connection; the runtime gets a while to send another.
    mutating func nextAbandoned(now: MonotonicTime, grace: Duration) {
        switch state {
        case .idle(_, let last): state = .between(last: last, deadline: now + grace)
        case .starting, .busy, .between, .ending, .dead: break
        }
    }

    /// The parked `next` is answered with an event.
    mutating func dispatch(requestID: String, deadline: MonotonicTime) {
        guard case .idle = state else { preconditionFailure("an event goes to an idle environment only") }
        state = .busy(requestID: requestID, deadline: deadline)
    }

    enum AnswerAction: Equatable {
        /// The invocation has ended.
        case accept
        case refuse(RuntimeRefusal)
    }

    /// A response or an error was posted for an invocation.
    mutating func answered(requestID: Substring) -> AnswerAction {
        switch state {
        case .busy(let current, let deadline):
            guard requestID == current else { return .refuse(.invalidRequestID) }
            state = .between(last: current, deadline: deadline)
            return .accept
        case .idle(_, let last), .between(let last, _):
            // A second answer is a wrong transition, an answer to something else a wrong ID.
            return .refuse(last.map { requestID == $0 } == true ? .invalidStateTransition : .invalidRequestID)
        case .starting, .ending, .dead:
            return .refuse(.invalidStateTransition)
        }
    }

    enum InitErrorAction: Equatable {
        /// Init has failed: kill the process and fail the invocation that waits for it.
        case fail
        case refuse(RuntimeRefusal)
    }

    mutating func initErrorPosted() -> InitErrorAction {
        switch state {
        case .starting:
            state = .ending
            return .fail
        case .idle, .busy, .between, .ending, .dead:
            return .refuse(.invalidStateTransition)
        }
    }
}

// MARK: - Time, exits and orders

extension EnvironmentMachine {
    /// What a reached deadline means. Each case but `none` wants the process group killed.
    enum DeadlineAction: Equatable {
        /// Nothing yet: the deadline has moved.
        case none
        /// Init took too long: start again, under the function's timeout.
        case startAgain
        /// The repeated init has used up the function's timeout: the waiting invocation has timed out.
        case initTimedOut
        case timedOut(requestID: String)
        /// The runtime answered and never asked for more.
        case overstayed
        /// Idle for so long that its memory is better used elsewhere.
        case reap
    }

    mutating func deadlinePassed(now: MonotonicTime) -> DeadlineAction {
        guard let deadline, now >= deadline else { return .none }
        let action: DeadlineAction
        switch state {
        case .starting(.first, _): action = .startAgain
        case .starting(.repeated, _): action = .initTimedOut
        case .idle: action = .reap
        case .busy(let requestID, _): action = .timedOut(requestID: requestID)
        case .between: action = .overstayed
        case .ending, .dead: return .none
        }
        state = .ending
        return action
    }

    enum ExitAction: Equatable {
        /// Its end was ordered.
        case expected
        /// The process ended before its first `next`.
        case initFailed
        case invocationFailed(requestID: String)
        /// It had nothing to do: no invocation is lost.
        case left
    }

    mutating func exited() -> ExitAction {
        let action: ExitAction
        switch state {
        case .starting: action = .initFailed
        case .busy(let requestID, _): action = .invocationFailed(requestID: requestID)
        case .idle, .between: action = .left
        case .ending, .dead: action = .expected
        }
        state = .dead
        return action
    }

    /// Orders the end of an environment that has no invocation in hand.
    ///
    /// - Returns: Whether there is something to kill; a busy one is left alone.
    mutating func retire() -> Bool {
        switch state {
        case .starting, .idle, .between:
            state = .ending
            return true
        case .busy, .ending, .dead:
            return false
        }
    }

    /// Orders the end whatever it does.
    ///
    /// - Returns: The invocation in hand, which is lost by it.
    mutating func abandon() -> String? {
        defer { if state != .dead { state = .ending } }
        guard case .busy(let requestID, _) = state else { return nil }
        return requestID
    }
}
