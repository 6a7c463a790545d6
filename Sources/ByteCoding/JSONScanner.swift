/// The grammar of JSON over borrowed bytes: takes a position, returns the position after what it checked.
///
/// Never reads past `text`; never keeps it.
package struct JSONScanner {
    package let text: UnsafeBufferPointer<UInt8>

    @inline(__always)
    package init(_ text: UnsafeBufferPointer<UInt8>, upTo end: Int) {
        self.text = UnsafeBufferPointer(rebasing: text[..<end])
    }

    /// The first position from `start` on that is not white space.
    @inline(__always)
    package func afterSpace(_ start: Int) -> Int {
        var position = start
        while position < text.count {
            let byte = text[position]
            // One comparison settles nearly every byte.
            if byte > 0x20 { break }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            position &+= 1
        }
        return position
    }

    /// The byte at `position`, or 0, which no piece of JSON starts with, at the end.
    @inline(__always)
    package func byte(at position: Int) -> UInt8 { position < text.count ? text[position] : 0 }

    func kind(at position: Int) throws(JSONError) -> JSONKind {
        guard position < text.count else { throw JSONError(offset: position, reason: "the text ends early") }
        switch text[position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw JSONError(offset: position, reason: "no value starts like this")
        }
    }

    /// Checks that `byte` is at `position` after white space; returns the position after it.
    @inline(__always)
    package func expect(_ byte: UInt8, at start: Int) throws(JSONError) -> Int {
        let position = afterSpace(start)
        guard self.byte(at: position) == byte else { throw unexpected(at: position, wanted: byte) }
        return position &+ 1
    }

    func unexpected(at position: Int, wanted: UInt8) -> JSONError {
        if position >= text.count { return JSONError(offset: position, reason: "the text ends early") }
        return JSONError(offset: position, reason: "\"\(Character(Unicode.Scalar(wanted)))\" is missing")
    }
}

// MARK: - Strings

extension JSONScanner {
    /// Checks a string whose opening quote is before `start`.
    ///
    /// - Returns: where its closing quote is, and whether it holds escapes.
    @inline(__always)
    package func stringEnd(from start: Int) throws(JSONError) -> (quote: Int, hasEscapes: Bool) {
        let position = ByteScan.firstSpecialOrNonASCII(in: text, from: start)
        if byte(at: position) == UInt8(ascii: "\"") { return (position, false) }
        return try stringEndSlowly(from: position)
    }

