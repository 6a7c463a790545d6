import EventModel

/// Events per second, where what happened `timeConstant` ago weighs 1/e of what happens now.
struct WeightedRate: Equatable, Sendable {
    /// Seconds.
    static let timeConstant = 30.0
    /// Events, each faded by its age.
    private var weight = 0.0
    private var started: Timestamp?
    private var updated: Timestamp?

    /// Counts events that happened since the last call. The first call starts the measurement.
    mutating func add(_ events: Int64, now: Timestamp) {
        weight = faded(now: now) + Double(events)
        started = started ?? now
        updated = max(updated ?? now, now)
    }

    /// Corrected for the time before the start, so that the first seconds do not show too little.
    func perSecond(now: Timestamp) -> Double {
        guard let started, now > started else { return 0 }
        let share = 1 - Self.exponential(-Self.seconds(now - started) / Self.timeConstant)
        // In the first 100 ms a single event would look like a flood.
        guard now - started >= .milliseconds(100) else { return 0 }
        return faded(now: now) / (Self.timeConstant * share)
    }

    private func faded(now: Timestamp) -> Double {
        guard let updated, now > updated else { return weight }
        return weight * Self.exponential(-Self.seconds(now - updated) / Self.timeConstant)
    }

    private static func seconds(_ length: Duration) -> Double { Double(length.wholeMilliseconds) / 1_000 }

    /// e to the power of a number that is not above zero, to about nine digits; no C library in pure modules.
    private static func exponential(_ power: Double) -> Double {
        guard power > -700 else { return 0 }
        // e^x = (e^(x/2^n))^(2^n), with the inner power small enough for a short series.
        var halvings = 0
        var small = power
        while small < -0.125 {
            small /= 2
            halvings += 1
        }
        var result = 1 + small * (1 + small / 2 * (1 + small / 3 * (1 + small / 4 * (1 + small / 5))))
        for _ in 0..<halvings { result *= result }
        return result
    }
}
