/// The header fields of a request, kept as the bytes they came in; names compare without case.
package struct HeaderFields: Sendable {
    /// Where one field is in `bytes`.
    struct Field: Sendable {
        let name: Range<Int>
        /// Without white space around it.
        let value: Range<Int>
    }

    /// The head that the fields point into; may hold more than the fields.
    private let bytes: [UInt8]
    private let fields: [Field]

    init(bytes: [UInt8], fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    /// For tests and for requests that come from no socket.
    package init(_ fields: [(String, String)] = []) {
        var bytes: [UInt8] = []
        self.fields = fields.map { name, value in
            let first = bytes.count
            bytes += name.utf8
            let middle = bytes.count
            bytes += value.utf8
            return Field(name: first..<middle, value: middle..<bytes.count)
        }
        self.bytes = bytes
    }

    package var count: Int { fields.count }

    /// The value of the first field of that name, without white space around it.
    package subscript(_ name: String) -> String? {
        guard let field = fields.first(where: { isNamed($0, name) }) else { return nil }
        return text(field.value)
    }

    /// All values of that name in order.
    package func all(_ name: String) -> [String] {
        fields.compactMap { isNamed($0, name) ? text($0.value) : nil }
    }

    /// All fields in order, names as sent.
    package var pairs: [(name: String, value: String)] {
        fields.map { (text($0.name), text($0.value)) }
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func isNamed(_ field: Field, _ name: String) -> Bool {
        field.name.count == name.utf8.count
            && zip(bytes[field.name], name.utf8).allSatisfy { lowerCased($0) == lowerCased($1) }
    }
}

/// An ASCII letter in lower case; other bytes as they are.
@inline(__always)
func lowerCased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
