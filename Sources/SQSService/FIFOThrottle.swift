package import EventModel

/// How often a FIFO queue, or a message group of one in high throughput mode, may be called, when that is limited
/// (sources-api.md A6): sends, receives and deletes apart, a batch as one call, so ten times as many messages.
///
/// A value without a clock. What was not used is kept for one second, so a burst after a pause passes.
package struct FIFOThrottle: Sendable {
    package enum Action: Hashable, Sendable { case send, receive, delete }

    /// Calls a second of one action (SQS developer guide, "FIFO queue message quotas").
    package static let callsPerSecond: Int64 = 300
    /// Allowances that are remembered before the rested ones are forgotten; a rested one is as good as an unknown one.
    package static let remembered = 65_536

    private struct Place: Hashable {
        let queue: QueueKey
        let action: Action
        /// `nil` for the whole queue.
        let group: UInt64?
    }

    private var allowances: [Place: Allowance] = [:]
    /// The groups whose receives are used up, so that not all groups are looked through; few, as each of them has just been
    /// called as often as it may.
    private var spentReceives: [QueueKey: Set<UInt64>] = [:]

    package init() {}

    /// How many allowances are remembered.
    package var count: Int { allowances.count }

    /// Whether a call may be made now; it counts if so.
    ///
    /// - Parameter group: The hash of the message group's ID; `nil` when the whole queue has one pace.
    package mutating func admit(
        _ action: Action, to queue: QueueKey, group: UInt64? = nil, now: Timestamp
    ) -> Bool {
        let place = Place(queue: queue, action: action, group: group)
        if allowances[place] == nil, allowances.count >= Self.remembered { forget(now: now) }
        let isAdmitted = allowances[place, default: Allowance()].take(now: now)
        if action == .receive, let group, allowances[place]?.has(now: now) == false {
            spentReceives[queue, default: []].insert(group)
        }
        return isAdmitted
    }

    /// The groups of a queue that may not be received from now.
    package mutating func spentGroups(of queue: QueueKey, now: Timestamp) -> Set<UInt64> {
        guard let known = spentReceives[queue] else { return [] }
        let spent = known.filter { group in
            allowances[Place(queue: queue, action: .receive, group: group)]?.has(now: now) == false
        }
        spentReceives[queue] = spent.isEmpty ? nil : spent
        return spent
    }

    private mutating func forget(now: Timestamp) {
        allowances = allowances.filter { !$0.value.isRested(now: now) }
        // So many that looking through them for each new one would cost more than the pace is worth.
        if allowances.count > Self.remembered / 2 { allowances = [:] }
        spentReceives = [:]
        for (place, allowance) in allowances where place.action == .receive && !allowance.has(now: now) {
            if let group = place.group { spentReceives[place.queue, default: []].insert(group) }
        }
    }
}

/// One second's worth of calls at most, refilled all the time; counted in thousandths, so that nothing is rounded.
private struct Allowance: Sendable {
    private static let full = FIFOThrottle.callsPerSecond * 1_000
    private var thousandths = Allowance.full
    private var at = Timestamp(millisecondsSinceEpoch: 0)

    func has(now: Timestamp) -> Bool { filled(now: now) >= 1_000 }
    func isRested(now: Timestamp) -> Bool { filled(now: now) == Self.full }

    mutating func take(now: Timestamp) -> Bool {
        thousandths = filled(now: now)
        at = now
        guard thousandths >= 1_000 else { return false }
        thousandths -= 1_000
        return true
    }

    private func filled(now: Timestamp) -> Int64 {
        let elapsed = (now - at).wholeMilliseconds
        // A clock that was set back must not stop the refill until it is where it was.
        guard abs(elapsed) < 1_000 else { return Self.full }
        guard elapsed > 0 else { return thousandths }
        return min(Self.full, thousandths + elapsed * FIFOThrottle.callsPerSecond)
    }
}