    private func stringEndSlowly(from start: Int) throws(JSONError) -> (quote: Int, hasEscapes: Bool) {
        var position = start
        var hasEscapes = false
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "\"") { return (position, hasEscapes) }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                let isShort = Self.shortEscape(self.byte(at: position &+ 1)) != nil
                position = isShort ? position &+ 2 : try escape(at: position).end
            } else if byte < 0x20 {
                throw JSONError(offset: position, reason: "a control character inside a string")
            } else if byte >= 0x80 {
                let length = UTF8Text.sequenceLength(in: text, at: position)
                guard length > 0 else { throw JSONError(offset: position, reason: "not UTF-8") }
                position &+= length
                continue
            }
            position = ByteScan.firstSpecialOrNonASCII(in: text, from: position)
        }
        throw JSONError(offset: position, reason: "the string does not end")
    }

    /// What the character after a backslash stands for, or nil for `u` and what is no escape.
    @inline(__always)
    private static func shortEscape(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): character
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// Reads the escape that starts with the backslash at `position`.
    private func escape(at position: Int) throws(JSONError) -> (scalar: Unicode.Scalar, end: Int) {
        let character = byte(at: position + 1)
        if let short = Self.shortEscape(character) { return (Unicode.Scalar(short), position + 2) }
        guard character == UInt8(ascii: "u") else {
            throw JSONError(offset: position, reason: "an unknown escape")
        }
        return try unicodeEscape(at: position)
    }

    private func unicodeEscape(at position: Int) throws(JSONError) -> (scalar: Unicode.Scalar, end: Int) {
        let first = try fourDigits(at: position + 2)
        if let scalar = Unicode.Scalar(first) { return (scalar, position + 6) }
        guard first < 0xDC00, byte(at: position + 6) == UInt8(ascii: "\\"),
            byte(at: position + 7) == UInt8(ascii: "u")
        else { throw JSONError(offset: position, reason: "half of a surrogate pair") }
        let second = try fourDigits(at: position + 8)
        guard second >= 0xDC00, second <= 0xDFFF,
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw JSONError(offset: position, reason: "half of a surrogate pair") }
        return (scalar, position + 12)
    }

    private func fourDigits(at start: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for position in start..<start + 4 {
            guard let digit = Hex.digit(byte(at: position)) else {
                throw JSONError(offset: position, reason: "\\u needs four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Appends the UTF-8 of a string that `stringEnd` has checked.
    package func unescape(_ content: Range<Int>, into out: inout [UInt8]) throws(JSONError) {
        // An escape is never shorter than what it stands for.
        try out.append(addingCapacity: content.count) { (span) throws(JSONError) in
            try span.withUnsafeMutableBufferPointer { (target, written) throws(JSONError) in
                var position = content.lowerBound
                while position < content.upperBound {
                    let run = copy(position..<content.upperBound, to: target, at: written)
                    position &+= run
                    written &+= run
                    guard position < content.upperBound else { return }
                    if let short = Self.shortEscape(text[position &+ 1]) {
                        target[written] = short
                        written &+= 1
                        position &+= 2
                    } else {
                        let (scalar, end) = try escape(at: position)
                        for unit in scalar.utf8 {
                            target[written] = unit
                            written &+= 1
                        }
                        position = end
                    }
                }
            }
        }
    }

    /// Copies up to the next backslash, a word at a time; returns how many bytes that were.
    ///
    /// `target` has room for all of `content`; past what is counted it may be scribbled on.
    @inline(__always)
    private func copy(
        _ content: Range<Int>, to target: UnsafeMutableBufferPointer<UInt8>, at written: Int
    ) -> Int {
        let source = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[content])
        let room = UnsafeMutableRawBufferPointer(target)
        var count = 0
        while count &+ 8 <= source.count {
            let word = source.loadUnaligned(fromByteOffset: count, as: UInt64.self)
            room.storeBytes(of: word, toByteOffset: written &+ count, as: UInt64.self)
            let found = ByteScan.backslashes(UInt64(littleEndian: word))
            if found != 0 { return count &+ found.trailingZeroBitCount / 8 }
            count &+= 8
        }
        while count < source.count, source[count] != UInt8(ascii: "\\") {
            target[written &+ count] = source[count]
            count &+= 1
        }
        return count
    }
}

// MARK: - Numbers and names

extension JSONScanner {
    /// Checks a number that starts at `start`; returns its end.
    @inline(__always)
    package func numberEnd(from start: Int) throws(JSONError) -> Int {
        var position = start
        if byte(at: position) == UInt8(ascii: "-") { position &+= 1 }
        if byte(at: position) == UInt8(ascii: "0") {
            position &+= 1
        } else {
            position = try digits(from: position)
        }
        if byte(at: position) == UInt8(ascii: ".") { position = try digits(from: position &+ 1) }
        if byte(at: position) | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            let sign = byte(at: position)
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position &+= 1 }
            position = try digits(from: position)
        }
        return position
    }

    @inline(__always)
    private func digits(from start: Int) throws(JSONError) -> Int {
        var position = start
        while byte(at: position) &- UInt8(ascii: "0") <= 9 { position &+= 1 }
        guard position > start else { throw JSONError(offset: position, reason: "a digit is missing") }
        return position
    }

    /// Checks that a word such as `true` is at `position`; returns its end.
    @inline(__always)
    package func word(_ word: StaticString, at position: Int) throws(JSONError) -> Int {
        let count = word.utf8CodeUnitCount
        guard position + count <= text.count else {
            throw JSONError(offset: position, reason: "the text ends early")
        }
        for index in 0..<count where text[position + index] != word.utf8Start[index] {
            throw JSONError(offset: position, reason: "\(word) is misspelt")
        }
        return position + count
    }
}
