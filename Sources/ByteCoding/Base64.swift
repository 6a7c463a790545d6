/// Standard base64 with padding (RFC 4648 §4).
package enum Base64 {
    /// Appends the base64 text of `content`.
    package static func encode(_ content: Span<UInt8>, into out: inout [UInt8]) { fatalError("pending") }

    /// Appends what the text stands for. False, with `out` as it was, unless the text is canonical: right length,
    /// right alphabet, right padding, no bits left over.
    package static func decode(_ text: Span<UInt8>, into out: inout [UInt8]) -> Bool { fatalError("pending") }

    package static func encode(_ content: [UInt8]) -> String { fatalError("pending") }

    /// nil for what is no canonical base64.
    package static func decode(_ text: String) -> [UInt8]? { fatalError("pending") }
}
