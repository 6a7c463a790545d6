/// The values of `Number` attributes: up to 38 significant digits, sign, fraction and exponent.
enum NumberText {
    static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        skipSign(&rest)
        var digits = countDigits(&rest)
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            digits += countDigits(&rest)
        }
        guard (1...38).contains(digits) else { return false }
        guard let mark = rest.first else { return true }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return false }
        rest.removeFirst()
        skipSign(&rest)
        return (1...3).contains(countDigits(&rest)) && rest.isEmpty
    }

    private static func skipSign(_ rest: inout ArraySlice<UInt8>) {
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    }

    private static func countDigits(_ rest: inout ArraySlice<UInt8>) -> Int {
        let before = rest.count
        rest = rest.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return before - rest.count
    }
}
