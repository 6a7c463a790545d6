/// Writes JSON text straight into bytes; puts the commas, and trusts the caller with the nesting.
package struct JSONWriter {
    /// What was written so far. May be taken, cleared and appended to.
    package var bytes: [UInt8]
    private var needsComma = false

    package init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func beginObject() { fatalError("pending") }
    package mutating func endObject() { fatalError("pending") }
    package mutating func beginArray() { fatalError("pending") }
    package mutating func endArray() { fatalError("pending") }

    /// A member's name that needs no escaping: no quote, backslash or control character.
    package mutating func key(_ name: StaticString) { fatalError("pending") }
    /// A member's name of any characters.
    package mutating func key(escaping name: String) { fatalError("pending") }

    package mutating func value(_ text: String) { fatalError("pending") }
    package mutating func value(_ number: Int) { fatalError("pending") }
    package mutating func value(_ number: Int64) { fatalError("pending") }
    package mutating func value(_ flag: Bool) { fatalError("pending") }
    /// A finite number.
    package mutating func value(_ number: Double) { fatalError("pending") }
    package mutating func value(_ tree: JSONValue) { fatalError("pending") }
    package mutating func null() { fatalError("pending") }

    /// A whole number of thousandths written as a decimal fraction, as AWS writes times: 1500 becomes 1.5.
    package mutating func value(thousandths: Int64) { fatalError("pending") }

    /// A number that is already text.
    package mutating func number(_ text: String) { fatalError("pending") }

    /// A string from valid UTF-8, escaped where JSON demands it.
    package mutating func string(escaping utf8: Span<UInt8>) { fatalError("pending") }

    /// A string that holds the base64 of the bytes.
    package mutating func base64(_ content: Span<UInt8>) { fatalError("pending") }

    /// A complete value, or complete members of an object without braces, written as they are.
    package mutating func raw(_ json: StaticString) { fatalError("pending") }
    package mutating func raw(_ json: [UInt8]) { fatalError("pending") }
    package mutating func raw(_ json: ArraySlice<UInt8>) { fatalError("pending") }
    package mutating func raw(_ json: Span<UInt8>) { fatalError("pending") }

    /// Starts over, keeping the memory.
    package mutating func removeAll() { fatalError("pending") }
}
