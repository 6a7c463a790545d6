/// A moment on the monotonic clock, in nanoseconds since some start. Wall time is `Timestamp`.
struct MonotonicTime: Hashable, Comparable, Sendable {
    let nanoseconds: Int64

    static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    static func + (moment: MonotonicTime, length: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = length.components
        return MonotonicTime(
            nanoseconds: moment.nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    static func - (end: MonotonicTime, start: MonotonicTime) -> Duration {
        .nanoseconds(end.nanoseconds - start.nanoseconds)
    }
}
