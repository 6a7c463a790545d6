/// Bounds of what the store keeps and does at once.
package enum StoreLimits {
    /// Queue keys and shard keys leave 44 bits for positions in a row's 63-bit key.
    package static let largestKey: Int64 = 1 << 19 - 1
    /// The decision log of one mapping (own choice: minutes of history at full speed, days when idle).
    package static let decisionsPerMapping = 2_000
    /// Discards that are kept with their payload; the oldest go (own choice).
    package static let discards = 10_000
    /// Bytes of payload of the discards that are kept (own choice).
    package static let discardBytes = 268_435_456
    /// Messages that a decision on a move names (own choice).
    static let neverExecutedSample = 5
    /// Operations in one transaction (own choice: keeps a group under about 50 ms).
    package static let operationsInGroup = 2_048
}
