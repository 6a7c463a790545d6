/// Reads JSON by asking for one piece after the other, without building a tree.
///
/// Strict RFC 8259: no trailing commas, no comments, UTF-8 and escapes are checked (half a surrogate pair is
/// refused), nesting is at most `depthMax`. After an error the reader is of no further use.
package struct JSONReader {
    /// The deepest nesting that is read. DynamoDB takes items 32 deep, two levels of JSON each; no service takes more.
    package static let depthMax = 128

    /// The text being read.
    package let bytes: [UInt8]
    /// Where the next piece starts.
    package private(set) var position: Int
    private let limit: Int
    private var depth = 0
    /// Whether the container just opened has had no value yet.
    private var isFirst = true

    /// Reads `bytes[from..<upTo]`; offsets in errors and ranges count from the start of `bytes`.
    package init(_ bytes: [UInt8], from: Int = 0, upTo: Int? = nil) {
        self.bytes = bytes
        position = from
        limit = upTo ?? bytes.count
        precondition(from >= 0 && from <= limit && limit <= bytes.count, "the range to read is in the bytes")
    }

    static func tooDeep(at offset: Int) -> JSONError {
        JSONError(offset: offset, reason: "nesting is deeper than \(depthMax)")
    }

    /// Lends the bytes to `body`; every access to memory goes through here.
    @inline(__always)
    private func scan<T>(_ body: (JSONScanner) throws(JSONError) -> T) throws(JSONError) -> T {
        try bytes.withUnsafeBufferPointer { (text) throws(JSONError) -> T in
            try body(JSONScanner(text, upTo: limit))
        }
    }

    /// The kind of the value that comes next; consumes white space only.
    package mutating func peek() throws(JSONError) -> JSONKind {
        let (start, kind) = try scan { (json) throws(JSONError) -> (Int, JSONKind) in
            let start = json.afterSpace(position)
            return (start, try json.kind(at: start))
        }
        position = start
        return kind
    }

    /// Checks that only white space follows.
    package mutating func end() throws(JSONError) {
        position = try scan { (json) throws(JSONError) -> Int in
            let end = json.afterSpace(position)
            guard end == limit else { throw JSONError(offset: end, reason: "text after the value") }
            return end
        }
    }

    /// Checks and passes over one value; returns where it is in `bytes`, without white space around it.
    package mutating func skipValue() throws(JSONError) -> Range<Int> {
        let range = try scan { (json) throws(JSONError) -> Range<Int> in
            let start = json.afterSpace(position)
            return start..<(try json.valueEnd(from: start, depth: depth))
        }
        position = range.upperBound
        isFirst = false
        return range
    }
}

// MARK: - Containers

extension JSONReader {
    /// Consumes `{`.
    package mutating func beginObject() throws(JSONError) { try begin(UInt8(ascii: "{")) }

    /// Consumes `[`.
    package mutating func beginArray() throws(JSONError) { try begin(UInt8(ascii: "[")) }

    private mutating func begin(_ bracket: UInt8) throws(JSONError) {
        guard depth < Self.depthMax else { throw Self.tooDeep(at: position) }
        position = try scan { (json) throws(JSONError) -> Int in try json.expect(bracket, at: position) }
        depth += 1
        isFirst = true
    }

    /// The next member's name, or nil at `}`, which is consumed.
    ///
    /// The value must be read or skipped before the next call.
    package mutating func nextKey() throws(JSONError) -> String? {
        let (next, key) = try scan { (json) throws(JSONError) -> (Int, String?) in
            let (start, hasNext) = try advance(in: json, closing: UInt8(ascii: "}"))
            guard hasNext else { return (start, nil) }
            guard json.byte(at: start) == UInt8(ascii: "\"") else {
                throw json.unexpected(at: start, wanted: UInt8(ascii: "\""))
            }
            let (end, key) = try Self.string(in: json, from: start + 1)
            return (json.afterSpace(try json.expect(UInt8(ascii: ":"), at: end)), key)
        }
        position = next
        if key == nil { leave() }
        return key
    }

    /// Whether an element follows; false at `]`, which is consumed.
    ///
    /// The element must be read or skipped before the next call.
    package mutating func nextElement() throws(JSONError) -> Bool {
        let (start, hasNext) = try scan { (json) throws(JSONError) -> (Int, Bool) in
            try advance(in: json, closing: UInt8(ascii: "]"))
        }
        position = start
        if !hasNext { leave() }
        return hasNext
    }

    private mutating func leave() {
        precondition(depth > 0, "a container is left that was begun")
        depth -= 1
        isFirst = false
    }

