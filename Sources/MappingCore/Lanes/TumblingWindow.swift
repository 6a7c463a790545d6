package import EventModel

/// One tumbling window of a shard (`TumblingWindowInSeconds`, esm-streams.md §6).
package struct TumblingWindow: Equatable, Sendable {
    package let start: Timestamp
    /// The first moment that is not in it.
    package let end: Timestamp

    package init(start: Timestamp, end: Timestamp) {
        precondition(start < end, "a window has a length")
        self.start = start
        self.end = end
    }

    /// The window of a record: windows are aligned to the epoch.
    ///
    /// - Parameter length: At least a second.
    package init(of arrival: Timestamp, length: Duration) {
        let step = length.wholeMilliseconds
        let since = arrival.millisecondsSinceEpoch
        let start = Timestamp(millisecondsSinceEpoch: since - since % step)
        self.init(start: start, end: start + length)
    }

    /// The largest state that a window may carry (AWS: 1 MB for each shard).
    package static let stateBytes = 1_048_576

    /// How long after its end a window without further records is closed (AWS: up to about two minutes).
    package static let grace = Duration.seconds(1)
}

/// One call that ends a window; its event has no records.
package struct WindowPlan: Equatable, Sendable {
    package let invocation: InvocationOrdinal
    /// Counted apart from those of records.
    package let request: RequestOrdinal
    /// Attempts of this request that reached the function, this one included, from 1.
    package let attempt: Int
    package let window: TumblingWindow
    /// The state became too large before the window was over.
    package let isEarly: Bool
}

/// The end of a window that was given up; its state is lost.
package struct DiscardedWindow: Equatable, Sendable {
    package let window: TumblingWindow
    package let isEarly: Bool
    package let condition: DiscardedBatch.Condition
    package let approximateInvokeCount: Int
    package let responseContext: ResponseContext
    package let request: RequestOrdinal
}
