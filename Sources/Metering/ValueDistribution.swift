/// How often values of which size came, in a bounded number of buckets; tells percentiles.
///
/// A doubling is cut into 2^`scale` buckets of equal ratio. At first that is 32, so a percentile, taken as the geometric
/// middle of its bucket, is wrong by 1.1 % at most. When the values lie in more than `bucketsMax` different buckets,
/// neighbours are joined and the error doubles. Values are zero or positive.
package struct ValueDistribution: Equatable, Sendable {
    package struct Bucket: Equatable, Sendable {
        /// Of values from 2^(index / 2^scale) up to the next index's.
        var index: Int
        var count: Double
    }

    /// Our own bound: five doublings at full accuracy whatever the values, and 1.6 KB when stored.
    package static let bucketsMax = 160
    package static let finestScale = 5

    package internal(set) var scale = ValueDistribution.finestScale
    package internal(set) var zeros = 0.0
    /// Ascending, none of them empty.
    package internal(set) var buckets: [Bucket] = []

    package init() {}

    /// Values at most; more than 2^53 are no longer counted one by one.
    package var count: Double { buckets.reduce(zeros) { $0 + $1.count } }

    package mutating func add(_ value: Double, count: Double = 1) {
        precondition(value >= 0 && value.isFinite, "a distribution is of values that are zero or positive")
        guard value > 0 else {
            zeros += count
            return
        }
        add(count, at: Self.index(of: value) >> (Self.finestScale - scale))
        limit()
    }

    package mutating func merge(_ other: ValueDistribution) {
        var theirs = other
        while scale > theirs.scale { coarsen() }
        while theirs.scale > scale { theirs.coarsen() }
        zeros += theirs.zeros
        for bucket in theirs.buckets { add(bucket.count, at: bucket.index) }
        limit()
    }

    private mutating func add(_ count: Double, at index: Int) {
        // Values come in runs of like ones: the last bucket asked for is often the next one's too.
        var low = 0
        var high = buckets.count
        while low < high {
            let middle = (low + high) / 2
            if buckets[middle].index < index { low = middle + 1 } else { high = middle }
        }
        if low < buckets.count, buckets[low].index == index {
            buckets[low].count += count
        } else {
            buckets.insert(Bucket(index: index, count: count), at: low)
        }
    }

    private mutating func limit() {
        while buckets.count > Self.bucketsMax { coarsen() }
    }

    /// Joins each two neighbours into one bucket.
    private mutating func coarsen() {
        scale -= 1
        var joined: [Bucket] = []
        joined.reserveCapacity(buckets.count)
        for bucket in buckets {
            let index = bucket.index >> 1
            if joined.last?.index == index {
                joined[joined.count - 1].count += bucket.count
            } else {
                joined.append(Bucket(index: index, count: bucket.count))
            }
        }
        buckets = joined
    }
}

// MARK: - Percentiles

extension ValueDistribution {
    /// The value that this many percent (0...100) of the values do not exceed, by nearest rank; `nil` without values.
    package func percentile(_ percent: Double) -> Double? {
        let total = count
        guard total > 0, (0...100).contains(percent) else { return nil }
        let rank = max(1, (percent / 100 * total).rounded(.up))
        var seen = zeros
        if seen >= rank { return 0 }
        for bucket in buckets {
            seen += bucket.count
            if seen >= rank { return middle(of: bucket.index) }
        }
        return buckets.last.map { middle(of: $0.index) } ?? 0
    }

    private func middle(of index: Int) -> Double {
        (Self.lowerBound(index, scale: scale) * Self.lowerBound(index + 1, scale: scale)).squareRoot()
    }
}

// MARK: - Buckets

extension ValueDistribution {
    /// 2^(k/32) for k in 0..<32: where the buckets of one doubling begin.
    private static let steps: [Double] = {
        var root = 2.0
        for _ in 0..<finestScale { root = root.squareRoot() }
        var steps = [1.0]
        while steps.count < 1 << finestScale { steps.append(steps[steps.count - 1] * root) }
        return steps
    }()

    /// At the finest scale.
    private static func index(of value: Double) -> Int {
        let fraction = value.significand
        var step = 0
        var width = 1 << (finestScale - 1)
        while width > 0 {
            if steps[step + width] <= fraction { step += width }
            width >>= 1
        }
        return Int(value.exponent) << finestScale + step
    }

    private static func lowerBound(_ index: Int, scale: Int) -> Double {
        let fine = index << (finestScale - scale)
        let step = fine & (1 << finestScale - 1)
        return Double(sign: .plus, exponent: fine >> finestScale, significand: steps[step])
    }
}

// MARK: - As the file keeps it

extension ValueDistribution {
    /// Scale, zeros, then each bucket as its distance from the one before and its count.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = [UInt8(bitPattern: Int8(scale))]
        Self.append(zeros, to: &bytes)
        var last = 0
        for bucket in buckets {
            let distance = Int64(bucket.index - last)
            Self.append(UInt64(bitPattern: distance << 1 ^ distance >> 63), to: &bytes)
            Self.append(bucket.count, to: &bytes)
            last = bucket.index
        }
        return bytes
    }

    /// `nil` for bytes that no distribution has.
    package init?(bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.first else { return nil }
        scale = Int(Int8(bitPattern: first))
        guard (-8...Self.finestScale).contains(scale) else { return nil }
        var rest = bytes[1...]
        guard let zeros = Self.count(&rest) else { return nil }
        self.zeros = zeros
        var last = 0
        while !rest.isEmpty, buckets.count < Self.bucketsMax {
            guard let mixed = Self.number(&rest), let count = Self.count(&rest) else { return nil }
            let (index, isTooLarge) = last.addingReportingOverflow(
                Int(Int64(mixed >> 1) ^ -Int64(mixed & 1)))
            // No double has an exponent beyond ±1,100.
            guard !isTooLarge, abs(index) < 1 << 16, buckets.isEmpty || index > last else { return nil }
            buckets.append(Bucket(index: index, count: count))
            last = index
        }
        guard rest.isEmpty else { return nil }
    }

    /// Whole counts, which nearly all are, take the bytes that they need; others nine.
    private static func append(_ count: Double, to bytes: inout [UInt8]) {
        if count >= 0, count < 9_007_199_254_740_992, count == count.rounded() {
            return append(UInt64(count) << 1, to: &bytes)
        }
        bytes.append(1)
        withUnsafeBytes(of: count.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func count(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> Double? {
        guard rest.first == 1 else { return number(&rest).flatMap { $0 & 1 == 0 ? Double($0 >> 1) : nil } }
        guard rest.count >= 9 else { return nil }
        let pattern = rest.dropFirst().prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(9)
        let count = Double(bitPattern: pattern)
        return count.isFinite && count >= 0 ? count : nil
    }

    private static func number(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            guard shift < 64 else { return nil }
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        return nil
    }
}
