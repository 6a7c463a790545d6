/// Finds the next byte that needs a closer look, eight bytes at a time.
///
/// Plain 64-bit words: vectors of bytes are slower in Swift (architecture §3.9). In each word the test
/// sets the high bit of every byte that matches; a borrow can set further bits only above a true match,
/// and the lowest one is what counts.
enum ByteScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The first byte that a JSON string cannot hold as it is, or that is not ASCII.
    @inline(__always)
    static func firstSpecialOrNonASCII(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        scan(text, from: start) { word in
            (hasControl(word) | has(word, 0x22) | has(word, 0x5C) | word) & highs
        } byByte: { byte in
            byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80
        }
    }

    /// The first byte that a JSON string cannot hold as it is.
    @inline(__always)
    static func firstSpecial(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        scan(text, from: start, byWord: specials) { byte in
            byte < 0x20 || byte == 0x22 || byte == 0x5C
        }
    }

    /// Sets the high bit of the first backslash in a word.
    @inline(__always)
    static func backslashes(_ word: UInt64) -> UInt64 { has(word, 0x5C) & highs }

    /// Sets the high bit of the first byte in a word that a JSON string cannot hold as it is.
    @inline(__always)
    static func specials(_ word: UInt64) -> UInt64 {
        (hasControl(word) & ~word | has(word, 0x22) | has(word, 0x5C)) & highs
    }

    @inline(__always)
    static func firstNonASCII(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        scan(text, from: start) { word in
            word & highs
        } byByte: { byte in
            byte >= 0x80
        }
    }

    @inline(__always)
    static func firstControlOrNonASCII(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        scan(text, from: start) { word in
            (hasControl(word) | word) & highs
        } byByte: { byte in
            byte < 0x20 || byte >= 0x80
        }
    }

    /// The first byte below 0x20 makes its high bit; bytes from 0xA0 on do too and are for the caller to mask.
    @inline(__always)
    private static func hasControl(_ word: UInt64) -> UInt64 { word &- (ones &* 0x20) }

    @inline(__always)
    private static func has(_ word: UInt64, _ byte: UInt64) -> UInt64 {
        let zeroWhereEqual = word ^ (ones &* byte)
        return (zeroWhereEqual &- ones) & ~zeroWhereEqual
    }

    @inline(__always)
    private static func scan(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, byWord: (UInt64) -> UInt64,
        byByte: (UInt8) -> Bool
    ) -> Int {
        var position = start
        let end = text.count
        let raw = UnsafeRawBufferPointer(text)
        while position &+ 8 <= end {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let found = byWord(word)
            if found != 0 { return position &+ found.trailingZeroBitCount / 8 }
            position &+= 8
        }
        while position < end, !byByte(text[position]) { position &+= 1 }
        return position
    }
}
