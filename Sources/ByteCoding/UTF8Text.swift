/// Checks of text that is still bytes.
package enum UTF8Text {
    /// Whether the bytes are well-formed UTF-8 (Unicode table 3-7: no surrogates, no overlong forms).
    package static func isValid(_ bytes: Span<UInt8>) -> Bool { fatalError("pending") }

    /// Whether the bytes are UTF-8 of characters that SQS takes: #x9 #xA #xD #x20–#xD7FF #xE000–#xFFFD #x10000–#x10FFFF.
    package static func isAllowedInMessages(_ bytes: Span<UInt8>) -> Bool { fatalError("pending") }
}
