/// A DynamoDB number: up to 38 significant digits, magnitude from 1E-130 to 9.99…E+125, kept exactly.
///
/// Equal numbers have equal values here, however they were written (`1`, `1.0`, `10e-1`).
struct DecimalNumber: Hashable, Sendable {
    /// Most significant digits of a number (DynamoDB developer guide, data types).
    static let digitsMax = 38
    /// Exponents of the first digit, in scientific notation (DynamoDB developer guide, data types).
    static let exponents = -130...125

    enum Failure: Error, Equatable {
        case notANumber
        case tooManyDigits
        case overflow
        case underflow
    }

    let isNegative: Bool
    /// ASCII digits without zeros at either end; empty for zero.
    let digits: [UInt8]
    /// The power of ten that the first digit counts; 0 for zero.
    let exponent: Int

    /// Reads `[+-]digits[.digits][(e|E)[+-]digits]`; at least one digit before or behind the point.
    init(_ text: some Collection<UInt8>) throws(Failure) {
        var rest = text[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        var read: [UInt8] = []
        var pointAt: Int?
        while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
            rest.removeFirst()
            if byte == UInt8(ascii: "."), pointAt == nil {
                pointAt = read.count
            } else {
                guard Self.isDigit(byte) else { throw .notANumber }
                read.append(byte)
            }
        }
        guard !read.isEmpty else { throw .notANumber }
        let shift = try Self.exponent(rest)
        let zeros = read.prefix { $0 == UInt8(ascii: "0") }.count
        let trailing = read.reversed().prefix { $0 == UInt8(ascii: "0") }.count
        guard zeros < read.count else {
            self.init(isNegative: false, digits: [], exponent: 0)
            return
        }
        let digits = Array(read[zeros..<(read.count - trailing)])
        let exponent = (pointAt ?? read.count) - zeros - 1 + shift
        guard exponent <= Self.exponents.upperBound else { throw .overflow }
        guard exponent >= Self.exponents.lowerBound else { throw .underflow }
        guard digits.count <= Self.digitsMax else { throw .tooManyDigits }
        self.init(isNegative: isNegative, digits: digits, exponent: exponent)
    }

    private init(isNegative: Bool, digits: [UInt8], exponent: Int) {
        self.isNegative = isNegative
        self.digits = digits
        self.exponent = exponent
    }

    /// What stands behind the digits: nothing, or `e` and a number. Absurd exponents come back clamped.
    private static func exponent(_ text: some Collection<UInt8>) throws(Failure) -> Int {
        guard !text.isEmpty else { return 0 }
        var rest = text.dropFirst()
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard !rest.isEmpty else { throw .notANumber }
        var value = 0
        for byte in rest {
            guard isDigit(byte) else { throw .notANumber }
            value = min(value * 10 + Int(byte - UInt8(ascii: "0")), 1_000_000_000)
        }
        return isNegative ? -value : value
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    var isZero: Bool { digits.isEmpty }

    var negated: DecimalNumber {
        DecimalNumber(isNegative: !isZero && !isNegative, digits: digits, exponent: exponent)
    }

    /// Bytes that the number counts for in sizes: one, and one for each pair of digits (esm-streams.md §8).
    var sizeBytes: Int { (digits.count + 1) / 2 + 1 }
}

// MARK: - Text

extension DecimalNumber: CustomStringConvertible {
    /// Plain decimal notation without exponent, as DynamoDB returns numbers.
    var description: String { String(decoding: text, as: UTF8.self) }

    var text: [UInt8] {
        guard !isZero else { return [UInt8(ascii: "0")] }
        let zero = UInt8(ascii: "0")
        var out: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        if exponent < 0 {
            out.append(zero)
            out.append(UInt8(ascii: "."))
            out.append(contentsOf: repeatElement(zero, count: -exponent - 1))
            out.append(contentsOf: digits)
        } else if digits.count <= exponent + 1 {
            out.append(contentsOf: digits)
            out.append(contentsOf: repeatElement(zero, count: exponent + 1 - digits.count))
        } else {
            out.append(contentsOf: digits[...exponent])
            out.append(UInt8(ascii: "."))
            out.append(contentsOf: digits[(exponent + 1)...])
        }
        return out
    }
}

// MARK: - Order

extension DecimalNumber: Comparable {
    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        left.orderedBytes.lexicographicallyPrecedes(right.orderedBytes)
    }

    /// Bytes that compare as the numbers do, and of which none is the start of another.
    ///
    /// A class byte (negative, zero, positive), then exponent, digits and a terminator; all but the class byte are
    /// inverted for negative numbers.
    var orderedBytes: [UInt8] {
        guard !isZero else { return [2] }
        let biased = exponent - Self.exponents.lowerBound
        var bytes: [UInt8] = [UInt8(biased >> 8), UInt8(biased & 0xff)]
        bytes.append(contentsOf: digits)
        bytes.append(0)
        return isNegative ? [1] + bytes.map { ~$0 } : [3] + bytes
    }
}
