import Glibc
import Synchronization

/// A thread for one piece of work that waits; its error comes out of `join`.
final class BackgroundThread {
    private final class Work: Sendable {
        let action: @Sendable () throws -> Void
        let failure = Mutex<(any Error)?>(nil)

        init(_ action: @escaping @Sendable () throws -> Void) { self.action = action }

        func run() {
            do { try action() } catch { failure.withLock { $0 = error } }
        }
    }

    private var thread = pthread_t()
    private let work: Work

    init(_ action: @escaping @Sendable () throws -> Void) throws {
        work = Work(action)
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(work).toOpaque())
        guard code == 0 else { throw HarnessError("no thread: \(String(cString: strerror(code)))") }
    }

    func join() throws {
        pthread_join(thread, nil)
        if let error = work.failure.withLock({ $0 }) { throw error }
    }
}
