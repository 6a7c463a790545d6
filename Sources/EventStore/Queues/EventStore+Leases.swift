package import EventModel

extension EventStore {
    /// Deletes messages, each by one of its receives; they are not received again from this call on, unless the commit
    /// fails.
    ///
    /// In a standard queue every receive will do, as SQS has it. Messages that are gone already count as deleted.
    /// - Parameter completion: Like that of `submit`; tells the leases that were refused because they expired or because
    ///   the message was received again since (FIFO queues only). `.notFound` when the queue is gone.
    package func delete(
        _ leases: [MessageLease], from queue: QueueKey,
        completion: @escaping @Sendable (Result<[MessageLease], StoreError>) -> Void
    ) {
        delete(leases.map(\.position), from: queue) { result in completion(result.map { [] }) }
    }
}
