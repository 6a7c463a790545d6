package import EventModel

/// How far a shard (or a mapping) is behind, in ages, records and time; fed by the shell, asked by `millrace lag`.
package struct LagEstimate: Sendable {
    /// Ages of the last record read, sent and completed, each at that moment.
    package private(set) var ageAtRead = AgeHistogram()
    /// The `IteratorAge` metric (esm-streams.md §9).
    package private(set) var ageAtInvoke = AgeHistogram()
    package private(set) var ageAtCompletion = AgeHistogram()

    package init() {}

    package mutating func recordsRead(lastArrival: Timestamp, now: Timestamp) { fatalError("pending") }
    package mutating func batchInvoked(lastArrival: Timestamp, now: Timestamp) { fatalError("pending") }
    package mutating func batchCompleted(records: Int, lastArrival: Timestamp, now: Timestamp) {
        fatalError("pending")
    }

    /// - Parameters:
    ///   - tip: The last stored position.
    ///   - checkpoint: The last settled position.
    package mutating func observe(tip: Position, checkpoint: Position, now: Timestamp) {
        fatalError("pending")
    }

    /// Stored and not settled, as of the last observation.
    package var recordsBehind: Int { fatalError("pending") }
    /// Records settled per second, exponentially weighted over about 30 s.
    package func drainRate(now: Timestamp) -> Double { fatalError("pending") }
    /// Records stored per second, weighted alike.
    package func arrivalRate(now: Timestamp) -> Double { fatalError("pending") }
    /// How long until nothing is behind at these rates; `nil` when it does not shrink.
    package func timeToDrain(now: Timestamp) -> Duration? { fatalError("pending") }
}
