/// Which lane a record takes (esm-streams.md §3: order is kept per partition key, or per item key).
package enum LaneHash {
    /// Equal keys get equal lanes.
    ///
    /// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) with its high bits folded in, because the remainder looks at
    /// the low ones. Nothing that is stored depends on it, so it may change between releases.
    ///
    /// - Parameter lanes: At least 1.
    /// - Returns: 0..<lanes.
    package static func lane(of key: Span<UInt8>, lanes: Int) -> Int {
        guard lanes > 1 else { return 0 }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in key.indices { hash = (hash ^ UInt64(key[index])) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ (hash >> 32)) &* 0x9e37_79b9_7f4a_7c15
        return Int((hash >> 32) % UInt64(lanes))
    }
}
