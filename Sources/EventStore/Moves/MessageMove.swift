package import EventModel
import SQLite

/// A message move task: messages of a dead-letter queue on their way back, or to a queue of somebody's choice.
package struct MessageMove: Equatable, Sendable {
    /// Named as on the wire (SQS API, `ListMessageMoveTasks`).
    package enum Status: String, Sendable {
        case running = "RUNNING"
        case cancelling = "CANCELLING"
        case completed = "COMPLETED"
        case cancelled = "CANCELLED"
        case failed = "FAILED"

        /// True while it stands in the way of another task of its queue.
        package var isActive: Bool { self == .running || self == .cancelling }
    }

    /// A UUID.
    package let task: String
    package let source: QueueKey
    /// `nil` sends each message back to the queue that it came from.
    package let destination: ARN?
    /// 1...500, or `nil` for as fast as the store writes.
    package let perSecond: Int?
    package let status: Status
    package let moved: Int
    /// Messages that could be received when the task began.
    package let toMove: Int
    /// All messages that were in the queue when the task began: it moves no more, so that messages that come back
    /// meanwhile do not keep it going for ever.
    package let atMost: Int
    package let failure: String?
    package let startedAt: Timestamp
}

/// What a step of a move task did.
package struct MoveStep: Equatable, Sendable {
    /// The task after the step; `nil` when it is gone with its queue.
    package let move: MessageMove?
    /// Positions that were to be moved and stay, because the task was over or failed before them.
    package let kept: [Position]
}

extension MessageMove {
    /// Reads the columns in the order of the members.
    init(_ row: Statement) throws(StoreError) {
        guard let status = Status(rawValue: row.text(4)) else {
            throw .corrupt("the message move task \(row.text(0)) has the status \(row.text(4))")
        }
        task = row.text(0)
        source = QueueKey(rawValue: row.int(1))
        destination = row.optionalText(2).flatMap { ARN($0) }
        perSecond = row.isNull(3) ? nil : Int(row.int(3))
        self.status = status
        moved = Int(row.int(5))
        toMove = Int(row.int(6))
        atMost = Int(row.int(7))
        failure = row.optionalText(8)
        startedAt = Timestamp(millisecondsSinceEpoch: row.int(9))
    }
}

/// Why a task fails (SQS developer guide, "Troubleshoot DLQ redrive issues").
package enum MoveFailure {
    /// The destination, or the queue that a message came from, was deleted.
    package static let queueIsGone = "AWS.SimpleQueueService.NonExistentQueue"
    /// A message was sent to the dead-letter queue directly, and the task names no destination.
    package static let sourceIsUnknown = "CouldNotDetermineMessageSource"
}
