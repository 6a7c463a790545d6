/// Checks of text that is still bytes.
package enum UTF8Text {
    /// Whether the bytes are well-formed UTF-8 (Unicode table 3-7: no surrogates, no overlong forms).
    package static func isValid(_ bytes: Span<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { text in
            var position = ByteScan.firstNonASCII(in: text, from: 0)
            while position < text.count {
                let length = sequenceLength(in: text, at: position)
                if length == 0 { return false }
                position += length
                if position < text.count, text[position] < 0x80 {
                    position = ByteScan.firstNonASCII(in: text, from: position)
                }
            }
            return true
        }
    }

    /// Whether the bytes are UTF-8 of characters that SQS takes:
    /// #x9 #xA #xD #x20–#xD7FF #xE000–#xFFFD #x10000–#x10FFFF (SQS API, `SendMessage`).
    package static func isAllowedInMessages(_ bytes: Span<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { text in
            var position = 0
            while position < text.count {
                position = ByteScan.firstControlOrNonASCII(in: text, from: position)
                guard position < text.count else { return true }
                let byte = text[position]
                if byte < 0x20 {
                    guard byte == 0x09 || byte == 0x0A || byte == 0x0D else { return false }
                    position += 1
                    continue
                }
                let length = sequenceLength(in: text, at: position)
                if length == 0 { return false }
                // U+FFFE and U+FFFF are the only well-formed characters of three bytes that are not allowed.
                if byte == 0xEF, text[position + 1] == 0xBF, text[position + 2] >= 0xBE { return false }
                position += length
            }
            return true
        }
    }

    /// The length of the well-formed sequence that starts at `position`; 0 if there is none.
    @inline(__always)
    static func sequenceLength(in text: UnsafeBufferPointer<UInt8>, at position: Int) -> Int {
        let left = text.count - position
        let first = text[position]
        if first < 0x80 { return 1 }
        guard first >= 0xC2, first <= 0xF4, left >= 2 else { return 0 }
        let second = text[position + 1]
        if first < 0xE0 { return second & 0xC0 == 0x80 ? 2 : 0 }
        guard left >= 3, text[position + 2] & 0xC0 == 0x80 else { return 0 }
        if first < 0xF0 {
            // No overlong forms under E0, no surrogates under ED.
            let lowest: UInt8 = first == 0xE0 ? 0xA0 : 0x80
            let highest: UInt8 = first == 0xED ? 0x9F : 0xBF
            return second >= lowest && second <= highest ? 3 : 0
        }
        // No overlong forms under F0, nothing past U+10FFFF under F4.
        let lowest: UInt8 = first == 0xF0 ? 0x90 : 0x80
        let highest: UInt8 = first == 0xF4 ? 0x8F : 0xBF
        guard left >= 4, second >= lowest, second <= highest else { return 0 }
        return text[position + 3] & 0xC0 == 0x80 ? 4 : 0
    }
}
