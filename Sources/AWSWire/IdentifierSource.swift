import Digest
import Synchronization

/// Makes UUID texts (lower case, version 4 form) from one random seed, without a system call each.
///
/// Unique as long as the seed is; not meant as a secret.
package final class IdentifierSource: Sendable {
    private let seed: (UInt64, UInt64)
    private let count = Atomic<UInt64>(0)

    /// - Parameter seed: 16 random bytes, or what a test wants.
    package init(seed: [UInt8]) {
        precondition(seed.count == 16, "the seed of identifiers has 16 bytes")
        self.seed = (Self.word(seed[0..<8]), Self.word(seed[8..<16]))
    }

    package convenience init() { self.init(seed: RandomBytes.make(count: 16)) }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    package func next() -> String {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        let high = Self.mixed(seed.0 &+ number &* 0x9e37_79b9_7f4a_7c15)
        let low = Self.mixed(seed.1 ^ high &+ number)
        return Self.text(
            high: high & 0xffff_ffff_ffff_0fff | 0x4000,
            low: low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }

    /// The finalizer of SplitMix64: spreads a counter over all bits, one to one.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mix = value
        mix = (mix ^ (mix >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mix = (mix ^ (mix >> 27)) &* 0x94d0_49bb_1331_11eb
        return mix ^ (mix >> 31)
    }

    /// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
    package static func text(high: UInt64, low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var at = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    buffer[at] = UInt8(ascii: "-")
                    at += 1
                }
                let word = nibble < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - nibble % 16 * 4)) & 15
                buffer[at] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
                at += 1
            }
            return at
        }
    }
}
