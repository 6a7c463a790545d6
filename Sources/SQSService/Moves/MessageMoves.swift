import EventModel
import EventStore
import HTTP

/// Carries out message move tasks: chunk by chunk, one chunk at a time over all tasks, each task in its turn.
///
/// A chunk's messages, their copies and the task's progress are one operation of the writer, so a crash repeats nothing
/// and loses nothing, and a task that was running goes on after a restart.
final class MessageMoves: @unchecked Sendable {
    // Confined to `loop`; every entry point is called there.
    private let store: EventStore
    private let reader: StoreReader
    private let loop: EventLoop
    private let now: @Sendable () -> Timestamp

    private struct Runner {
        let move: MessageMove
        var moved: Int
        var pace: MovePace?
    }

    private var runners: [String: Runner] = [:]
    /// The tasks in the order of their turns.
    private var turns: [String] = []
    private var isBusy = false
    private var isStopped = false
    private var timer: TimerToken?

    /// Messages of a chunk (own choice: a few milliseconds of the writer, so that others hardly wait).
    private static let chunkMessages = 200
    /// Bytes of a chunk; its last message may exceed it.
    private static let chunkBytes = 4_194_304
    /// Longest run of a task (SQS quotas: 36 hours).
    private static let longestRun = Duration.seconds(129_600)
    private static let timeOut = "The task ran for longer than 36 hours."
    /// Longest sleep of a task that keeps a pace, so that a clock that was moved is noticed.
    private static let longestSleep = Duration.milliseconds(200)
    /// Rest after the store failed.
    private static let failurePause = Duration.seconds(1)

    init(store: EventStore, reader: StoreReader, loop: EventLoop, now: @escaping @Sendable () -> Timestamp) {
        self.store = store
        self.reader = reader
        self.loop = loop
        self.now = now
    }

    /// Goes on with what an earlier run left.
    func resume() {
        precondition(loop.isCurrent, "moves are confined to their loop")
        do throws(StoreError) {
            for move in try reader.activeMessageMoves() { add(move) }
        } catch {
            // What cannot be read now may be readable later; nothing else would ask again.
            _ = loop.schedule(after: Self.failurePause) { [weak self] in self?.resume() }
        }
    }

    func add(_ move: MessageMove) {
        guard runners[move.task] == nil else { return }
        runners[move.task] = Runner(
            move: move, moved: move.moved, pace: move.perSecond.map { MovePace(perSecond: $0) })
        turns.append(move.task)
        guard move.status == .running else { return end(move.task, .cancelled) }
        advance()
    }

    /// Ends a task that is noted as `CANCELLING`.
    func cancel(_ task: String) { end(task, .cancelled) }

    /// Begins no more chunks; the one under way ends as it may.
    func stop() { isStopped = true }
}

// MARK: - Turns

extension MessageMoves {
    private func advance() {
        precondition(loop.isCurrent, "moves are confined to their loop")
        guard !isBusy, !isStopped else { return }
        if let timer { loop.cancel(timer) }
        timer = nil
        let moment = now()
        var due: Timestamp?
        for task in turns {
            guard let runner = runners[task] else { continue }
            let allowance = runner.pace?.allowance(at: moment) ?? Self.chunkMessages
            guard allowance > 0 else {
                let next = runner.pace?.next(at: moment) ?? moment
                due = min(due ?? next, next)
                continue
            }
            turns.removeAll { $0 == task }
            turns.append(task)
            return begin(runner, allowance, moment)
        }
        guard let due else { return }
        sleep(min(Self.longestSleep, max(.milliseconds(1), due - moment)))
    }

    private func sleep(_ length: Duration) {
        timer = loop.schedule(after: length) { [weak self] in
            self?.timer = nil
            self?.advance()
        }
    }

    private func begin(_ runner: Runner, _ allowance: Int, _ moment: Timestamp) {
        let move = runner.move
        guard moment - move.startedAt < Self.longestRun else {
            return end(move.task, .failed, failure: Self.timeOut)
        }
        let maximum = min(allowance, Self.chunkMessages, move.atMost - runner.moved)
        guard maximum > 0 else { return end(move.task, .completed) }
        let taken: TakenMessages
        do throws(StoreError) {
            taken = try reader.takeForMove(
                from: move.source, maximum: maximum, maxBytes: Self.chunkBytes, now: moment)
        } catch {
            // A queue that was deleted took its tasks along.
            guard store.catalog.queue(move.source) != nil else { return forget(move.task) }
            return sleep(Self.failurePause)
        }
        isBusy = true
        let positions = taken.positions
        store.submit { writer throws(StoreError) in
            try writer.moveMessages(of: move.task, positions, isLast: taken.isAll)
        } completion: { [self] result in
            let kept = (try? result.get().kept) ?? positions  // A failed group has moved none of them.
            if !kept.isEmpty { store.leases.cancelDelete(kept, in: move.source, now: now()) }
            loop.execute { [self] in
                isBusy = false
                finish(move.task, result, moment)
            }
        }
    }

    private func finish(_ task: String, _ result: Result<MoveStep, StoreError>, _ moment: Timestamp) {
        switch result {
        case .success(let step):
            if let after = step.move, after.status == .running, var runner = runners[task] {
                runner.pace?.spend(after.moved - runner.moved, at: moment)
                runner.moved = after.moved
                runners[task] = runner
            } else if step.move?.status != .cancelling {
                forget(task)
            }
            advance()
        case .failure: if !isStopped { sleep(Self.failurePause) }
        }
    }

    private func end(_ task: String, _ status: MessageMove.Status, failure: String? = nil) {
        forget(task)
        store.submit { writer throws(StoreError) in
            try writer.setMove(task, status, failure: failure)
        } completion: { [loop] result in
            guard case .failure(let error) = result, error != .closed else { return }
            loop.execute { [weak self] in
                _ = self?.loop.schedule(after: Self.failurePause) { [weak self] in
                    self?.end(task, status, failure: failure)
                }
            }
        }
        advance()
    }

    private func forget(_ task: String) {
        runners[task] = nil
        turns.removeAll { $0 == task }
        if !isBusy, runners.isEmpty, let timer {
            loop.cancel(timer)
            self.timer = nil
        }
    }
}
