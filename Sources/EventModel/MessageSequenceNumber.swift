/// The place of a message in its FIFO queue as the wire tells it: 20 decimal digits, derived from the position.
///
/// AWS's numbers begin at about 2^64 and go in steps of 256 (recorded on AWS; sources-api.md A6).
package struct MessageSequenceNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let position: Position

    package init(position: Position) { self.position = position }

    package static func < (left: Self, right: Self) -> Bool { left.position < right.position }

    /// 18849496460467696128, in two halves because it is over 2^64: what goes before its last 15 digits, and those.
    private static let first: (high: UInt64, low: UInt64) = (18_849, 496_460_467_696_128)
    private static let step: UInt64 = 256
    private static let lowDigits = 15
    private static let lowRange: UInt64 = 1_000_000_000_000_000

    package var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the 20 digits without making a string.
    package func append(to out: inout [UInt8]) {
        // Positions have 44 bits, so the product has 52.
        let sum = Self.first.low + UInt64(bitPattern: position) * Self.step
        Self.write(Self.first.high + sum / Self.lowRange, digits: 5, to: &out)
        Self.write(sum % Self.lowRange, digits: Self.lowDigits, to: &out)
    }

    private static func write(_ number: UInt64, digits: Int, to out: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: digits) { text in
            var rest = number
            for place in stride(from: digits - 1, through: 0, by: -1) {
                text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            out.append(contentsOf: text)
        }
    }
}
