extension DecimalNumber {
    /// A count; never negative, never more than 19 digits.
    init(_ count: Int) {
        do { try self.init(Array(String(count).utf8)) } catch {
            preconditionFailure("a whole number of 64 bits is a DynamoDB number")
        }
    }

    /// The exact sum.
    ///
    /// - Throws: When it has more than 38 digits or leaves the range.
    func adding(_ other: DecimalNumber) throws(Failure) -> DecimalNumber {
        guard !isZero else { return other }
        guard !other.isZero else { return self }
        // Both as digits that count the same power of ten.
        let lowest = min(lowestExponent, other.lowestExponent)
        var left = aligned(to: lowest)
        var right = other.aligned(to: lowest)
        let width = max(left.count, right.count) + 1
        left = [UInt8](repeating: 0, count: width - left.count) + left
        right = [UInt8](repeating: 0, count: width - right.count) + right
        let sum: [UInt8]
        let isBelowZero: Bool
        if isNegative == other.isNegative {
            sum = Self.sum(left, right)
            isBelowZero = isNegative
        } else if left.lexicographicallyPrecedes(right) {
            sum = Self.difference(right, left)
            isBelowZero = other.isNegative
        } else {
            sum = Self.difference(left, right)
            isBelowZero = isNegative
        }
        var text: [UInt8] = isBelowZero ? [UInt8(ascii: "-")] : []
        text.append(contentsOf: sum.map { $0 + UInt8(ascii: "0") })
        text.append(contentsOf: Array("e\(lowest)".utf8))
        return try DecimalNumber(text)
    }

    /// The exact difference.
    func subtracting(_ other: DecimalNumber) throws(Failure) -> DecimalNumber {
        try adding(other.negated)
    }

    /// The power of ten that the last digit counts.
    private var lowestExponent: Int { exponent - digits.count + 1 }

    /// Values of the digits, with zeros at the end down to that power of ten.
    private func aligned(to lowest: Int) -> [UInt8] {
        digits.map { $0 - UInt8(ascii: "0") }
            + [UInt8](repeating: 0, count: lowestExponent - lowest)
    }

    /// Both of one length; the first digit of the sum has room.
    private static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result = left
        var carry: UInt8 = 0
        for index in left.indices.reversed() {
            let digit = left[index] + right[index] + carry
            result[index] = digit % 10
            carry = digit / 10
        }
        return result
    }

    /// Both of one length, the first one not smaller.
    private static func difference(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result = left
        var borrow: UInt8 = 0
        for index in left.indices.reversed() {
            let taken = right[index] + borrow
            borrow = left[index] < taken ? 1 : 0
            result[index] = left[index] + borrow * 10 - taken
        }
        return result
    }
}
