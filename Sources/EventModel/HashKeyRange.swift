/// The hash keys, both ends included, that belong to one shard (Kinesis: MD5 of the partition key, 128 bits).
package struct HashKeyRange: Hashable, Sendable {
    package let start: UInt128
    package let end: UInt128

    package init(start: UInt128, end: UInt128) {
        precondition(start <= end, "a hash key range is not empty")
        self.start = start
        self.end = end
    }

    package func contains(_ key: UInt128) -> Bool { key >= start && key <= end }

    /// One begins where the other ends.
    package func touches(_ other: HashKeyRange) -> Bool {
        (end < other.start && end + 1 == other.start) || (other.end < start && other.end + 1 == start)
    }

    /// Splits the whole key space evenly, as `CreateStream` does: start_i = ⌊2^128/n⌋·i, the last one takes the rest.
    package static func even(count: Int) -> [HashKeyRange] {
        precondition(count > 0, "a stream has at least one shard")
        // 2^128 / n = (2^128 - 1) / n unless n divides 2^128, i.e. n is a power of two.
        let n = UInt128(count)
        let width: UInt128 = n == 1 ? 0 : UInt128.max / n + (UInt128.max % n == n - 1 ? 1 : 0)
        return (0..<count).map { index in
            let start = width * UInt128(index)
            let end = index == count - 1 ? UInt128.max : start + width - 1
            return HashKeyRange(start: start, end: end)
        }
    }
}
