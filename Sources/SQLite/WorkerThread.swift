import Glibc

/// A POSIX thread that runs one closure; `join` waits for its end.
package struct WorkerThread: Sendable {
    private let thread: pthread_t

    package init(_ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                start.body()
                return nil
            }, start.toOpaque())
        precondition(
            result == 0, "the system gives a process the few threads that Millrace asks for at its start")
        self.thread = thread
    }

    package func join() { pthread_join(thread, nil) }

    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
