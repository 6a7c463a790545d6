package import EventModel
import SQLite
import Synchronization

/// Queues, streams, tables, functions and mappings of one data directory.
///
/// All writes run on one thread in groups, one transaction and one commit each; reads run on the caller's thread
/// through a `StoreReader`. Every member is safe to use from any thread.
package final class EventStore: Sendable {
    package let catalog: Catalog
    package let leases: QueueLeases
    package let tips: ShardTips
    /// Mixed into message IDs and receipt handles, made once per data directory.
    package let secret: UInt64
    /// 32 bytes that temporary credentials are derived from, made once per data directory.
    package let credentialKey: [UInt8]

    /// Where this machine's programs reach the daemon; in the URLs of notifications.
    package let publicAddress: PublicAddress
    /// How events of rules reach functions.
    package let functionEvents: FunctionEvents

    let now: @Sendable () -> Timestamp
    let tableSizes: Mutex<[TableKey: TableTally]>
    package let objectFiles: ObjectFiles
    package let codeFiles: CodeFiles
    /// Set once, at the end of opening.
    private let objectThread = Mutex<ObjectWorker?>(nil)
    /// Set once, at the end of opening.
    private let codeThread = Mutex<ObjectWorker?>(nil)
    private let path: String
    private let inbox: Monitor<Inbox>
    private let observers: Observers
    private let thread: Mutex<WorkerThread?>
    /// The writer, for callers that may run an operation themselves; `nil` once closed.
    private let lender = Mutex<WriterThread?>(nil)
    private let lock: Mutex<DirectoryLock?>

    private init(
        lock: DirectoryLock, path: String, connection: Connection, loaded: LoadedState,
        objectFiles: ObjectFiles, codeFiles: CodeFiles, tableShardLifetime: Duration,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.objectFiles = objectFiles
        self.codeFiles = codeFiles
        let observers = Observers()
        self.observers = observers
        let inbox = Monitor(Inbox())
        self.inbox = inbox
        self.path = path
        self.now = now
        self.lock = Mutex(lock)
        secret = loaded.secret
        credentialKey = loaded.credentialKey
        catalog = Catalog(loaded.definitions)
        tips = ShardTips()
        leases = QueueLeases { queue in
            var changes = CommittedChanges()
            changes.queues = [queue]
            observers.tell(changes)
        } onNotes: { notes in
            inbox.update { $0.add(notes) }
        }
        tableSizes = Mutex(loaded.tables)
        thread = Mutex(nil)
        for (key, ledger) in loaded.ledgers { leases.add(QueueLedger(ledger), for: key) }
        for (key, ledger) in loaded.groupLedgers { leases.add(QueueLedger(groups: ledger), for: key) }
        tips.set(
            loaded.shards.mapValues {
                ShardTip(
                    position: $0.position, arrival: Timestamp(millisecondsSinceEpoch: $0.arrivalMilliseconds))
            })
        let writer = StoreWriter(
            connection: connection, loaded: loaded, tableShardLifetime: tableShardLifetime,
            objectFiles: objectFiles)
        publicAddress = writer.publishing.address
        functionEvents = writer.publishing.functions
        let publisher = Publisher(
            catalog: catalog, leases: leases, tips: tips, observers: observers,
            setTableSize: { [weak self] key, tally in self?.tableSizes.withLock { $0[key] = tally } },
            objectFiles: objectFiles)
        let loop = WriterThread(
            inbox: inbox, writer: writer, now: now, isSpaceLow: { FreeSpace.isLow(path) },
            published: publisher.publish)
        lender.withLock { $0 = loop }
        thread.withLock { $0 = WorkerThread { loop.run() } }
    }
}

// MARK: - Opening and closing

extension EventStore {
    /// Opens a data directory, creating it with its parents when it is not there.
    ///
    /// - Parameters:
    ///   - tableShardLifetime: Age at which a table stream that was written to goes on in a new shard.
    ///   - now: The wall clock, called on any thread.
    /// - Throws: `.locked`, `.readOnly`, `.newerFile`, `.corrupt`, `.full`, `.io`.
    package static func open(
        directory: String, durability: Durability, tableShardLifetime: Duration = Limits.tableShardLifetime,
        now: @escaping @Sendable () -> Timestamp
    ) throws(StoreError) -> EventStore {
        let lock = try DirectoryLock(directory: directory)
        let path = directory + "/millrace.db"
        let connection = try openForWriting(path, durability)
        let absolute = CodeFiles.absolute(directory)
        let loaded = try LoadedState(reading: connection, in: absolute, now: now())
        let store = EventStore(
            lock: lock, path: path, connection: connection, loaded: loaded,
            objectFiles: ObjectFiles(directory: directory), codeFiles: CodeFiles(directory: absolute),
            tableShardLifetime: tableShardLifetime, now: now)
        store.startObjects()
        return store
    }

