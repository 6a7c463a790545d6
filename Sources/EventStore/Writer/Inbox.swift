/// One submitted operation with its completion; its result is touched by the writer thread only.
protocol PendingOperation: AnyObject, Sendable {
    /// Runs the operation; false when it refused.
    func run(_ writer: StoreWriter) -> Bool
    /// Tells the result, or the failure that the whole group met.
    func finish(_ failure: StoreError?)
}

final class Operation<T: Sendable>: PendingOperation, @unchecked Sendable {
    // Sendable because `result` is written by `run` and read by `finish`, both on the writer thread.
    private let body: @Sendable (StoreWriter) throws(StoreError) -> T
    private let completion: @Sendable (Result<T, StoreError>) -> Void
    private var result: Result<T, StoreError> = .failure(.closed)

    init(
        _ body: @escaping @Sendable (StoreWriter) throws(StoreError) -> T,
        _ completion: @escaping @Sendable (Result<T, StoreError>) -> Void
    ) {
        self.body = body
        self.completion = completion
    }

    func run(_ writer: StoreWriter) -> Bool {
        do throws(StoreError) {
            result = .success(try body(writer))
            return true
        } catch {
            result = .failure(error)
            return false
        }
    }

    func finish(_ failure: StoreError?) {
        if let failure { completion(.failure(failure)) } else { completion(result) }
    }
}

/// What waits for the writer thread.
struct Inbox {
    enum Taken {
        case group([any PendingOperation], [LeaseNotes])
        /// The first note after a long sleep.
        case notesCame
        case closed
        case nothing
    }

    var pending: [any PendingOperation] = []
    /// From when the writer thread takes a group until it has committed it: nothing may overtake it.
    var isWorking = false
    var isClosed = false
    /// What is to be noted of receives that nobody waits for. It goes before the operations of its group, so that a
    /// message is noted before it is deleted.
    private var notes: [LeaseNotes] = []
    /// While the thread sleeps for long.
    private var notesWake = false

    /// True when the thread must be woken.
    mutating func add(_ note: LeaseNotes) -> Bool {
        guard !isClosed else { return false }
        notes.append(note)
        return notesWake && notes.count == 1
    }

    /// What ends the thread's sleep, if anything does.
    mutating func take() -> Taken? {
        if pending.isEmpty {
            if isClosed, notes.isEmpty { return .closed }
            if isClosed { return takeNotes() }
            guard notesWake, !notes.isEmpty else { return nil }
            notesWake = false
            return .notesCame
        }
        isWorking = true
        guard pending.count > StoreLimits.operationsInGroup else {
            var group: [any PendingOperation] = []
            swap(&group, &pending)
            return .group(group, allNotes())
        }
        let group = Array(pending.prefix(StoreLimits.operationsInGroup))
        pending.removeFirst(StoreLimits.operationsInGroup)
        return .group(group, allNotes())
    }

    /// At the end of a sleep in which no operation came.
    mutating func takeNotes() -> Taken {
        notesWake = notes.isEmpty
        guard !notes.isEmpty else { return .nothing }
        isWorking = true
        return .group([], allNotes())
    }

    /// For whoever wants to write on its own thread; `nil` when others are before it.
    mutating func takeNotesIfLone() -> [LeaseNotes]? {
        pending.isEmpty && !isWorking && !isClosed ? allNotes() : nil
    }

    private mutating func allNotes() -> [LeaseNotes] {
        var taken: [LeaseNotes] = []
        swap(&taken, &notes)
        return taken
    }
}
