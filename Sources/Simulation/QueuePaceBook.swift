import EventModel
import MappingCore

/// What a mapping may do at most by its scaling, reckoned from the published numbers and nothing else (esm-sqs.md §6).
struct QueuePaceBook {
    private var scaling: PollerScaling
    /// The level that was possible then.
    private var base: (level: Int, at: Timestamp)
    /// The most batches that any settings of this life allow.
    private(set) var highestLevel: Int
    private var polls: [(at: Timestamp, bytes: Int)] = []

    init(_ scaling: PollerScaling, now: Timestamp) {
        self.scaling = scaling
        let (start, ceiling, _) = Self.numbers(of: scaling)
        base = (start, now)
        highestLevel = ceiling
    }

    private static func numbers(of scaling: PollerScaling) -> (start: Int, ceiling: Int, perMinute: Int) {
        switch scaling {
        case .automatic: (5, 1_250, 300)
        case .limited(let maximum): (min(5, maximum), maximum, 300)
        case .provisioned(let minimum, let maximum): (minimum * 10, min(20_000, maximum * 10), 1_000)
        }
    }

    mutating func adopt(_ other: PollerScaling, now: Timestamp) {
        let (start, ceiling, _) = Self.numbers(of: other)
        base = (max(start, level(now: now)), now)
        highestLevel = max(highestLevel, ceiling)
        // What was polled before was bound by other numbers.
        polls = []
        scaling = other
    }

    /// The highest level that may have been reached.
    func level(now: Timestamp) -> Int {
        let (_, ceiling, perMinute) = Self.numbers(of: scaling)
        let risen = base.level + Int((now - base.at).wholeMilliseconds) * perMinute / 60_000
        // A poller comes as a whole; batches of a higher limit before may still be in flight.
        if case .provisioned = scaling { return min(max(ceiling, 1), risen + 9) }
        return min(max(ceiling, 1), risen)
    }

    mutating func received(bytes: Int) {
        guard let last = polls.indices.last else { return }
        polls[last].bytes += bytes
    }

    /// What a poll breaks, if it breaks anything.
    mutating func polled(limit: Int, now: Timestamp) -> String? {
        defer { polls.append((now, 0)) }
        guard case .provisioned = scaling else { return nil }
        let pollers = (level(now: now) + 9) / 10
        polls.removeAll { now - $0.at > .seconds(10) }
        if limit > 10 { return "a poll brings at most 10 messages" }
        if polls.count(where: { now - $0.at < .seconds(1) }) >= 10 * pollers {
            return "a poller polls ten times a second"
        }
        var bytes = 0
        for poll in polls.reversed() {
            bytes += poll.bytes
            // A millisecond more: clocks count no finer.
            let length = Int((now - poll.at).wholeMilliseconds) + 1
            let allowed = pollers * 1_048_576 * length / 1_000
            if bytes > allowed { return "a poller takes one megabyte a second" }
        }
        return nil
    }
}
