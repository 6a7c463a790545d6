/// What a descriptor is watched for, and what happened to it.
package struct PollEvents: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = PollEvents(rawValue: 1)
    package static let writable = PollEvents(rawValue: 2)
    /// The peer will send nothing more. Reported only if asked for.
    package static let readClosed = PollEvents(rawValue: 4)
    /// Hung up or in error. Always reported.
    package static let closed = PollEvents(rawValue: 8)
}

/// Names one scheduled piece of work; of no use after the work ran or was cancelled.
package struct TimerToken: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32
}

/// One thread that waits for descriptors, timers and work from other threads, and runs what they call for.
package final class EventLoop: @unchecked Sendable {
    /// - Parameter label: the thread's name; the kernel shows its first 15 characters.
    package init(label: String) throws(HTTPError) { fatalError("pending") }

    /// Starts the thread. Once.
    package func start() { fatalError("pending") }

    /// Ends the thread after the work posted so far and waits for it. Not from the loop itself; idempotent.
    package func stop() { fatalError("pending") }

    /// Whether the caller runs on this loop's thread.
    package var isCurrent: Bool { fatalError("pending") }

    /// Runs the work on the loop soon, in the order of the calls. From any thread, also before `start`.
    package func execute(_ work: @escaping @Sendable () -> Void) { fatalError("pending") }
}

// MARK: - On the loop's thread only

extension EventLoop {
    /// Runs the work once after `delay`, never before; equal deadlines run in the order of the calls.
    @discardableResult
    package func schedule(after delay: Duration, _ work: @escaping () -> Void) -> TimerToken { fatalError("pending") }

    /// Forgets scheduled work. Does nothing if it ran already.
    package func cancel(_ token: TimerToken) { fatalError("pending") }

    /// Calls the handler whenever (level-triggered) one of the events holds. The loop never closes the descriptor.
    package func watch(
        _ descriptor: Int32, _ events: PollEvents, _ handler: @escaping (PollEvents) -> Void
    ) throws(HTTPError) { fatalError("pending") }

    /// Changes what a watched descriptor is watched for; empty leaves `.closed` only.
    package func change(_ descriptor: Int32, _ events: PollEvents) { fatalError("pending") }

    /// Stops watching; must come before the descriptor is closed. No handler runs after it.
    package func unwatch(_ descriptor: Int32) { fatalError("pending") }
}
