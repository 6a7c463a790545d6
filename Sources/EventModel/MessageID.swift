/// The identity of a queue message on the wire: a UUID that stays the same through every move to another queue.
package struct MessageID: Hashable, Sendable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Derives the ID of a message from where it was first stored, so that no row has to hold one.
    ///
    /// The high half maps rows to bits one to one, so two messages of a store meet only if all 122 bits do.
    package init(row: Int64, secret: UInt64) {
        let mixed = Scramble.mix(UInt64(bitPattern: row) ^ secret)
        let second = Scramble.mix(mixed &+ secret.byteSwapped)
        high = mixed & 0xffff_ffff_ffff_0fff | 0x4000
        low = second & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    }

    /// Lower-case text with hyphens, 36 characters.
    package var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the 36 characters without making a string.
    package func append(to out: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            var digit = 0
            for place in 0..<36 {
                guard place != 8, place != 13, place != 18, place != 23 else {
                    text[place] = UInt8(ascii: "-")
                    continue
                }
                let half = digit < 16 ? high : low
                text[place] = Scramble.hexDigit(
                    UInt8(truncatingIfNeeded: half >> UInt64(60 - digit % 16 * 4)) & 0xf)
                digit += 1
            }
            out.append(contentsOf: text)
        }
    }
}

/// Small bit mixers for identifiers; nothing here is a secret keeper.
enum Scramble {
    /// A bijection of 64 bits in which every input bit moves about half of the output bits (SplitMix64's finalizer).
    static func mix(_ value: UInt64) -> UInt64 {
        var bits = value &+ 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
