/// Writes text with the escapes that JSON demands.
enum JSONEscaping {
    /// How much text is escaped at once; each byte may become six.
    static let blockByteCount = 1024

    /// Appends a block of text, words at a time where nothing is to be escaped.
    static func append(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        out.append(addingCapacity: 6 * text.count + 8) { span in
            span.withUnsafeMutableBufferPointer { target, written in
                var position = 0
                while position < text.count {
                    let run = copy(text, from: position, to: target, at: written)
                    position &+= run
                    written &+= run
                    if position < text.count {
                        written &+= writeEscape(of: text[position], to: target, at: written)
                        position &+= 1
                    }
                }
            }
        }
    }

    /// Copies up to the next byte that needs an escape; returns how many bytes that were.
    @inline(__always)
    private static func copy(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, to target: UnsafeMutableBufferPointer<UInt8>,
        at written: Int
    ) -> Int {
        let source = UnsafeRawBufferPointer(text)
        let room = UnsafeMutableRawBufferPointer(target)
        var count = 0
        while start &+ count &+ 8 <= source.count {
            let word = source.loadUnaligned(fromByteOffset: start &+ count, as: UInt64.self)
            room.storeBytes(of: word, toByteOffset: written &+ count, as: UInt64.self)
            let found = ByteScan.specials(UInt64(littleEndian: word))
            if found != 0 { return count &+ found.trailingZeroBitCount / 8 }
            count &+= 8
        }
        while start &+ count < source.count {
            let byte = source[start &+ count]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { break }
            target[written &+ count] = byte
            count &+= 1
        }
        return count
    }

    /// Writes two or six characters; returns how many.
    @inline(__always)
    private static func writeEscape(
        of byte: UInt8, to target: UnsafeMutableBufferPointer<UInt8>, at written: Int
    ) -> Int {
        target[written] = UInt8(ascii: "\\")
        let short: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): short = byte
        case 0x08: short = UInt8(ascii: "b")
        case 0x09: short = UInt8(ascii: "t")
        case 0x0A: short = UInt8(ascii: "n")
        case 0x0C: short = UInt8(ascii: "f")
        case 0x0D: short = UInt8(ascii: "r")
        default:
            target[written &+ 1] = UInt8(ascii: "u")
            target[written &+ 2] = UInt8(ascii: "0")
            target[written &+ 3] = UInt8(ascii: "0")
            target[written &+ 4] = Hex.character(byte >> 4)
            target[written &+ 5] = Hex.character(byte & 15)
            return 6
        }
        target[written &+ 1] = short
        return 2
    }
}
