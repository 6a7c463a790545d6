package import EventModel

/// Records that a stream mapping has given up on; they are settled by it.
package struct DiscardedBatch: Equatable, Sendable {
    /// The `condition` of the invocation record.
    package enum Condition: String, Equatable, Sendable {
        case retryAttemptsExhausted = "RetryAttemptsExhausted"
        case recordAgeExceeded = "RecordAgeExceeded"
    }

    package let records: RecordSpan
    package let condition: Condition
    /// At least 1; for expired records the attempt that did not happen counts too (esm-streams.md §5).
    package let approximateInvokeCount: Int
    package let responseContext: ResponseContext
    /// Whose ID the invocation record shows. May be a request that was never invoked: make an ID for it all the same.
    package let request: RequestOrdinal
    /// The checkpoint that the discard implies; commit both together.
    package let checkpoint: Position

    package init(
        records: RecordSpan, condition: Condition, approximateInvokeCount: Int,
        responseContext: ResponseContext, request: RequestOrdinal, checkpoint: Position
    ) {
        self.records = records
        self.condition = condition
        self.approximateInvokeCount = approximateInvokeCount
        self.responseContext = responseContext
        self.request = request
        self.checkpoint = checkpoint
    }
}

/// What an invocation record says about the function's last answer (esm-streams.md §5).
package enum ResponseContext: Equatable, Sendable {
    /// `"functionError":"Unhandled"`.
    case unhandled
    /// `"functionError":null`: the function returned, but its answer counted as a failure.
    case noFunctionError
    /// The key `responseContext` is left out.
    case absent
    /// Without the key `functionError`: the function succeeded.
    case succeeded
}

/// The number of a request in the life of one machine, from 1. The shell makes one request ID for each ordinal.
///
/// Only the newest ordinal is ever used again, so a shell remembers one ID a shard (or a slot).
package typealias RequestOrdinal = Int

/// The number of an invocation in the life of one machine, from 1: tells the answers of a request's attempts apart.
package typealias InvocationOrdinal = Int
