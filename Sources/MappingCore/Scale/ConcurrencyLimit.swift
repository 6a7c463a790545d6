package import EventModel

/// How many batches a queue mapping may have in flight, lowered for a while after errors (esm-sqs.md §3, §6).
package struct ConcurrencyLimit: Equatable, Sendable {
    /// Never exceeded.
    package let ceiling: Int
    /// How long it takes to win back one step after a reduction.
    package let recovery: Duration

    /// - Parameter ceiling: At least 1; AWS starts queue mappings at 5.
    package init(ceiling: Int = 5, recovery: Duration = .seconds(1)) {
        precondition(ceiling >= 1 && recovery > .zero, "at least one batch may be in flight")
        self.ceiling = ceiling
        self.recovery = recovery
    }

    /// Batches that may be in flight now, 1...`ceiling`.
    package func current(now: Timestamp) -> Int { fatalError("pending") }
    /// Halves the limit after a function error or a throttle.
    package mutating func reduce(now: Timestamp) { fatalError("pending") }
}
