import EventModel
import SQLite
import Synchronization

/// The writer thread: takes what waits as one group, one transaction, one commit.
final class WriterThread: @unchecked Sendable {
    // Sendable because everything but `inbox` is touched with `turn` held.
    private let inbox: Monitor<Inbox>
    /// Whose turn it is to write: the thread's, or that of a caller who found it idle.
    private let turn = Mutex(())
    private let writer: StoreWriter
    private let now: @Sendable () -> Timestamp
    private let isSpaceLow: () -> Bool
    private let published: (GroupEffects, StoreWriter) -> Void
    /// Since a group was lost for lack of space.
    private var isDiskFull = false
    /// Notes that were taken and are not written yet.
    private var notes: [LeaseNotes] = []
    private var groupsSinceMaintenance = 0
    /// When the last walk over everything that retention may end began.
    private var lapStart: Timestamp?
    private var maintenanceFailedAt: Timestamp?
    /// True when retention removed something in the last step, and more may be there.
    private var lastStepRemoved = false

    /// Pages in the log at which the writer moves them into the file: about 32 MB.
    private static let checkpointPages = 4_096
    /// The same while the disk is nearly full, so that the log does not take the rest of it.
    private static let smallCheckpointPages = 128
    /// How long notes wait for a group with which they can go; about what a crash of the process may forget.
    private static let notesPause = Duration.milliseconds(10)
    /// Notes that are kept when they cannot be written (a full disk); the oldest go (own choice: about 4 MB).
    private static let notesLimit = 32_768
    /// How long the thread sleeps when nothing comes; retention is looked after at this pace.
    private static let idlePause = Duration.seconds(1)
    /// Groups after which maintenance has its turn although work waits.
    private static let groupsBetweenMaintenance = 32
    /// Least time between two walks over all queues and shards.
    private static let lapPause = Duration.seconds(10)
    /// Rest after maintenance failed (a full disk), so that it does not burn a core.
    private static let failurePause = Duration.seconds(5)

    init(
        inbox: Monitor<Inbox>, writer: StoreWriter, now: @escaping @Sendable () -> Timestamp,
        isSpaceLow: @escaping () -> Bool, published: @escaping (GroupEffects, StoreWriter) -> Void
    ) {
        self.inbox = inbox
        self.writer = writer
        self.now = now
        self.isSpaceLow = isSpaceLow
        self.published = published
    }

    /// Runs until the inbox is closed and empty.
    func run() {
        var isRunning = true
        var pause = Duration.zero
        while isRunning {
            let taken = inbox.wait(atMost: pause) { $0.take() } ?? inbox.withLock { $0.takeNotes() }
            switch taken {
            case .notesCame:
                pause = WriterThread.notesPause
                continue
            case .nothing where pause == WriterThread.notesPause:
                // No group took notes, and none are left: the long sleep begins, and its end looks after the rest.
                pause = WriterThread.idlePause
                continue
            case .group, .closed, .nothing: break
            }
            (isRunning, pause) = turn.withLock { _ in
                let goesOn = act(on: taken)
                return (goesOn, isMaintenanceDue ? Duration.zero : pauseAfter(taken))
            }
            inbox.withLock { $0.isWorking = false }
        }
        turn.withLock { _ in
            // A reader that is still open keeps the log; the next start reads it.
            try? writer.connection.checkpoint(.truncate)
        }
    }

    /// While receives go on, their notes need not wake the thread: it looks after them itself.
    private func pauseAfter(_ taken: Inbox.Taken) -> Duration {
        if case .group(_, let notes) = taken, !notes.isEmpty { return WriterThread.notesPause }
        return WriterThread.idlePause
    }

    /// False at the end.
    private func act(on taken: Inbox.Taken) -> Bool {
        switch taken {
        case .group(let operations, let notes):
            runGroup(operations, notes)
            groupsSinceMaintenance += 1
            if groupsSinceMaintenance >= WriterThread.groupsBetweenMaintenance { maintain(isIdle: false) }
        case .closed: return false
        case .nothing, .notesCame: maintain(isIdle: true)
        }
        checkpointIfLong()
        return true
    }

