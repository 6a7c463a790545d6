/// Name and value pairs of a query string or a form body, percent-decoded, in the order of the wire.
package struct WireParameters: Sendable, Equatable {
    package private(set) var names: [String] = []
    package private(set) var values: [String] = []

    package init() {}

    /// Takes `a=1&b=2` apart; `+` is a space. `nil` when an escape is broken or the result is not UTF-8.
    ///
    /// At most `limit` pairs.
    package init?(formEncoded bytes: some Collection<UInt8>, limit: Int = 10_000) {
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            guard names.count < limit else { return nil }
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decoded(parts[0], plusIsSpace: true),
                let value = parts.count > 1 ? PercentCoding.decoded(parts[1], plusIsSpace: true) : ""
            else { return nil }
            names.append(name)
            values.append(value)
        }
    }

    package var count: Int { names.count }
    package var isEmpty: Bool { names.isEmpty }

    /// The first value of the name.
    package subscript(_ name: String) -> String? {
        names.firstIndex(of: name).map { values[$0] }
    }

    /// Every value of the name, in order.
    package func all(_ name: String) -> [String] {
        names.indices.filter { names[$0] == name }.map { values[$0] }
    }

    /// Both one after the other, so that the subscript finds those of `self` first.
    func followed(by other: WireParameters) -> WireParameters {
        guard !other.isEmpty else { return self }
        var both = self
        both.names += other.names
        both.values += other.values
        return both
    }

    package mutating func append(_ name: String, _ value: String) {
        names.append(name)
        values.append(value)
    }
}

/// RFC 3986 percent escapes.
package enum PercentCoding {
    /// `nil` when an escape is broken or the result is not UTF-8.
    package static func decoded(_ bytes: some Collection<UInt8>, plusIsSpace: Bool = false) -> String? {
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexDigit), let low = rest.next().flatMap(hexDigit)
                else { return nil }
                plain.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: plain.append(UInt8(ascii: " "))
            default: plain.append(byte)
            }
        }
        return String(validating: plain, as: UTF8.self)
    }

    /// Escapes everything but `A-Z a-z 0-9 - _ . ~`, and `/` when it is kept; signatures use this form.
    package static func encoded(_ text: String, keepsSlash: Bool = false) -> String {
        let digits: [Character] = Array("0123456789ABCDEF")
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "/") where keepsSlash: result += "/"
            default:
                result += "%"
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            }
        }
        return result
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
