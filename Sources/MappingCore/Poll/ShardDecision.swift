/// Why a shard machine did what it did, in facts that a user may ask for afterwards.
package enum ShardDecision: Equatable, Sendable {
    case batchClosed(RecordSpan, BatchClosing, request: RequestOrdinal)
    /// The attempt failed; the same request is tried again.
    case retryScheduled(
        RecordSpan, request: RequestOrdinal, failedAttempts: Int, InvocationFailure, delay: Duration)
    case bisected(left: RecordSpan, right: RecordSpan, request: RequestOrdinal, InvocationFailure)
    /// Batch item failures after a good beginning: the rest is a new batch at once.
    case partialProgress(settled: RecordSpan, rest: RecordSpan, request: RequestOrdinal)
    /// The function was not reached; the same attempt is made later.
    case waiting(RecordSpan, request: RequestOrdinal, Unreachable, delay: Duration)
    /// These are older than the mapping or the source allows; `.discard` follows.
    case ageExceeded(RecordSpan, request: RequestOrdinal, oldest: Duration)
    /// One record alone is larger than an event may be. Said once; its retries follow without a call.
    case oversized(RecordSpan, request: RequestOrdinal, eventBytes: Int)
    /// What was discarded, and the last failure if there was one.
    case discarded(DiscardedBatch, InvocationFailure?)
}
