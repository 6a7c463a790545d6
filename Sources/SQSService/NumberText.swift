/// The values of `Number` attributes: up to 38 significant digits, from 10^-128 to 10^126, or 0 (SQS developer guide,
/// "Message attribute data types").
enum NumberText {
    private static let significantDigits = 38
    private static let exponents = -128...126

    static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        skipSign(&rest)
        let whole = takeDigits(&rest)
        var fraction = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = takeDigits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return false }
        guard let exponent = takeExponent(&rest), rest.isEmpty else { return false }
        let digits = whole + fraction
        let zero = UInt8(ascii: "0")
        guard let first = digits.firstIndex(where: { $0 != zero }),
            let last = digits.lastIndex(where: { $0 != zero })
        else { return true }
        let magnitude = whole.count - 1 - (first - digits.startIndex) + exponent
        // Ten to the 126th is the largest there is.
        let isLargest = magnitude == exponents.upperBound && (first != last || digits[first] != zero + 1)
        return last - first < significantDigits && exponents.contains(magnitude) && !isLargest
    }

    private static func skipSign(_ rest: inout ArraySlice<UInt8>) {
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits
    }

    /// 0 when there is none, `nil` when it is no number of up to nine digits.
    private static func takeExponent(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let mark = rest.first else { return 0 }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
        rest.removeFirst()
        let isNegative = rest.first == UInt8(ascii: "-")
        skipSign(&rest)
        let digits = takeDigits(&rest)
        guard (1...9).contains(digits.count), let size = Int(String(decoding: digits, as: UTF8.self)) else {
            return nil
        }
        return isNegative ? -size : size
    }
}
