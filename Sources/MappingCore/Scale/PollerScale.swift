package import EventModel

/// How many batches a queue mapping may have in flight now: up while there is a backlog, down after errors and when
/// they are not used.
///
/// A reduction halves the level, at most once per `recovery`, so that a burst of failures of invocations that were already in
/// flight counts once. Below the start it comes back by a fifth of the start a second, whatever there is to do; above
/// the start only a backlog raises it.
package struct PollerScale: Equatable, Sendable {
    package private(set) var scaling: PollerScaling
    /// Batches that may be in flight, 1...`scaling.ceiling`, as of the last `advance`.
    package private(set) var level: Int
    /// From when on time raises the level.
    private var anchor: Timestamp
    private(set) var isRecovering = false
    private(set) var isRamping = false
    private var reducedAt: Timestamp?
    private var occupied = 0
    /// The most batches at once since the last review.
    private var peak = 0
    private var reviewedAt: Timestamp
    private var emptySince: Timestamp

    package init(_ scaling: PollerScaling, now: Timestamp) {
        self.scaling = scaling
        level = scaling.start
        anchor = now
        reviewedAt = now
        emptySince = now
    }

    private typealias Limits = PollerScaling.Limits

    private var recoveryStep: Int { max(1, scaling.start / Limits.start) }
}

// MARK: - Time

extension PollerScale {
    /// Lets time do what it does to the level.
    package mutating func advance(to now: Timestamp) {
        if isRecovering { recover(to: now) }
        if !isRecovering, isRamping { ramp(to: now) }
        if now - reviewedAt >= Limits.review { review(now: now) }
        if occupied == 0, !isRamping, !isRecovering, level > scaling.idle,
            now - emptySince >= Limits.idleAfter
        {
            level = scaling.idle
        }
    }

    private mutating func recover(to now: Timestamp) {
        let missing = (scaling.start - level + recoveryStep - 1) / recoveryStep
        let steps = min(missing, Self.steps(from: anchor, to: now, of: Limits.recovery))
        level = min(scaling.start, level + steps * recoveryStep)
        anchor = anchor + Limits.recovery * steps
        isRecovering = level < scaling.start
    }

    private mutating func ramp(to now: Timestamp) {
        let ramp = scaling.ramp
        let steps = Self.steps(from: anchor, to: now, of: ramp.every)
        guard steps > 0 else { return }
        level = min(scaling.ceiling, level + min(steps, scaling.ceiling) * ramp.step)
        anchor = anchor + ramp.every * steps
    }

    /// What nobody used for a while is taken back; between two looks nothing changed, so the second minute was like now.
    private mutating func review(now: Timestamp) {
        let used = now - reviewedAt >= Limits.review * 2 ? occupied : peak
        if !isRamping { level = min(level, max(scaling.start, used)) }
        peak = occupied
        reviewedAt = now
    }

    private static func steps(from: Timestamp, to: Timestamp, of length: Duration) -> Int {
        Int(max(0, (to - from).wholeMilliseconds / length.wholeMilliseconds))
    }

    /// When the level rises next by itself; `nil` when it does not.
    package var nextRise: Timestamp? {
        if isRecovering { return anchor + Limits.recovery }
        return isRamping && level < scaling.ceiling ? anchor + scaling.ramp.every : nil
    }

    /// What is waited for comes as soon as it would have.
    mutating func clockWasSetBack(by length: Duration) {
        anchor = anchor - length
        reducedAt = reducedAt.map { $0 - length }
        reviewedAt = reviewedAt - length
        emptySince = emptySince - length
    }
}

// MARK: - What happens

extension PollerScale {
    /// Tells how it stands after `advance`.
    ///
    /// - Parameters:
    ///   - occupied: Batches being gathered, waiting or in flight.
    ///   - hasBacklog: More is there than may be begun; `nil` while that is being found out.
    package mutating func note(occupied: Int, hasBacklog: Bool?, now: Timestamp) {
        if occupied == 0, self.occupied > 0 { emptySince = now }
        self.occupied = occupied
        peak = max(peak, occupied)
        guard let hasBacklog, hasBacklog != isRamping else { return }
        isRamping = hasBacklog
        if isRamping, !isRecovering { anchor = max(anchor, now) }
    }

    /// Halves the level after a function error or a throttle; true when that changed it.
    package mutating func reduce(now: Timestamp) -> Bool {
        advance(to: now)
        if let reducedAt, now - reducedAt < Limits.recovery { return false }
        reducedAt = now
        let before = level
        level = max(1, level / 2)
        isRecovering = level < scaling.start
        anchor = isRecovering ? now : now + Limits.recovery
        return level < before
    }

    /// Goes on under other settings from where it is.
    package mutating func adopt(_ other: PollerScaling, now: Timestamp) {
        advance(to: now)
        scaling = other
        level = min(isRecovering ? level : max(level, other.start), other.ceiling)
        isRecovering = isRecovering && level < other.start
    }
}
