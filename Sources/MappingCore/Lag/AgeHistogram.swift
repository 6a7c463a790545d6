import EventModel

/// Ages in milliseconds, counted in buckets that are at most 6.25 % wide; bounded memory.
package struct AgeHistogram: Equatable, Sendable {
    package private(set) var count = 0
    /// The newest sample.
    package private(set) var last: Duration?
    package private(set) var maximum: Duration?
    private var buckets: [Int] = []

    package init() {}

    /// Negative ages (a clock that jumped) count as zero.
    package mutating func record(_ age: Duration) {
        let milliseconds = min(max(0, age.wholeMilliseconds), Self.highest)
        let bucket = Self.bucket(of: milliseconds)
        if bucket >= buckets.count { buckets += Array(repeating: 0, count: bucket + 1 - buckets.count) }
        buckets[bucket] += 1
        count += 1
        let sample = Duration.milliseconds(milliseconds)
        last = sample
        maximum = max(maximum ?? .zero, sample)
    }

    /// The age that this share (0...1) of the samples does not exceed, rounded up to its bucket's end and never above
    /// the maximum; `nil` without samples.
    package func quantile(_ share: Double) -> Duration? {
        guard let maximum, (0...1).contains(share) else { return nil }
        let rank = max(1, Int((share * Double(count)).rounded(.up)))
        var seen = 0
        for (bucket, samples) in buckets.enumerated() {
            seen += samples
            if seen >= rank { return min(maximum, .milliseconds(Self.end(of: bucket))) }
        }
        return maximum
    }

    /// Adds the samples of another histogram; `last` stays unless there was none.
    package mutating func merge(_ other: AgeHistogram) {
        if other.buckets.count > buckets.count {
            buckets += Array(repeating: 0, count: other.buckets.count - buckets.count)
        }
        for (bucket, samples) in other.buckets.enumerated() { buckets[bucket] += samples }
        count += other.count
        last = last ?? other.last
        guard let theirs = other.maximum else { return }
        maximum = max(maximum ?? .zero, theirs)
    }
}

// MARK: - Buckets

extension AgeHistogram {
    // Ages below 16 ms have a bucket each; above, every doubling is cut into 16 buckets of the same width.
    private static let steps = 16
    /// About 35,000 years; it bounds the buckets to 767.
    private static let highest: Int64 = 1 << 50

    private static func bucket(of milliseconds: Int64) -> Int {
        guard milliseconds >= Int64(steps) else { return Int(milliseconds) }
        let doublings = 63 - milliseconds.leadingZeroBitCount - 4
        return doublings * steps + Int(milliseconds >> Int64(doublings))
    }

    /// The largest age in the bucket.
    private static func end(of bucket: Int) -> Int64 {
        guard bucket >= 2 * steps else { return Int64(bucket) }
        let doublings = bucket / steps - 1
        return (Int64(bucket - doublings * steps + 1) << Int64(doublings)) - 1
    }
}