    private static func openForWriting(_ path: String, _ durability: Durability) throws(StoreError)
        -> Connection
    {
        let outcome: (Connection, Migrator.Outcome)
        do throws(SQLiteError) {
            let connection = try Connection(path: path, access: .readWrite)
            connection.waitForLocks(milliseconds: 5_000)
            // 8 KiB: measured best for batches of ten on queues and level with 16 KiB on streams; 4 KiB overflows
            // 1 KB rows and takes twice the time. It counts for a new file only. Memory-mapped reads are slower.
            try connection.execute("PRAGMA page_size = 8192")
            try connection.execute("PRAGMA journal_mode = WAL")
            try connection.execute("PRAGMA synchronous = \(durability.rawValue)")
            try connection.execute("PRAGMA cache_size = -16384")
            try connection.execute("PRAGMA temp_store = MEMORY")
            // Debian's SQLite overwrites what is deleted with zeros, which costs deletions up to a third.
            try connection.execute("PRAGMA secure_delete = OFF")
            try connection.execute("PRAGMA journal_size_limit = 67108864")
            connection.trackLog()
            outcome = (connection, try Migrator(steps: Schema.steps).migrate(connection))
        } catch {
            throw EventStore.opening(StoreError(error), path)
        }
        if case .newerFile(let found) = outcome.1 {
            throw .newerFile(found: found, supported: Schema.steps.count)
        }
        return outcome.0
    }

    /// Looks for files that belong to no object, when there may be some.
    private func startObjects() {
        let worker = ObjectWorker { [weak self] folder in self?.sweepObjects(inFolder: folder) }
        objectThread.withLock { $0 = worker }
        if objectFiles.exists { worker.start() }
        let codeWorker = ObjectWorker { [weak self] folder in
            // One folder holds all code.
            if folder == 0 { self?.sweepCode() }
        }
        codeThread.withLock { $0 = codeWorker }
        if codeFiles.exists {
            codeFiles.noteOrphans(keeping: catalog.snapshot.codeNames)
            codeWorker.start()
        }
    }

    var codeWorker: ObjectWorker? { codeThread.withLock { $0 } }

    var objectWorker: ObjectWorker? { objectThread.withLock { $0 } }

    /// Names the file in errors that do not.
    private static func opening(_ error: StoreError, _ path: String) -> StoreError {
        switch error {
        case .readOnly: .readOnly(path: path)
        case .corrupt(let what): .corrupt("\(path): \(what)")
        case .io(let what): .io("\(path): \(what)")
        case .full, .newerFile, .locked, .sqlite, .notFound, .conflict, .limit, .closed: error
        }
    }

    /// Opens a connection for reads; use it on one thread only.
    package func makeReader() throws(StoreError) -> StoreReader {
        try storeErrors { () throws(SQLiteError) in
            let connection = try Connection(path: path, access: .readWrite)
            connection.waitForLocks(milliseconds: 5_000)
            try connection.execute("PRAGMA query_only = ON")
            try connection.execute("PRAGMA cache_size = -8192")
            return StoreReader(store: self, connection: connection)
        }
    }

    /// Writes what is still to be noted of receives, moves the log into the file, and releases the directory.
    ///
    /// Operations submitted later fail with `.closed`. Readers must not be used any more. Closing twice does nothing.
    package func close() throws(StoreError) {
        lender.withLock { $0 = nil }
        let ending = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let ending else { return }
        objectWorker?.stop()
        codeWorker?.stop()
        // Takes the notes along, and tells when that fails.
        let kept = Result { () throws(StoreError) in try perform { _ throws(StoreError) in } }
        inbox.update { inbox in
            inbox.isClosed = true
            return true
        }
        ending.join()
        lock.withLock { $0 = nil }
        try kept.get()
    }

