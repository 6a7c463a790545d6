import EventModel
import EventStore
import MappingCore
import Metering
import RuntimeAPI
import Telemetry

// MARK: - What becomes of events

extension MappingRunner {
    /// A read of the source has ended; one that found nothing is an empty poll.
    ///
    /// - Parameters:
    ///   - count: Events read, those that no filter matched included.
    ///   - filteredOut: Of these.
    func polled(_ count: Int, filteredOut: Int) {
        let now = context.now()
        metrics.polled.add(count)
        meters.events?.polled.record(count, at: now)
        if count > 0 { meters.events?.filteredOut?.record(filteredOut, at: now) }
        guard filteredOut > 0 else { return }
        counts.filtered += Int64(filteredOut)
        metrics.filtered.add(filteredOut)
    }

    /// An attempt to have the function take some events has ended.
    ///
    /// Events count as invoked in the minute of the start, as failed in that of the end (invocation.md §7).
    func attempted(_ count: Int, _ outcome: InvocationOutcome, _ result: InvocationResult) {
        let failed: Int
        switch outcome {
        case .succeeded: failed = 0
        case .partiallyFailed(let indices): failed = indices.count
        case .failed: failed = count
        case .notReached:
            // Nothing was handed over. A function that is gone fails its events all the same; a throttle has a
            // metric of its own, and the end of the daemon is nobody's failure.
            guard case .unavailable(let why) = result.outcome, why != .shuttingDown else { return }
            return failedToInvoke(count)
        }
        metrics.invoked.add(count)
        meters.events?.invoked.record(count, at: result.startedAt)
        failedToInvoke(failed)
    }

    private func failedToInvoke(_ count: Int) {
        guard count > 0 else { return }
        metrics.failed.add(count)
        meters.events?.failedInvoke.record(count, at: context.now())
    }

    /// Messages were deleted from the queue, filtered ones included; none when the delete failed.
    func deleted(_ count: Int) {
        metrics.deleted.add(count)
        meters.events?.deleted?.record(count, at: context.now())
    }

    /// The report of some events was delivered.
    func delivered(_ count: Int) {
        guard count > 0 else { return }
        metrics.delivered.add(count)
        meters.events?.delivered?.record(count, at: context.now())
    }

    /// Events were given up and nobody was told.
    func dropped(_ count: Int) {
        guard count > 0 else { return }
        metrics.dropped.add(count)
        meters.events?.dropped?.record(count, at: context.now())
    }

    /// A report could not be delivered, which is final (esm-streams.md §4.7). That of a failure takes its events with it.
    func destinationFailed(_ lost: LostReport) {
        let count = lost.occasion == .failure ? lost.recordCount : 0
        counts.dropped += Int64(count)
        metrics.destinationFailures.add(1)
        meters.destinationFailures.record(1, at: context.now())
        dropped(count)
        let what = lost.occasion == .failure ? "on-failure" : "on-success"
        lastError =
            "the \(what) destination could not be reached (\(lost.reason)); \(count) record(s) dropped"
    }

    func sentAt(arrivalOfLast arrival: Timestamp) {
        let age = max(.zero, context.now() - arrival)
        metrics.iteratorAge?.observe(age)
        meters.iteratorAge?.record(Double(age.wholeMilliseconds), at: context.now())
    }
}
