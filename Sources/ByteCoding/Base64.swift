/// Standard base64 with padding (RFC 4648 §4).
package enum Base64 {
    /// The length of the text for `count` bytes.
    package static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Appends the base64 text of `content`.
    package static func encode(_ content: Span<UInt8>, into out: inout [UInt8]) {
        if content.isEmpty { return }
        content.withUnsafeBufferPointer { source in
            pairs.withUnsafeBufferPointer { pairs in
                out.append(addingCapacity: encodedCount(source.count)) { span in
                    span.withUnsafeMutableBufferPointer { target, written in
                        written += encode(source, into: target, pairs)
                    }
                }
            }
        }
    }

    /// Appends what the text stands for. False, with `out` as it was, unless the text is canonical: right length,
    /// right alphabet, right padding, no bits left over.
    package static func decode(_ text: Span<UInt8>, into out: inout [UInt8]) -> Bool {
        if text.isEmpty { return true }
        if text.count % 4 != 0 { return false }
        let first = out.count
        let isCanonical = text.withUnsafeBufferPointer { source in
            sextets.withUnsafeBufferPointer { sextets in
                var isCanonical = false
                out.append(addingCapacity: source.count / 4 * 3) { span in
                    span.withUnsafeMutableBufferPointer { target, written in
                        guard let count = decode(source, into: target, sextets) else { return }
                        written += count
                        isCanonical = true
                    }
                }
                return isCanonical
            }
        }
        assert(isCanonical || out.count == first, "a refused text leaves nothing behind")
        return isCanonical
    }

    package static func encode(_ content: [UInt8]) -> String {
        var text: [UInt8] = []
        encode(content.span, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// nil for what is no canonical base64.
    package static func decode(_ text: String) -> [UInt8]? {
        var content: [UInt8] = []
        let isCanonical = decode([UInt8](text.utf8).span, into: &content)
        return isCanonical ? content : nil
    }
}

// MARK: - Tables

extension Base64 {
    private static let alphabet: [UInt8] = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// For each 12 bits the two characters, in the order in which memory takes them: 8 KiB.
    private static let pairs: [UInt16] = (0..<4096).map { bits in
        UInt16(littleEndian: UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8)
    }

    /// Set in what `sextets` gives for a character outside the alphabet.
    private static let invalid: UInt32 = 1 << 31

    /// For each of four places and each character its six bits at that place of 24.
    private static let sextets: [UInt32] = {
        var table = [UInt32](repeating: invalid, count: 4 * 256)
        for (value, character) in alphabet.enumerated() {
            for place in 0..<4 {
                table[place * 256 + Int(character)] = UInt32(value) << UInt32(18 - 6 * place)
            }
        }
        return table
    }()
}

// MARK: - Loops

extension Base64 {
    /// Writes the text of a source that is not empty; returns its length.
    private static func encode(
        _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>,
        _ pairs: UnsafeBufferPointer<UInt16>
    ) -> Int {
        let raw = UnsafeRawBufferPointer(source)
        let out = UnsafeMutableRawBufferPointer(target)
        var read = 0
        var written = 0
        // Six bytes become eight characters; eight bytes are loaded.
        while read &+ 8 <= source.count {
            let bits = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: read, as: UInt64.self))
            let first = UInt64(pairs[Int(truncatingIfNeeded: bits >> 52)])
            let second = UInt64(pairs[Int(truncatingIfNeeded: bits >> 40 & 0xFFF)])
            let third = UInt64(pairs[Int(truncatingIfNeeded: bits >> 28 & 0xFFF)])
            let fourth = UInt64(pairs[Int(truncatingIfNeeded: bits >> 16 & 0xFFF)])
            let characters = first | second << 16 | third << 32 | fourth << 48
            out.storeBytes(of: characters.littleEndian, toByteOffset: written, as: UInt64.self)
            read &+= 6
            written &+= 8
        }
        while read &+ 3 <= source.count {
            let bits = Int(source[read]) << 16 | Int(source[read + 1]) << 8 | Int(source[read + 2])
            out.storeBytes(of: pairs[bits >> 12], toByteOffset: written, as: UInt16.self)
            out.storeBytes(of: pairs[bits & 0xFFF], toByteOffset: written + 2, as: UInt16.self)
            read &+= 3
            written &+= 4
        }
        let left = source.count - read
        if left == 0 { return written }
        let bits = Int(source[read]) << 16 | (left == 2 ? Int(source[read + 1]) << 8 : 0)
        out.storeBytes(of: pairs[bits >> 12], toByteOffset: written, as: UInt16.self)
        out.storeBytes(of: pairs[bits & 0xFFF], toByteOffset: written + 2, as: UInt16.self)
        target[written + 3] = UInt8(ascii: "=")
        if left == 1 { target[written + 2] = UInt8(ascii: "=") }
        return written + 4
    }

    /// Writes what a text of 4, 8, 12 … characters stands for; returns its length, or nil if it is not canonical.
    private static func decode(
        _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>,
        _ sextets: UnsafeBufferPointer<UInt32>
    ) -> Int? {
        let last = source.count - 4
        var seen: UInt32 = 0
        var read = 0
        var written = 0
        while read < last {
            let bits = quartet(source, read, sextets)
            seen |= bits
            target[written] = UInt8(truncatingIfNeeded: bits >> 16)
            target[written &+ 1] = UInt8(truncatingIfNeeded: bits >> 8)
            target[written &+ 2] = UInt8(truncatingIfNeeded: bits)
            read &+= 4
            written &+= 3
        }
        // Padding can only be in the last four; read it as zero bits, of which none may be set.
        let padding =
            source[last + 3] != UInt8(ascii: "=") ? 0 : source[last + 2] != UInt8(ascii: "=") ? 1 : 2
        var bits = sextets[Int(source[last])] | sextets[256 &+ Int(source[last + 1])]
        if padding < 2 { bits |= sextets[512 &+ Int(source[last + 2])] }
        if padding < 1 { bits |= sextets[768 &+ Int(source[last + 3])] }
        guard (seen | bits) & invalid == 0 else { return nil }
        let unused: UInt32 = padding == 0 ? 0 : padding == 1 ? 0xFF : 0xFFFF
        guard bits & unused == 0 else { return nil }
        target[written] = UInt8(truncatingIfNeeded: bits >> 16)
        if padding < 2 { target[written + 1] = UInt8(truncatingIfNeeded: bits >> 8) }
        if padding < 1 { target[written + 2] = UInt8(truncatingIfNeeded: bits) }
        return written + 3 - padding
    }

    @inline(__always)
    private static func quartet(
        _ source: UnsafeBufferPointer<UInt8>, _ read: Int, _ sextets: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        sextets[Int(source[read])] | sextets[256 &+ Int(source[read &+ 1])]
            | sextets[512 &+ Int(source[read &+ 2])] | sextets[768 &+ Int(source[read &+ 3])]
    }
}
