package import EventModel

/// How far a shard (or a queue) is behind, in ages, records and time; fed by the shell, asked by `millrace lag`.
package struct LagEstimate: Equatable, Sendable {
    /// Ages of the last record read, sent and completed, each at that moment.
    package private(set) var ageAtRead = AgeHistogram()
    /// The `IteratorAge` metric (esm-streams.md §9): one sample an invocation.
    package private(set) var ageAtInvoke = AgeHistogram()
    package private(set) var ageAtCompletion = AgeHistogram()
    /// Stored and not settled, as of the last observation.
    package private(set) var recordsBehind = 0
    private var arriving = WeightedRate()
    private var draining = WeightedRate()
    private var observed: Standing?

    private struct Standing: Equatable {
        let tip: Position
        let checkpoint: Position
    }

    package init() {}
}

// MARK: - Feeding

extension LagEstimate {
    package mutating func recordsRead(lastArrival: Timestamp, now: Timestamp) {
        ageAtRead.record(now - lastArrival)
    }

    package mutating func batchInvoked(lastArrival: Timestamp, now: Timestamp) {
        ageAtInvoke.record(now - lastArrival)
    }

    package mutating func batchCompleted(lastArrival: Timestamp, now: Timestamp) {
        ageAtCompletion.record(now - lastArrival)
    }

    /// Takes where the shard and the mapping stand; rates come from the differences between observations. Observe when a
    /// checkpoint moves and before showing the estimate.
    ///
    /// - Parameters:
    ///   - tip: The last stored position.
    ///   - checkpoint: The last settled position.
    package mutating func observe(tip: Position, checkpoint: Position, now: Timestamp) {
        recordsBehind = Int(max(0, tip - checkpoint))
        if let observed {
            arriving.add(max(0, tip - observed.tip), now: now)
            draining.add(max(0, checkpoint - observed.checkpoint), now: now)
        } else {
            arriving.add(0, now: now)
            draining.add(0, now: now)
        }
        observed = Standing(tip: tip, checkpoint: checkpoint)
    }
}

// MARK: - Asking

extension LagEstimate {
    /// Records settled per second, exponentially weighted over about 30 s.
    package func drainRate(now: Timestamp) -> Double { draining.perSecond(now: now) }

    /// Records stored per second, weighted alike.
    package func arrivalRate(now: Timestamp) -> Double { arriving.perSecond(now: now) }

    /// How long until nothing is behind at these rates; `nil` when the distance does not shrink.
    package func timeToDrain(now: Timestamp) -> Duration? {
        guard recordsBehind > 0 else { return .zero }
        let shrinking = drainRate(now: now) - arrivalRate(now: now)
        // Slower than a record in a thousand seconds is noise, not progress.
        guard shrinking > 0.001 else { return nil }
        return .milliseconds(Int64(Double(recordsBehind) / shrinking * 1_000))
    }
}
