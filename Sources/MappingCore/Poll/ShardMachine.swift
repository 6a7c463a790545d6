package import EventModel

/// Delivers the records of one shard to the function of one mapping, in order, one batch at a time (esm-streams.md §4.7).
///
/// A value that decides: the shell feeds `Input`s and performs the `Effect`s in their order. At any time there is at most
/// one fetch, one invocation and one timer outstanding.
package struct ShardMachine: Sendable {
    package let settings: ShardSettings

    package init(settings: ShardSettings) {
        self.settings = settings
    }

    /// Takes one input; returns what to do.
    package mutating func step(_ input: Input, now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        step(input, now: now, into: &effects)
        return effects
    }

    /// Takes one input and appends what to do, for shells that keep one array.
    package mutating func step(_ input: Input, now: Timestamp, into effects: inout [Effect]) {
        fatalError("pending")
    }

    /// The last settled position.
    package private(set) var checkpoint: Position = 0
    /// Records that were read and are not settled, those of the batch in hand included.
    package var bufferedRecords: Int { fatalError("pending") }
    /// What the machine is doing, for `millrace status`.
    package var activity: Activity { fatalError("pending") }

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
