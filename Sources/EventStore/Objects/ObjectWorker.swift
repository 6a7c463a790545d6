import SQLite
import Synchronization

/// A thread for what takes long with bodies: digests, files, the disk. One job after the other.
///
/// When nothing waits, it looks through the folders for files that belong to no row, one folder at a time, once in the
/// life of a store.
final class ObjectWorker: Sendable {
    typealias Job = @Sendable () -> Void

    private struct Inbox {
        var jobs: [(bytes: Int, run: Job)] = []
        var bytes = 0
        var isClosed = false
        /// Called when the walk through the folders has come to its end.
        var afterSweep: [Job] = []
    }

    /// What may wait at once (own choice): enough for several large parts a core.
    private static let bytesMax = 268_435_456
    private static let jobsMax = 4_096

    private let inbox = Monitor(Inbox())
    private let thread = Mutex<WorkerThread?>(nil)
    private let isStarted = Atomic(false)
    private let sweep: @Sendable (Int) -> Void

    /// - Parameter sweep: Looks through one folder.
    init(sweep: @escaping @Sendable (Int) -> Void) { self.sweep = sweep }

    /// Starts the thread; a store without objects never needs it.
    func start() {
        guard !isStarted.exchange(true, ordering: .relaxed) else { return }
        thread.withLock { $0 = WorkerThread { [self] in run() } }
    }

    /// Takes a job; false when too much waits already, or the store is closed.
    func submit(bytes: Int, _ job: @escaping Job) -> Bool {
        let isTaken = inbox.update { inbox in
            guard !inbox.isClosed, inbox.jobs.count < Self.jobsMax, inbox.bytes + bytes <= Self.bytesMax
            else { return false }
            inbox.jobs.append((bytes, job))
            inbox.bytes += bytes
            return true
        }
        if isTaken { start() }
        return isTaken
    }

    /// Calls back once the walk through the folders is over; starts it if need be.
    func afterSweep(_ action: @escaping Job) {
        inbox.update { inbox in
            inbox.afterSweep.append(action)
            inbox.jobs.append((0, {}))
            return true
        }
        start()
    }

    /// Runs what waits, then ends the thread.
    func stop() {
        inbox.update { inbox in
            inbox.isClosed = true
            return true
        }
        let ending = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        ending?.join()
    }

    private func run() {
        var folder = 0
        var isRunning = true
        while isRunning {
            let pause: Duration? = folder < ObjectFiles.folderCount ? .zero : nil
            let next = inbox.wait(atMost: pause, Self.take)
            switch next {
            case .jobs(let jobs)?:
                for job in jobs {
                    job.run()
                    inbox.withLock { $0.bytes -= job.bytes }
                }
            case .closed?: isRunning = false
            case nil:
                sweep(folder)
                folder += 1
            }
            if folder == ObjectFiles.folderCount {
                let actions = inbox.withLock { inbox in
                    defer { inbox.afterSweep = [] }
                    return inbox.afterSweep
                }
                for action in actions { action() }
            }
        }
    }

    private enum Taken {
        case jobs([(bytes: Int, run: Job)])
        case closed
    }

    private static func take(_ inbox: inout Inbox) -> Taken? {
        guard !inbox.jobs.isEmpty else { return inbox.isClosed ? .closed : nil }
        defer { inbox.jobs = [] }
        return .jobs(inbox.jobs)
    }
}
