/// The 16 bytes of an MD5 digest.
package struct MD5Digest: Hashable, Sendable {
    /// The digest read as one big-endian number, as Kinesis's hash keys are.
    package let value: UInt128

    package init(value: UInt128) { self.value = value }

    /// The bytes, most significant first.
    package var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: value >> UInt128(120 - 8 * $0)) }
    }

    /// 32 lower-case digits.
    package var hex: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        appendHex(to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    /// Appends the 32 lower-case digits.
    package func appendHex(to out: inout [UInt8]) {
        for half in [UInt64(truncatingIfNeeded: value >> 64), UInt64(truncatingIfNeeded: value)] {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: half >> shift & 15)
                out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
            }
        }
    }
}
