/// A number of JSON compared by its value, exactly: `300`, `300.0` and `3.0e2` are one.
///
/// The value is `0.d₁d₂… × 10^exponent`, negative or not; zero has no digits.
package struct DecimalValue: Equatable, Sendable {
    package let isNegative: Bool
    /// 0...9 each, without leading and trailing zeros.
    package let digits: [UInt8]
    package let exponent: Int

    /// Exponents beyond this are as good as this (our own; keeps the arithmetic from overflowing).
    private static let exponentMax = 1 << 40

    /// Reads a number that is valid JSON.
    package init(_ text: some Sequence<UInt8>) {
        var digits: [UInt8] = []
        var isNegative = false
        var isInFraction = false
        var isInExponent = false
        var scale = 0
        var power = 0
        var isPowerNegative = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"):
                if isInExponent { isPowerNegative = true } else { isNegative = true }
            case UInt8(ascii: "."): isInFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isInExponent = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = byte - UInt8(ascii: "0")
                if isInExponent {
                    power = min(power * 10 + Int(digit), Self.exponentMax)
                } else if digits.isEmpty, digit == 0 {
                    // A leading zero counts only behind the point, where it makes the number smaller.
                    if isInFraction { scale -= 1 }
                } else {
                    digits.append(digit)
                    if !isInFraction { scale += 1 }
                }
            default: break
            }
        }
        while digits.last == 0 { digits.removeLast() }
        self.digits = digits
        self.isNegative = isNegative && !digits.isEmpty
        exponent = digits.isEmpty ? 0 : scale + (isPowerNegative ? -power : power)
    }
}

extension DecimalValue: Comparable {
    package static func < (left: DecimalValue, right: DecimalValue) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmallerInSize(than: left) : left.isSmallerInSize(than: right)
    }

    private func isSmallerInSize(than other: DecimalValue) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if exponent != other.exponent { return exponent < other.exponent }
        return digits.lexicographicallyPrecedes(other.digits)
    }
}
