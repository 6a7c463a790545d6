import Glibc

/// Nanoseconds of the machine's monotonic clock; comparable between processes of one machine.
enum Monotonic {
    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static func seconds(since start: UInt64) -> Double {
        Double(nanoseconds() - start) / 1_000_000_000
    }

    /// Waits; only a bench may do that.
    static func pause(milliseconds: UInt32) {
        usleep(milliseconds * 1_000)
    }
}

/// What stops a bench: the sentence is all that is shown.
struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    static func system(_ what: String) -> BenchError {
        BenchError("\(what): \(String(cString: strerror(errno)))")
    }
}
