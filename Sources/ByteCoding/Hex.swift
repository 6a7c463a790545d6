/// Two hexadecimal digits a byte.
package enum Hex {
    /// Lower-case digits.
    package static func encode(_ content: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(content.count * 2)
        for byte in content {
            text.append(character(byte >> 4))
            text.append(character(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Accepts both cases; nil for an odd count or another character.
    package static func decode(_ text: String) -> [UInt8]? {
        var content: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            guard let digit = digit(character) else { return nil }
            if let first = high {
                content.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? content : nil
    }

    /// The lower-case digit of 0...15.
    @inline(__always)
    static func character(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    /// What a digit of either case stands for.
    static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
