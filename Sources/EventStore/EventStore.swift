package import EventModel

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

    private init() { fatalError("pending") }

    /// Opens a data directory, creating it with its parents when it is not there.
    ///
    /// - Parameter now: The wall clock, called on any thread.
    /// - Throws: `.locked`, `.readOnly`, `.newerFile`, `.corrupt`, `.full`, `.io`.
    package static func open(
        directory: String, durability: Durability, now: @escaping @Sendable () -> Timestamp
    ) throws(StoreError) -> EventStore {
        fatalError("pending")
    }

    /// Opens a connection for reads; use it on one thread only.
    package func makeReader() throws(StoreError) -> StoreReader { fatalError("pending") }

    /// Runs an operation on the writer thread, inside the transaction of the next group.
    ///
    /// An operation checks before it writes: one that throws must not have written anything, and the others of its
    /// group are committed all the same. A failure of SQLite rolls the group back and fails all its operations.
    /// - Parameter completion: Called once on the writer thread after the commit; hand over to your loop there.
    package func submit<T: Sendable>(
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> T,
        completion: @escaping @Sendable (Result<T, StoreError>) -> Void
    ) {
        fatalError("pending")
    }

    /// Runs an operation like `submit` and waits for its commit. For start-up, tests and command line only.
    package func perform<T: Sendable>(
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> T
    ) throws(StoreError) -> T {
        fatalError("pending")
    }

    /// Calls `observer` after each commit that made something readable, before the completions of the group.
    ///
    /// It runs on the writer thread, or, when a change of visibility freed a message, on the thread that made the
    /// change; so it only hands over. Observers cannot be removed.
    package func observe(_ observer: @escaping @Sendable (CommittedChanges) -> Void) { fatalError("pending") }

    /// Deletes messages; they are not received again from this call on, unless the commit fails.
    ///
    /// Positions that are gone already count as deleted. Receipts of other queues are a bug of the caller.
    /// - Parameter completion: Like that of `submit`.
    package func delete(
        _ positions: [Position], from queue: QueueKey,
        completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        fatalError("pending")
    }

    /// Reads a receipt handle's text; `nil` when this store never made it.
    package func receipt(_ text: String) -> ReceiptHandle? { ReceiptHandle(text: text, secret: secret) }

    /// Looks through the whole file. Takes about a second per gigabyte.
    package func checkIntegrity() throws(StoreError) { fatalError("pending") }

    /// Keeps the leases for the next start, moves the log into the file, and releases the directory.
    ///
    /// Operations submitted later fail with `.closed`. Readers must not be used any more.
    package func close() throws(StoreError) { fatalError("pending") }
}
