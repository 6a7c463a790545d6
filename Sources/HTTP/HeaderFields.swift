/// The header fields of a request, kept as the bytes they came in; names compare without case.
package struct HeaderFields: Sendable {
    package init(_ fields: [(String, String)] = []) { fatalError("pending") }

    /// The value of the first field of that name, without white space around it.
    package subscript(_ name: String) -> String? { fatalError("pending") }

    /// All values of that name in order.
    package func all(_ name: String) -> [String] { fatalError("pending") }

    /// All fields in order, names as sent.
    package var pairs: [(name: String, value: String)] { fatalError("pending") }

    package var count: Int { fatalError("pending") }
}
