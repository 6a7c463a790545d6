package import EventModel

extension EventStore {
    /// Deletes messages, each by one of its receives; they are not received again from this call on, unless the commit
    /// fails.
    ///
    /// In a standard queue every receive will do, as SQS has it. Messages that are gone already count as deleted.
    /// - Parameter completion: Like that of `submit`, or at once when there is nothing to delete; tells the leases that were refused because they expired or because
    ///   the message was received again since (FIFO queues only). `.notFound` when the queue is gone.
    package func delete(
        _ leases: [MessageLease], from queue: QueueKey,
        completion: @escaping @Sendable (Result<[MessageLease], StoreError>) -> Void
    ) {
        let deletion = self.leases.beginDelete(leases, in: queue, now: now())
        guard !deletion.accepted.isEmpty || !deletion.unread.isEmpty else {
            return completion(.success(deletion.refused))
        }
        submit { writer throws(StoreError) in
            try writer.delete(deletion, from: queue)
        } completion: { [leases = self.leases, now] result in
            if case .failure = result { leases.cancelDelete(deletion.accepted, in: queue, now: now()) }
            completion(result.map { deletion.refused + $0 })
        }
    }
}
