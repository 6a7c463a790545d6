package import EventModel

extension QueueMachine {
    /// One of the places in which a batch is gathered and invoked, from 0; new ones follow each other without
    /// gaps, never more than may be in flight at once (`PollerScaling.ceiling`).
    package typealias Slot = Int

    /// What happened.
    package enum Input: Equatable, Sendable {
        /// Once, first.
        case start
        /// Messages were sent, became visible again after a delay or a visibility timeout, or their group was unlocked
        /// by a delete. The shell must say so in each of these cases: the machine never asks on its own.
        case messagesMayBeAvailable
        /// Answers to `.requestPermit`; exactly one for each.
        case permitGranted(Slot)
        case permitDenied(Slot)
        /// After a denial: ask again. May be said at any time.
        case permitMayBeFree
        /// The answer to `.receive`; exactly one for each.
        case received(Slot, ReceivedMessages)
        /// The answer to `.invoke`. A second answer to the same invocation is ignored.
        case invocationEnded(Slot, InvocationOrdinal, InvocationOutcome)
        /// The queue refused to delete so many messages that the function succeeded with, because their receipts had
        /// ended (FIFO queues): they are delivered again.
        case deletesRefused(count: Int)
        /// The mapping, its function or its queue was changed. What was received is kept; batches in flight and closed ones
        /// go on as they are.
        case settingsChanged(QueueSettings)
        /// The time of `.wake` has come. Early, late and needless calls do no harm.
        case timerFired
        /// Let the invocations in flight end, leave what is buffered. `.stopped` follows, at once or then.
        case stop
    }

    /// What a machine has to know of a message.
    package struct MessageSummary: Equatable, Sendable {
        /// Bytes of the message's JSON inside the event's `Records` list, without the comma between two.
        package let encodedBytes: Int
        /// The message group in a FIFO queue, `nil` in others: a number that the shell gives it, below 2^31. Two groups
        /// of which messages are held must not share one; it may be given to another group when none are held.
        package let group: Int?

        package init(encodedBytes: Int, group: Int? = nil) {
            self.encodedBytes = encodedBytes
            self.group = group
        }
    }

    /// The answer to `.receive`; the shell appends the messages to those that it holds for the slot.
    package struct ReceivedMessages: Equatable, Sendable {
        package let messages: [MessageSummary]
        /// When their receipts stop being valid.
        package let leaseDeadline: Timestamp
        /// Nothing more is visible right now; false when the receive ended at its limit of messages or bytes.
        package let isExhausted: Bool

        package init(_ messages: [MessageSummary], leaseDeadline: Timestamp, isExhausted: Bool) {
            self.messages = messages
            self.leaseDeadline = leaseDeadline
            self.isExhausted = isExhausted
        }
    }

    /// What to do, in this order. Message indices count what was received into the slot since its last `.release`.
    package enum Effect: Equatable, Sendable {
        /// Answer with `.permitGranted` or `.permitDenied`; a denial also asks for a later `.permitMayBeFree`.
        case requestPermit(Slot)
        /// The slot's permit was not used.
        case releasePermit(Slot)
        /// Receive up to `limit` messages with the visibility timeout (`nil`: the queue's own). The shell may end it
        /// once their encoded bytes pass `bytes`; what is above is kept for the next batch all the same.
        case receive(Slot, limit: Int, bytes: Int, visibility: Duration?)
        /// Uses up the slot's permit, whatever comes of it.
        case invoke(Slot, QueueInvocationPlan)
        /// These succeeded: delete them from the queue.
        case delete(Slot, MessageSelection)
        /// These stay in the queue and come back when their visibility timeout ends. Nothing to do, for the record:
        /// `wasExecuted` tells whether this receive brought them to the function at all.
        case leave(Slot, MessageSelection, wasExecuted: Bool)
        /// The bytes of the slot's messages are not needed again; the next received one has index 0.
        case release(Slot)
        case wake(at: Timestamp)
        case cancelWake
        case explain(QueueDecision)
        /// The answer to `.stop`: nothing is in flight, no permit is held. Last effect of all.
        case stopped
    }
}

/// Messages of one slot.
package enum MessageSelection: Equatable, Sendable {
    case range(Range<Int>)
    /// Ascending, unique, at least one.
    case some([Int])
}

/// One call of the function for messages.
package struct QueueInvocationPlan: Equatable, Sendable {
    package let invocation: InvocationOrdinal
    package let request: RequestOrdinal
    /// The same messages were sent to the function before, and it was not reached: same request ID.
    package let isRepeat: Bool
    /// Indices of the slot's messages.
    package let messages: Range<Int>

    package init(
        invocation: InvocationOrdinal, request: RequestOrdinal, isRepeat: Bool, messages: Range<Int>
    ) {
        self.invocation = invocation
        self.request = request
        self.isRepeat = isRepeat
        self.messages = messages
    }
}

/// Why a queue machine did what it did.
package enum QueueDecision: Equatable, Sendable {
    case batchClosed(count: Int, BatchClosing, request: RequestOrdinal)
    /// The function failed: the messages stay and return by visibility.
    case batchFailed(count: Int, InvocationFailure, request: RequestOrdinal)
    case partiallyFailed(deleted: Int, left: Int, request: RequestOrdinal)
    /// The function was not reached; the same messages are tried again while their receipts are valid.
    case waiting(count: Int, Unreachable, request: RequestOrdinal, delay: Duration)
    /// The receipts ended before the function could be reached (or reached at all): the messages return.
    case leaseExpired(count: Int, request: RequestOrdinal?)
    /// A group of the batch is still being worked on by an invocation that outlived its receipts.
    case waitingForGroup(count: Int, request: RequestOrdinal)
    /// These came with messages of the same group that were not deleted, and must come after them.
    case leftBehindGroup(count: Int)
    /// The function succeeded too late: the receipts had ended, the messages are delivered again.
    case deleteRefused(count: Int)
    case concurrencyReduced(to: Int)
    case permitDenied
    /// Buffered messages were given back because the mapping stops.
    case leftAtStop(count: Int)
}
