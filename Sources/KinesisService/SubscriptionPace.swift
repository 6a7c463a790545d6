package import EventModel

/// When a subscription sends what (sources-api.md B6): records as soon as they are there, an event without records
/// every five seconds, and nothing after five minutes.
///
/// A value without a clock. A clock that is set back neither stops it nor makes it last longer.
package struct SubscriptionPace: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        /// Read on and send that, be it nothing at all.
        case send
        /// Ask again when something has changed, or after this time at the latest.
        case wait(Duration)
        case end
    }

    /// How long a subscription lasts (Kinesis API reference, `SubscribeToShard`).
    package static let lifetime = Duration.seconds(300)
    /// Longest time between two events (sources-api.md B6).
    package static let silence = Duration.seconds(5)

    private var age = Duration.zero
    /// Time since the last event; the first one is due at once.
    private var silent = SubscriptionPace.silence
    private var seenAt: Timestamp

    package init(startedAt: Timestamp) { seenAt = startedAt }

    /// - Parameters:
    ///   - hasNews: Whether there are records to send, or the shard's end.
    ///   - hasRoom: Whether the client has read enough of what was sent before.
    package mutating func next(hasNews: Bool, hasRoom: Bool, now: Timestamp) -> Step {
        let elapsed = max(.zero, now - seenAt)
        seenAt = now
        age += elapsed
        silent += elapsed
        guard age < Self.lifetime else { return .end }
        guard hasRoom else { return .wait(Self.lifetime - age) }
        guard !hasNews, silent < Self.silence else {
            silent = .zero
            return .send
        }
        return .wait(min(Self.silence - silent, Self.lifetime - age))
    }
}
