package import EventModel

/// How many batches a queue mapping may have in flight, lowered for a while after errors (esm-sqs.md §3, §6).
///
/// A reduction halves the limit, at most once per `recovery`, so that a burst of failures of invocations that were
/// already in flight counts once; each `recovery` without another one gives a step back.
package struct ConcurrencyLimit: Equatable, Sendable {
    /// Never exceeded.
    package let ceiling: Int
    /// How long it takes to win back one step after a reduction.
    package let recovery: Duration
    private var reduction: Reduction?

    private struct Reduction: Equatable {
        let limit: Int
        let at: Timestamp
    }

    /// - Parameter ceiling: At least 1; AWS starts queue mappings at 5.
    package init(ceiling: Int = 5, recovery: Duration = .seconds(1)) {
        precondition(ceiling >= 1 && recovery >= .milliseconds(1), "at least one batch may be in flight")
        self.ceiling = ceiling
        self.recovery = recovery
    }

    /// Batches that may be in flight now, 1...`ceiling`.
    package func current(now: Timestamp) -> Int {
        guard let reduction, now > reduction.at else { return reduction?.limit ?? ceiling }
        let regained = (now - reduction.at).wholeMilliseconds / recovery.wholeMilliseconds
        return min(ceiling, reduction.limit + Int(min(regained, Int64(ceiling))))
    }

    /// When `current` rises next; `nil` when it is at its ceiling.
    package func nextRise(now: Timestamp) -> Timestamp? {
        guard let reduction, current(now: now) < ceiling else { return nil }
        let regained = max(0, (now - reduction.at).wholeMilliseconds / recovery.wholeMilliseconds)
        return reduction.at + recovery * Int(regained + 1)
    }

    /// The steps come back as soon as they would have.
    mutating func clockWasSetBack(by length: Duration) {
        reduction = reduction.map { Reduction(limit: $0.limit, at: $0.at - length) }
    }

    /// Halves the limit after a function error or a throttle; true when that changed it.
    package mutating func reduce(now: Timestamp) -> Bool {
        let limit = current(now: now)
        if let reduction, now - reduction.at < recovery { return false }
        reduction = Reduction(limit: max(1, limit / 2), at: now)
        return limit > 1
    }
}
