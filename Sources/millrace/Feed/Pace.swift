/// Decides how many records may go out by when: at an even rate, in bursts of the same average, or without bound.
struct Pace: Equatable, Sendable {
    /// Records per second; `nil` for as fast as it goes.
    let rate: Double?
    /// Records that go out together.
    let burst: Int
    private(set) var granted = 0

    /// What to do now.
    enum Grant: Equatable {
        case records(Int)
        case wait(Duration)
    }

    /// Shorter waits would cost more calls than they are worth.
    static let shortestWait = Duration.milliseconds(5)

    init(rate: Double?, burst: Int = 1) {
        self.rate = rate
        self.burst = max(1, burst)
    }

    /// - Parameter elapsed: Since the start.
    mutating func take(upTo count: Int, elapsed: Duration) -> Grant {
        guard let rate else {
            granted += count
            return .records(count)
        }
        // The first burst is due at once.
        let bursts = Int(elapsed.inSeconds * rate / Double(burst)) + 1
        let due = bursts * burst - granted
        guard due > 0 else {
            let next = Double(bursts * burst) / rate
            return .wait(max(Self.shortestWait, .milliseconds(Int64(next * 1_000)) - elapsed))
        }
        let count = min(due, count)
        granted += count
        return .records(count)
    }
}
