/// Ages in milliseconds, counted in buckets that are at most 6.25 % wide; bounded memory.
package struct AgeHistogram: Sendable {
    package private(set) var count = 0
    package private(set) var last: Duration?
    package private(set) var maximum: Duration?

    package init() {}

    /// Negative ages (a clock that jumped) count as zero.
    package mutating func record(_ age: Duration) { fatalError("pending") }
    /// The age that this share of the samples does not exceed, up to the bucket's width; `nil` without samples.
    package func quantile(_ share: Double) -> Duration? { fatalError("pending") }
    package mutating func merge(_ other: AgeHistogram) { fatalError("pending") }
}
