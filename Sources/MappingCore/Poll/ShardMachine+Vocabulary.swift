package import EventModel

extension ShardMachine {
    /// What happened.
    package enum Input: Equatable, Sendable {
        /// Once, first. `after` is the checkpoint, or the position before the first record to deliver.
        case start(after: Position)
        /// Records were appended or the shard was closed. Costs nothing when the machine does not care.
        case recordsMayBeAvailable
        /// The answer to `.fetch`; exactly one for each.
        case fetched(FetchedRecords)
        /// The answer to `.invoke`, with the ordinal of its plan. A second answer to the same plan is ignored.
        case invocationEnded(InvocationOrdinal, InvocationOutcome)
        /// A permit became free, or what kept the function from being reached has passed: a wait for it ends early.
        case functionMayBeReachable
        /// The time of `.wake` has come. Early, late and needless calls do no harm.
        case timerFired
        /// Let the invocation in flight end and start no other. `.stopped` follows, at once or then.
        case stop
    }

    /// The answer to `.fetch`.
    package struct FetchedRecords: Equatable, Sendable {
        /// In order, each after the position that was asked for.
        package let records: [RecordSummary]
        /// The last position that was read, when that is not the last record's: others after it were filtered out.
        /// `nil` when nothing was passed over.
        package let through: Position?
        package let continuation: Continuation

        package init(_ records: [RecordSummary], through: Position? = nil, _ continuation: Continuation) {
            self.records = records
            self.through = through
            self.continuation = continuation
        }
    }

    /// What comes after the fetched records, at the moment of the read.
    package enum Continuation: Equatable, Sendable {
        /// The read ended at its limit of records or bytes; more may be stored.
        case more
        /// Nothing more is stored right now.
        case exhausted
        /// The shard is closed and was read to its end.
        case shardEnd
    }

    /// What to do, in this order.
    package enum Effect: Equatable, Sendable {
        /// Read up to `limit` records after the position, until their encoded bytes pass `bytes`; at least one record
        /// if there is one, however large. Keep their bytes until `.release`.
        case fetch(after: Position, limit: Int, bytes: Int)
        case invoke(InvocationPlan)
        /// Everything up to here succeeded (or was filtered): make it the checkpoint. Rises strictly.
        case settle(through: Position)
        /// Records are given up: store or report them and make `checkpoint` the checkpoint, in one commit.
        case discard(DiscardedBatch)
        /// Call back with `.timerFired` then; replaces the time asked for before.
        case wake(at: Timestamp)
        case cancelWake
        /// The bytes of records up to here are not needed again.
        case release(through: Position)
        case explain(ShardDecision)
        /// The shard has ended and everything in it is settled: its children may start. Only the answer to a
        /// `.stop` may follow.
        case finished
        /// The answer to `.stop`: nothing is in flight. Last effect of all.
        case stopped
    }
}

/// One call of the function.
package struct InvocationPlan: Equatable, Sendable {
    package let invocation: InvocationOrdinal
    package let request: RequestOrdinal
    /// Attempts of this request that reached the function, this one included, from 1.
    package let attempt: Int
    /// The request was invoked before: same request ID, same records (but for an expired prefix).
    package let isRepeat: Bool
    package let records: RecordSpan

    package init(
        invocation: InvocationOrdinal, request: RequestOrdinal, attempt: Int, isRepeat: Bool,
        records: RecordSpan
    ) {
        self.invocation = invocation
        self.request = request
        self.attempt = attempt
        self.isRepeat = isRepeat
        self.records = records
    }
}

extension ShardMachine {
    /// What a shard's poller is doing and why it waits.
    package enum Activity: Equatable, Sendable {
        case notStarted
        /// Nothing to deliver.
        case idle
        /// Records wait for the batch to fill until the window's end.
        case collecting(records: Int, until: Timestamp)
        /// A read is under way and nothing can be delivered before it ends.
        case reading
        case invoking(InvocationPlan)
        /// A failed or unreachable invocation is made again at `until`.
        case waiting(RecordSpan, request: RequestOrdinal, WaitReason, until: Timestamp)
        case finished
        case stopped
    }

    /// Why a batch in hand is not being invoked.
    package enum WaitReason: Equatable, Sendable {
        case failed(InvocationFailure, attempts: Int)
        case notReached(Unreachable)
    }
}
