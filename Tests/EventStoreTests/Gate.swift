import Dispatch

/// Holds a thread until somebody opens it.
final class Gate: Sendable {
    private let signal = DispatchSemaphore(value: 0)

    func wait() { signal.wait() }
    func open() { signal.signal() }
}
