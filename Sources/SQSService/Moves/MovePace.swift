import EventModel

/// How many messages a move task with `MaxNumberOfMessagesPerSecond` may move at a moment: a value, told the time.
///
/// No second, wherever it begins, sees more than the limit; a tenth of it moves at a time, so that the rate is even.
struct MovePace: Equatable {
    private struct Grant: Equatable {
        let at: Timestamp
        let count: Int
    }

    /// 1...500.
    let perSecond: Int
    /// What was moved within the last second, oldest first; eleven entries at most.
    private var grants: [Grant] = []

    private static let window = Duration.seconds(1)

    init(perSecond: Int) { self.perSecond = perSecond }

    /// Least time between two grants: a tenth of a second, longer for fewer than ten messages a second.
    private var pause: Duration { .milliseconds(max(100, (1_000 + perSecond - 1) / perSecond)) }

    /// Messages that may be moved now.
    func allowance(at now: Timestamp) -> Int {
        guard next(at: now) <= now else { return 0 }
        let used = recent(at: now).reduce(0) { $0 + $1.count }
        return min(perSecond - used, (perSecond + 9) / 10)
    }

    /// When there is an allowance again; `now` when there is one.
    func next(at now: Timestamp) -> Timestamp {
        let recent = recent(at: now)
        guard let last = recent.last else { return now }
        var next = max(now, last.at + pause)
        if recent.reduce(0, { $0 + $1.count }) >= perSecond { next = max(next, recent[0].at + Self.window) }
        return next
    }

    /// Notes messages that were moved.
    mutating func spend(_ count: Int, at now: Timestamp) {
        grants = recent(at: now)
        if count > 0 { grants.append(Grant(at: now, count: count)) }
    }

    /// A clock that was set back must not stop a task: what lies ahead of it counts no more.
    private func recent(at now: Timestamp) -> [Grant] {
        grants.filter { $0.at <= now && now - $0.at < Self.window }
    }
}
