extension JSONScanner {
    /// Checks one whole value that starts at `start`, which is no white space; returns its end.
    ///
    /// - Parameter depth: how many containers are open around it.
    package func valueEnd(from start: Int, depth: Int) throws(JSONError) -> Int {
        // One bit per open container, the innermost lowest: 1 for an object.
        var kinds: UInt128 = 0
        var level = 0
        var position = start
        repeat {
            // A value starts at `position`.
            let first = byte(at: position)
            if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
                guard level + depth < JSONReader.depthMax else { throw JSONReader.tooDeep(at: position) }
                let isObject = first == UInt8(ascii: "{")
                position = afterSpace(position &+ 1)
                // `]` and `}` are two after their opening brackets.
                if byte(at: position) != first &+ 2 {
                    kinds = kinds << 1 | (isObject ? 1 : 0)
                    level &+= 1
                    if isObject { position = try memberName(at: position) }
                    continue
                }
                position &+= 1
            } else {
                position = try scalarEnd(from: position)
            }
            // A value has ended at `position`: close what ends with it, then go to the next one.
            var hasNext = false
            while level > 0, !hasNext {
                position = afterSpace(position)
                let isObject = kinds & 1 == 1
                let byte = byte(at: position)
                if byte == UInt8(ascii: ",") {
                    position = afterSpace(position &+ 1)
                    if isObject { position = try memberName(at: position) }
                    hasNext = true
                } else {
                    let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
                    guard byte == close else { throw unexpected(at: position, wanted: close) }
                    position &+= 1
                    kinds >>= 1
                    level &-= 1
                }
            }
        } while level > 0
        return position
    }

    /// Checks `"name" :` at `start`; returns where the value starts.
    @inline(__always)
    private func memberName(at start: Int) throws(JSONError) -> Int {
        guard byte(at: start) == UInt8(ascii: "\"") else {
            throw unexpected(at: start, wanted: UInt8(ascii: "\""))
        }
        let quote = try stringEnd(from: start &+ 1).quote
        return afterSpace(try expect(UInt8(ascii: ":"), at: quote &+ 1))
    }

    @inline(__always)
    private func scalarEnd(from position: Int) throws(JSONError) -> Int {
        switch byte(at: position) {
        case UInt8(ascii: "\""): return try stringEnd(from: position &+ 1).quote &+ 1
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try numberEnd(from: position)
        case UInt8(ascii: "t"): return try word("true", at: position)
        case UInt8(ascii: "f"): return try word("false", at: position)
        case UInt8(ascii: "n"): return try word("null", at: position)
        default:
            _ = try kind(at: position)
            return position
        }
    }
}
