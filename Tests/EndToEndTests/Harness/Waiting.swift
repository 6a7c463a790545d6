import Glibc

/// End-to-end tests watch processes from outside, so they look again and again instead of being told.
enum Waiting {
    /// Long enough for two busy cores; no test passes or fails by its length.
    static let patience = Duration.seconds(60)

    /// Looks until the condition holds.
    ///
    /// - Parameters:
    ///   - what: What is waited for, as the end of "waited in vain for".
    ///   - detail: Read when the wait was in vain: what there is instead.
    static func until(
        _ what: String, within limit: Duration = patience, detail: () -> String = { "" },
        _ condition: () throws -> Bool
    ) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while clock.now < deadline {
            if try condition() { return }
            usleep(5_000)
        }
        throw HarnessError("waited \(limit) in vain for \(what). \(detail())")
    }

    /// Goes on once the wall clock shows a later millisecond, so that what comes next is younger than what came.
    static func untilNextMillisecond() {
        let now = milliseconds
        while milliseconds == now { usleep(200) }
    }

    /// Wall time since the epoch.
    static var milliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
