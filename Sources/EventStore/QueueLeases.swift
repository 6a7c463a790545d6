package import EventModel

/// Which messages are hidden, returned or being deleted; in memory, shared by all threads.
package final class QueueLeases: Sendable {
    init() {}

    /// The three counters of a queue; cheap.
    package func counters(of queue: QueueKey, now: Timestamp) -> QueueCounters { fatalError("pending") }

    /// When a receive may find a message: `now` or earlier when one is there, a later moment when the next one is
    /// hidden until then, `nil` when there is nothing to wait for but a send.
    package func nextVisible(in queue: QueueKey, now: Timestamp) -> Timestamp? { fatalError("pending") }

    /// Hides messages that are about to be deleted until `endDelete`, or until their deletion is committed.
    package func beginDelete(_ positions: [Position], in queue: QueueKey) { fatalError("pending") }
    /// Makes messages whose deletion failed what they were before `beginDelete`.
    package func cancelDelete(_ positions: [Position], in queue: QueueKey) { fatalError("pending") }

    /// Makes leased messages visible again at once, as if they had never been received: their receive count goes back.
    /// For batches that were never given to a function.
    package func release(_ positions: [Position], in queue: QueueKey, now: Timestamp) { fatalError("pending") }
}
