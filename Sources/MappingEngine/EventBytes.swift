import ByteCoding

/// Appends to the bytes of an event without making strings on the way.
enum EventBytes {
    static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    static func append(_ span: Span<UInt8>, to bytes: inout [UInt8]) {
        span.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// A JSON string from valid UTF-8, written by a JSON writer that is lent the bytes.
    static func appendString(_ utf8: Span<UInt8>, to bytes: inout [UInt8]) {
        var writer = JSONWriter(capacity: 0)
        swap(&writer.bytes, &bytes)
        writer.string(escaping: utf8)
        swap(&writer.bytes, &bytes)
    }

    static func appendString(_ text: String, to bytes: inout [UInt8]) {
        let utf8 = Array(text.utf8)
        appendString(utf8.span, to: &bytes)
    }

    /// The decimal digits of a number that is not negative.
    static func appendDecimal(_ number: Int64, to bytes: inout [UInt8]) {
        precondition(number >= 0, "events hold no negative numbers")
        appendDigits(number, fraction: 0, to: &bytes)
    }

    /// Digits from the right into a scratch space, then all of them at once; a point before the last `fraction`.
    private static func appendDigits(_ number: Int64, fraction: Int, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { text in
            var rest = UInt64(number)
            var start = 24
            var digits = 0
            repeat {
                if digits == fraction, digits > 0 {
                    start -= 1
                    text[start] = UInt8(ascii: ".")
                }
                start -= 1
                text[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
                digits += 1
            } while rest > 0 || digits <= fraction
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(text)[start...]))
        }
    }

    /// Appends once more what stands at `range`. (A slice of the array would make the append copy all of it.)
    static func appendAgain(_ range: Range<Int>, in bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: range.count))
        bytes.withUnsafeMutableBufferPointer { buffer in
            for offset in 0..<range.count { buffer[start + offset] = buffer[range.lowerBound + offset] }
        }
    }

    /// Milliseconds as seconds with three decimals: `1545084650.987`.
    static func appendSeconds(milliseconds: Int64, to bytes: inout [UInt8]) {
        precondition(milliseconds >= 0, "arrival times are after 1970")
        appendDigits(milliseconds, fraction: 3, to: &bytes)
    }
}
