import EventModel

/// Keeps provisioned pollers to their polls and bytes a second.
///
/// A poller polls again 100 ms after its last poll: among any of them there are never more polls in 100 ms than pollers. Bytes
/// are known when they are there, so they delay what follows.
struct PollPace: Sendable {
    private typealias Limits = PollerScaling.Limits

    /// The polls of the last 100 ms, oldest first, from `head` on.
    private var polls: [Timestamp] = []
    private var head = 0
    /// Bytes that were received too soon, as of `debtAt`.
    private var debt = 0
    private var debtAt = Timestamp(millisecondsSinceEpoch: 0)

    /// When one of the pollers may poll: not later than `now` for at once.
    mutating func nextPoll(of pollers: Int, now: Timestamp) -> Timestamp {
        forget(before: now)
        pay(pollers, now: now)
        var next = now
        let recent = polls.count - head
        if recent >= pollers { next = polls[head + recent - pollers] + Limits.pollInterval }
        // What takes less than a millisecond to pay delays nobody: clocks count no finer.
        let wait = debt * 1_000 / (pollers * Limits.bytesPerSecond)
        if wait > 0 { next = max(next, now + .milliseconds(wait)) }
        return next
    }

    mutating func polled(now: Timestamp) { polls.append(now) }

    mutating func received(bytes: Int, by pollers: Int, now: Timestamp) {
        pay(pollers, now: now)
        debt += bytes
    }

    mutating func clockWasSetBack(by length: Duration) {
        for index in polls.indices { polls[index] = polls[index] - length }
        debtAt = debtAt - length
    }

    private mutating func forget(before now: Timestamp) {
        while head < polls.count, polls[head] + Limits.pollInterval <= now { head += 1 }
        guard head == polls.count || head > 1_024 else { return }
        polls.removeFirst(head)
        head = 0
    }

    private mutating func pay(_ pollers: Int, now: Timestamp) {
        if debt > 0 {
            // No debt takes a day to pay; the bound keeps the product small.
            let passed = min((now - debtAt).wholeMilliseconds, 86_400_000)
            debt = max(0, debt - pollers * Limits.bytesPerSecond * Int(max(0, passed)) / 1_000)
        }
        debtAt = now
    }
}
