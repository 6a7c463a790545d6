import Glibc

/// Time that passes, for the verbs of the command line; `RealClock` tells what time it is.
enum SystemTime {
    /// Time since some moment in the past that stays the same; never goes back.
    static func elapsed() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Stops the calling thread. Ends early when a signal comes.
    static func pause(_ length: Duration) {
        guard length > .zero else { return }
        let (seconds, attoseconds) = length.components
        var rest = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        nanosleep(&rest, nil)
    }
}

extension Duration {
    /// The length as seconds with fraction.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
