package import EventModel

extension LaneMachine {
    /// One of a shard's lanes, from 0; below the factor.
    package typealias Lane = Int

    /// What happened. Unless said otherwise like the input of a `ShardMachine` with this name.
    package enum Input: Equatable, Sendable {
        /// `settled` are positions above the checkpoint that are done with, in order: what an earlier life left with
        /// `.keepSettled`. `window` is the one that was open, as last kept with `.keepWindow`.
        case start(after: Position, settled: [Position] = [], window: TumblingWindow? = nil)
        case recordsMayBeAvailable
        /// The answer to `.fetch`, without the records for which `isSettled` holds; `lanes` tells the lane of each
        /// record, and may be empty when there is only one.
        case fetched(ShardMachine.FetchedRecords, lanes: [UInt8])
        case invocationEnded(Lane, InvocationOrdinal, InvocationOutcome)
        /// The answer to `.invokeWindow`.
        case windowInvocationEnded(InvocationOrdinal, InvocationOutcome)
        /// Said before the invocation's end with success: its state is larger than `TumblingWindow.stateBytes`.
        case stateOverflowed
        case functionMayBeReachable
        case timerFired
        case stop
    }

    /// What to do, in this order; what one step asks to keep goes into one commit.
    package enum Effect: Equatable, Sendable {
        case fetch(after: Position, limit: Int, bytes: Int)
        /// The records are those of the lane from the plan's first to its last. Request ordinals are counted lane by
        /// lane.
        case invoke(Lane, InvocationPlan)
        /// Everything up to here is settled, in all lanes: make it the checkpoint. Rises strictly.
        case settle(through: Position)
        /// Records of the lane, from the batch's first to its last, are given up: store or report them. Its `checkpoint`
        /// is the lane's own; the shard's follows with `.settle` when it moves.
        case discard(Lane, DiscardedBatch)
        /// Keep these positions beside the checkpoint, instead of those kept before: they lie above it and must not be
        /// delivered again after a restart.
        case keepSettled([Position])
        /// Call the function with no records to end the open window.
        case invokeWindow(WindowPlan)
        /// The state is done with: the next event carries an empty one.
        case dropWindowState
        /// Keep this window, with the state as it is now, beside the checkpoint; `nil` for none.
        case keepWindow(TumblingWindow?)
        /// The end of a window is given up: store or report it. `.dropWindowState` follows.
        case discardWindow(DiscardedWindow)
        case wake(at: Timestamp)
        case cancelWake
        case release(through: Position)
        case explain(Lane, ShardDecision)
        /// Reading has stopped at its bound because this lane does not get past a record; said once for each.
        case explainHeldBack(Lane, first: Position, records: Int)
        case finished
        case stopped
    }
}