    /// Runs a lone operation on the caller's thread, which saves waking this one: two switches of threads less.
    ///
    /// - Returns: False, with nothing done, when others wait or the thread has work of its own; then submit it.
    func runHere(_ operation: any PendingOperation) -> Bool {
        let isDone: Bool? = turn.withLockIfAvailable { _ in
            guard groupsSinceMaintenance < WriterThread.groupsBetweenMaintenance, !isLogLong,
                let notes = inbox.withLock({ $0.takeNotesIfLone() })
            else { return false }
            runGroup([operation], notes)
            groupsSinceMaintenance += 1
            return true
        }
        return isDone ?? false
    }
}

// MARK: - A group

extension WriterThread {
    private func runGroup(_ operations: [any PendingOperation], _ fresh: [LeaseNotes]) {
        notes.append(contentsOf: fresh)
        // On a full disk what somebody waits for goes without them.
        let writesNotes = !notes.isEmpty && (operations.isEmpty || !isDiskFull)
        let failure = commit { () throws(StoreError) in
            try writer.tendLeases()
            if writesNotes { try writer.keep(notes) }
            for operation in operations {
                let before = writer.connection.totalChanges
                let isDone = operation.run(writer)
                if let failure = writer.failure { throw failure }
                precondition(
                    isDone || writer.connection.totalChanges == before,
                    "an operation that throws has not written")
            }
        }
        if writesNotes, failure == nil { notes.removeAll(keepingCapacity: true) }
        if notes.count > WriterThread.notesLimit { notes.removeFirst(notes.count - WriterThread.notesLimit) }
        for operation in operations { operation.finish(failure) }
    }

    /// Runs `body` in a transaction of its own, commits it and makes it known.
    private func commit(_ body: () throws(StoreError) -> Void) -> StoreError? {
        // What space came back goes to the file first: in the log each page may be there many times.
        if isDiskFull { isDiskFull = !checkpoint() }
        do throws(StoreError) {
            try writer.beginGroup(at: now())
            do throws(StoreError) {
                try body()
            } catch {
                writer.rollBackGroup()
                throw error
            }
            published(try writer.commitGroup(), writer)
            return nil
        } catch {
            if error == .full { isDiskFull = true }
            return error
        }
    }

    /// After the answers, so that no caller waits for it; passive, so that it waits for no reader.
    private func checkpointIfLong() {
        if isLogLong { _ = checkpoint() }
    }

    private var isLogLong: Bool {
        let pages = writer.connection.logPages
        guard pages >= WriterThread.smallCheckpointPages else { return false }
        return pages >= WriterThread.checkpointPages || isSpaceLow()
    }

    /// False when the file has no room. What could not be moved stays in the log, from where it is read, and is moved
    /// the next time.
    private func checkpoint() -> Bool {
        do throws(SQLiteError) {
            try writer.connection.checkpoint(.passive)
            return true
        } catch {
            return false
        }
    }
}

// MARK: - Maintenance

extension WriterThread {
    private var isMaintenanceDue: Bool {
        guard maintenanceFailedAt == nil else { return false }
        return writer.hasErasures || lastStepRemoved
    }

    private func maintain(isIdle: Bool) {
        groupsSinceMaintenance = 0
        let moment = now()
        if let failed = maintenanceFailedAt, moment >= failed, moment - failed < WriterThread.failurePause {
            return
        }
        if writer.lap.isAtEnd { beginLapIfDue(moment) }
        let tidies = isIdle && writer.hasDeadLeases
        guard writer.hasErasures || !writer.lap.isAtEnd || tidies else { return }
        let failure = commit { () throws(StoreError) in
            if writer.hasErasures { try writer.eraseStep() }
            lastStepRemoved = try writer.lapStep()
            if tidies { try writer.removeDeadLeases() }
        }
        // Whoever stores something learns of the same failure; here it only delays.
        maintenanceFailedAt = failure == nil ? nil : moment
        if tidies, failure == nil, writer.hasDeadLeases { lastStepRemoved = true }
    }

    private func beginLapIfDue(_ moment: Timestamp) {
        if let lapStart, moment >= lapStart, moment - lapStart < WriterThread.lapPause { return }
        lapStart = moment
        writer.beginLap()
    }
}
