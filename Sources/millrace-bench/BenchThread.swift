import Glibc

/// A thread for one piece of a baseline's work.
final class BenchThread {
    private final class Work: Sendable {
        let action: @Sendable () -> Void
        init(_ action: @escaping @Sendable () -> Void) { self.action = action }
    }

    private var thread = pthread_t()

    init(_ action: @escaping @Sendable () -> Void) throws(BenchError) {
        let code = pthread_create(
            &thread, nil,
            { @Sendable argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().action()
                return nil
            }, Unmanaged.passRetained(Work(action)).toOpaque())
        guard code == 0 else { throw BenchError("no thread: \(String(cString: strerror(code)))") }
    }

    func join() { pthread_join(thread, nil) }
}