    /// Passes the comma or the closing bracket.
    @inline(__always)
    private func advance(in json: JSONScanner, closing: UInt8) throws(JSONError) -> (
        start: Int, hasNext: Bool
    ) {
        let start = json.afterSpace(position)
        let byte = json.byte(at: start)
        if byte == closing { return (start + 1, false) }
        if isFirst { return (start, true) }
        guard byte == UInt8(ascii: ",") else { throw json.unexpected(at: start, wanted: UInt8(ascii: ",")) }
        let following = json.afterSpace(start + 1)
        guard json.byte(at: following) != closing else {
            throw JSONError(offset: following, reason: "nothing follows a comma")
        }
        return (following, true)
    }
}

// MARK: - Strings

extension JSONReader {
    /// Reads a string.
    package mutating func string() throws(JSONError) -> String {
        let (end, text) = try scan { (json) throws(JSONError) -> (Int, String) in
            try Self.string(in: json, from: try json.expect(UInt8(ascii: "\""), at: position))
        }
        position = end
        isFirst = false
        return text
    }

    private static func string(in json: JSONScanner, from start: Int) throws(JSONError) -> (Int, String) {
        let (quote, hasEscapes) = try json.stringEnd(from: start)
        if !hasEscapes {
            let content = UnsafeBufferPointer(rebasing: json.text[start..<quote])
            return (quote + 1, String(decoding: content, as: UTF8.self))
        }
        var content: [UInt8] = []
        try json.unescape(start..<quote, into: &content)
        return (quote + 1, String(decoding: content, as: UTF8.self))
    }

    /// Reads a string and appends its UTF-8, unescaped; returns where in `out` it is.
    package mutating func stringBytes(appendingTo out: inout [UInt8]) throws(JSONError) -> Range<Int> {
        let first = out.count
        position = try scan { (json) throws(JSONError) -> Int in
            let start = try json.expect(UInt8(ascii: "\""), at: position)
            let (quote, hasEscapes) = try json.stringEnd(from: start)
            if hasEscapes {
                try json.unescape(start..<quote, into: &out)
            } else {
                out.append(contentsOf: UnsafeBufferPointer(rebasing: json.text[start..<quote]))
            }
            return quote + 1
        }
        isFirst = false
        return first..<out.count
    }

    /// Reads a string of standard, padded base64 and appends what it stands for; returns where in `out` it is.
    package mutating func base64(appendingTo out: inout [UInt8]) throws(JSONError) -> Range<Int> {
        let first = out.count
        position = try scan { (json) throws(JSONError) -> Int in
            let start = try json.expect(UInt8(ascii: "\""), at: position)
            let (quote, hasEscapes) = try json.stringEnd(from: start)
            var isBase64: Bool
            if hasEscapes {
                // Some clients write `/` as `\/`.
                var content: [UInt8] = []
                try json.unescape(start..<quote, into: &content)
                isBase64 = Base64.decode(content.span, into: &out)
            } else {
                isBase64 = Base64.decode(json.text.extracting(start..<quote).span, into: &out)
            }
            guard isBase64 else { throw JSONError(offset: start, reason: "the string is no base64") }
            return quote + 1
        }
        isFirst = false
        return first..<out.count
    }
}

// MARK: - Numbers and names

extension JSONReader {
    /// Reads a number as it is written.
    package mutating func number() throws(JSONError) -> String {
        let (end, text) = try scan { (json) throws(JSONError) -> (Int, String) in
            let start = json.afterSpace(position)
            let end = try json.numberEnd(from: start)
            let digits = UnsafeBufferPointer(rebasing: json.text[start..<end])
            return (end, String(decoding: digits, as: UTF8.self))
        }
        position = end
        isFirst = false
        return text
    }

    /// Reads a number without fraction and exponent (`1e3` and `1.0` are refused) that fits.
    package mutating func int() throws(JSONError) -> Int {
        let start = position
        guard let value = Int(try number()) else {
            throw JSONError(offset: start, reason: "the number is no integer of 64 bits")
        }
        return value
    }

    /// Reads a number as the double nearest to it.
    package mutating func double() throws(JSONError) -> Double {
        let start = position
        guard let value = Double(try number()), value.isFinite else {
            throw JSONError(offset: start, reason: "the number is too big for a double")
        }
        return value
    }

    /// Reads `true` or `false`.
    package mutating func bool() throws(JSONError) -> Bool {
        let (end, value) = try scan { (json) throws(JSONError) -> (Int, Bool) in
            let start = json.afterSpace(position)
            let value = json.byte(at: start) == UInt8(ascii: "t")
            return (try json.word(value ? "true" : "false", at: start), value)
        }
        position = end
        isFirst = false
        return value
    }

    /// Reads `null`.
    package mutating func null() throws(JSONError) {
        position = try scan { (json) throws(JSONError) -> Int in
            try json.word("null", at: json.afterSpace(position))
        }
        isFirst = false
    }
}
