/// Reads JSON by asking for one piece after the other, without building a tree.
///
/// Strict RFC 8259: no trailing commas, no comments, UTF-8 and escapes are checked, nesting is at most `depthMax`.
/// After an error the reader is of no further use.
package struct JSONReader {
    /// The deepest nesting that is read; what AWS's services accept is far below.
    package static let depthMax = 64

    /// The text being read.
    package let bytes: [UInt8]
    /// Where the next piece starts.
    package private(set) var position: Int

    /// Reads `bytes[from..<upTo]`; offsets in errors and ranges count from the start of `bytes`.
    package init(_ bytes: [UInt8], from: Int = 0, upTo: Int? = nil) {
        self.bytes = bytes
        position = from
    }

    /// The kind of the value that comes next; consumes white space only.
    package mutating func peek() throws(JSONError) -> JSONKind { fatalError("pending") }

    /// Consumes `{`.
    package mutating func beginObject() throws(JSONError) { fatalError("pending") }

    /// The next member's name, or nil at `}`, which is consumed. The value must be read or skipped before the next call.
    package mutating func nextKey() throws(JSONError) -> String? { fatalError("pending") }

    /// Consumes `[`.
    package mutating func beginArray() throws(JSONError) { fatalError("pending") }

    /// Whether an element follows; false at `]`, which is consumed. The element must be read or skipped before the next call.
    package mutating func nextElement() throws(JSONError) -> Bool { fatalError("pending") }

    /// Reads a string.
    package mutating func string() throws(JSONError) -> String { fatalError("pending") }

    /// Reads a string and appends its UTF-8, unescaped; returns where in `out` it is.
    package mutating func stringBytes(appendingTo out: inout [UInt8]) throws(JSONError) -> Range<Int> { fatalError("pending") }

    /// Reads a string of standard, padded base64 and appends what it stands for; returns where in `out` it is.
    package mutating func base64(appendingTo out: inout [UInt8]) throws(JSONError) -> Range<Int> { fatalError("pending") }

    /// Reads a number as it is written.
    package mutating func number() throws(JSONError) -> String { fatalError("pending") }

    /// Reads a number without fraction (`1e3` and `1.0` are refused) that fits.
    package mutating func int() throws(JSONError) -> Int { fatalError("pending") }

    /// Reads a number as a double.
    package mutating func double() throws(JSONError) -> Double { fatalError("pending") }

    /// Reads `true` or `false`.
    package mutating func bool() throws(JSONError) -> Bool { fatalError("pending") }

    /// Reads `null`.
    package mutating func null() throws(JSONError) { fatalError("pending") }

    /// Checks and passes over one value; returns where it is in `bytes`, without white space around it.
    package mutating func skipValue() throws(JSONError) -> Range<Int> { fatalError("pending") }

    /// Checks that only white space follows.
    package mutating func end() throws(JSONError) { fatalError("pending") }
}
