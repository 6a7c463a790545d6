/// Why bytes are not the JSON that was asked for, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Bytes from the start of the text to what is wrong.
    package let offset: Int
    /// A phrase such as "a control character inside a string".
    package let reason: String

    package init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    package var description: String { "JSON is wrong at byte \(offset): \(reason)." }
}

/// What a JSON value is, seen from its first byte.
package enum JSONKind: Sendable {
    case object, array, string, number, bool, null
}
