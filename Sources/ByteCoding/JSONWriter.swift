/// Writes JSON text straight into bytes; puts the commas, and trusts the caller with the nesting.
package struct JSONWriter {
    /// What was written so far. May be taken, cleared and appended to.
    package var bytes: [UInt8]
    private var needsComma = false

    package init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Starts over, keeping the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}

// MARK: - Containers

extension JSONWriter {
    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    @inline(__always)
    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    @inline(__always)
    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    /// A member's name that needs no escaping: no quote, backslash or control character.
    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A member's name of any characters.
    package mutating func key(escaping name: String) {
        value(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }
}

// MARK: - Values

extension JSONWriter {
    package mutating func value(_ text: String) {
        // A copy that can be made contiguous; native strings are already and are not copied.
        var text = text
        text.withUTF8 { string(escaping: $0.span) }
    }

    package mutating func value(_ number: Int) { value(Int64(number)) }

    package mutating func value(_ number: Int64) {
        separate()
        appendDigits(of: number)
    }

    package mutating func value(_ flag: Bool) { raw(flag ? "true" : "false") }

    /// A finite number.
    package mutating func value(_ number: Double) {
        precondition(number.isFinite, "JSON has no way to write \(number)")
        self.number(number.description)
    }

    package mutating func value(_ tree: JSONValue) {
        switch tree {
        case .object(let object):
            beginObject()
            for (key, value) in object.members {
                self.key(escaping: key)
                self.value(value)
            }
            endObject()
        case .array(let elements):
            beginArray()
            for element in elements { value(element) }
            endArray()
        case .string(let text): value(text)
        case .number(let text): number(text)
        case .bool(let flag): value(flag)
        case .null: null()
        }
    }

    package mutating func null() { raw("null") }

    /// A whole number of thousandths written as a decimal fraction, as AWS writes times: 1500 becomes 1.5.
    package mutating func value(thousandths: Int64) {
        separate()
        let (whole, rest) = thousandths.quotientAndRemainder(dividingBy: 1000)
        if whole == 0, rest < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDigits(of: whole)
        var fraction = rest.magnitude
        if fraction == 0 { return }
        bytes.append(UInt8(ascii: "."))
        while fraction > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(fraction / 100))
            fraction = fraction % 100 * 10
        }
    }

    /// A number that is already text.
    package mutating func number(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends decimal digits to bytes without making a `String`.
    private mutating func appendDigits(of number: Int64) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        if rest < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(rest))
            return
        }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        while rest > 0 {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        for index in first..<20 { bytes.append(digits[index]) }
    }
}

// MARK: - From bytes

extension JSONWriter {
    /// A string from valid UTF-8, escaped where JSON demands it.
    package mutating func string(escaping utf8: Span<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        utf8.withUnsafeBufferPointer { text in
            var position = ByteScan.firstSpecial(in: text, from: 0)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[..<position]))
            while position < text.count {
                let end = min(position + JSONEscaping.blockByteCount, text.count)
                JSONEscaping.append(UnsafeBufferPointer(rebasing: text[position..<end]), to: &bytes)
                position = end
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A string that holds the base64 of the bytes.
    package mutating func base64(_ content: Span<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        Base64.encode(content, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A complete value, or complete members of an object without braces, written as they are.
    package mutating func raw(_ json: StaticString) {
        separate()
        bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    package mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    package mutating func raw(_ json: ArraySlice<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    package mutating func raw(_ json: Span<UInt8>) {
        separate()
        json.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }
}
