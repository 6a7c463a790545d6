/// Why bytes are not the CBOR that AWS's clients send.
package struct CBORError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where in the bytes.
    package let offset: Int
    /// What is wrong, without a capital and a full stop.
    package let reason: String

    package init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    package var description: String { "CBOR is wrong at byte \(offset): \(reason)." }
}
