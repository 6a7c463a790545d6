import ByteCoding
import EventModel

/// A read position that a client holds: opaque on the wire, valid for 5 minutes.
struct ShardIterator: Equatable {
    let stream: StreamKey
    let shard: ShardKey
    /// The position before the next record.
    let after: Position
    let createdAt: Timestamp

    init(stream: StreamKey, shard: ShardKey, after: Position, createdAt: Timestamp) {
        self.stream = stream
        self.shard = shard
        self.after = after
        self.createdAt = createdAt
    }

    func isExpired(at now: Timestamp) -> Bool { now - createdAt > Limits.shardIteratorLifetime }
}

// MARK: - Text

extension ShardIterator {
    /// Five words: four that say what it is, masked, and a check over them that keeps out what this store never made.
    ///
    /// - Parameter secret: The store's own number.
    func text(secret: UInt64) -> String {
        let words: [UInt64] = [
            UInt64(bitPattern: stream.rawValue), UInt64(bitPattern: shard.rawValue),
            UInt64(bitPattern: after), UInt64(bitPattern: createdAt.millisecondsSinceEpoch),
        ]
        let check = Self.check(of: words, secret)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(40)
        for (index, word) in words.enumerated() { Self.append(word ^ Self.mask(index, check), to: &bytes) }
        Self.append(check, to: &bytes)
        return Base64.encode(bytes)
    }

    /// `nil` for what this store never made.
    init?(_ text: String, secret: UInt64) {
        guard text.utf8.count <= 512, let bytes = Base64.decode(text), bytes.count == 40 else { return nil }
        let masked = (0..<5).map { index in
            bytes[index * 8..<index * 8 + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        let words = (0..<4).map { masked[$0] ^ Self.mask($0, masked[4]) }
        guard Self.check(of: words, secret) == masked[4] else { return nil }
        self.init(
            stream: StreamKey(rawValue: Int64(bitPattern: words[0])),
            shard: ShardKey(rawValue: Int64(bitPattern: words[1])),
            after: Position(bitPattern: words[2]),
            createdAt: Timestamp(millisecondsSinceEpoch: Int64(bitPattern: words[3])))
    }

    private static func check(of words: [UInt64], _ secret: UInt64) -> UInt64 {
        words.reduce(mixed(secret)) { mixed($0 ^ $1) }
    }

    private static func mask(_ index: Int, _ check: UInt64) -> UInt64 { mixed(check &+ UInt64(index)) }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
        }
    }

    /// The finalizer of SplitMix64: every bit moves about half of the bits.
    static func mixed(_ value: UInt64) -> UInt64 {
        var mix = value &+ 0x9e37_79b9_7f4a_7c15
        mix = (mix ^ (mix >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mix = (mix ^ (mix >> 27)) &* 0x94d0_49bb_1331_11eb
        return mix ^ (mix >> 31)
    }
}