    /// Removes everything that is past retention or was deleted, now and entirely, instead of bit by bit.
    package func sweep() throws(StoreError) {
        try perform { writer throws(StoreError) in writer.beginLap() }
        var goesOn = true
        while goesOn {
            // A transaction a step, as in the background: the log stays short and others have their turn.
            goesOn = try perform { writer throws(StoreError) in
                _ = try writer.lapStep()
                if writer.hasErasures { try writer.eraseStep() }
                return writer.hasErasures || !writer.lap.isAtEnd
            }
        }
    }

    /// Looks through the whole file. Takes about a second per gigabyte.
    ///
    /// - Throws: `.corrupt` with the first damage found.
    package func checkIntegrity() throws(StoreError) {
        let verdict = try storeErrors { () throws(SQLiteError) in
            try Connection(path: path, access: .readWrite).scalar("PRAGMA integrity_check(1)")
        }
        guard verdict == "ok" else { throw .corrupt(verdict ?? "no verdict") }
    }
}

// MARK: - Writing

extension EventStore {
    /// Runs an operation on the writer thread, inside the transaction of the next group.
    ///
    /// An operation checks before it writes: one that throws must not have written anything, and the others of its
    /// group are committed all the same. A failure of SQLite rolls the group back and fails all its operations.
    /// - Parameter completion: Called once on the writer thread after the commit; hand over to your loop there. After
    ///   `close` it is called at once with `.closed`.
    /// - Parameter mayRunHere: Lets an idle writer run the operation on the caller's thread, which then also waits for
    ///   the disk and runs observers and completion before this returns. For callers with nothing else to do.
    package func submit<T: Sendable>(
        mayRunHere: Bool = false,
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> T,
        completion: @escaping @Sendable (Result<T, StoreError>) -> Void
    ) {
        let pending = Operation(operation, completion)
        if mayRunHere, let lender = lender.withLock({ $0 }), lender.runHere(pending) { return }
        let isAccepted = inbox.update { inbox in
            guard !inbox.isClosed else { return false }
            inbox.pending.append(pending)
            return true
        }
        if !isAccepted { completion(.failure(.closed)) }
    }

    /// Runs an operation like `submit` and waits for its commit. For start-up, tests and command line only; never from
    /// an observer or a completion.
    package func perform<T: Sendable>(
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> T
    ) throws(StoreError) -> T {
        let answer = Monitor<Result<T, StoreError>?>(nil)
        submit(operation) { result in
            answer.update { answer in
                answer = result
                return true
            }
        }
        guard let result = answer.wait(atMost: nil, { $0 }) else { throw .closed }
        return try result.get()
    }

    /// Calls `observer` after each commit that made something readable, before the completions of the group.
    ///
    /// It runs on the writer thread, or, when a change of visibility freed a message, on the thread that made the
    /// change; so it only hands over. Observers cannot be removed.
    package func observe(_ observer: @escaping @Sendable (CommittedChanges) -> Void) {
        observers.add(observer)
    }

    /// Deletes messages; they are not received again from this call on, unless the commit fails.
    ///
    /// Positions that are gone already count as deleted.
    /// - Parameter completion: Like that of `submit`; `.notFound` when the queue is gone.
    package func delete(
        _ positions: [Position], from queue: QueueKey,
        completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        leases.beginDelete(positions, in: queue)
        submit { writer throws(StoreError) in
            try writer.delete(positions, from: queue)
        } completion: { [leases, now] result in
            if case .failure = result { leases.cancelDelete(positions, in: queue, now: now()) }
            completion(result)
        }
    }

    /// Makes a receive durable, so that its messages may be handed over; for FIFO queues.
    ///
    /// - Parameters:
    ///   - mayRunHere: As for `submit`.
    ///   - completion: Like that of `submit`. After a failure the receive has been taken back; `.notFound` when the
    ///     queue is gone.
    package func keep(
        _ receive: PendingReceive, mayRunHere: Bool = false,
        completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        submit(mayRunHere: mayRunHere) { writer throws(StoreError) in
            _ = try writer.existing(receive.queue)
            try writer.keep(receive.notes)
        } completion: { [leases, now] result in
            if case .failure = result {
                leases.release(receive.positions, in: receive.queue, now: now())
            }
            completion(result)
        }
    }

    /// Has notes written with the next group, or by themselves a few milliseconds later.
    func note(_ notes: LeaseNotes) { inbox.update { $0.add(notes) } }

    /// Reads a receipt handle's text; `nil` when this store never made it.
    package func receipt(_ text: String) -> ReceiptHandle? { ReceiptHandle(text: text, secret: secret) }
}
