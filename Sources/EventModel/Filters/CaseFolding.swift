/// Lower case for comparisons, one character after the other and without a language.
package enum CaseFolding {
    package static func folded(_ utf8: [UInt8]) -> [UInt8] {
        guard utf8.contains(where: { $0 >= 0x80 }) else { return utf8.map(asciiFolded) }
        var folded = ""
        for scalar in String(decoding: utf8, as: UTF8.self).unicodeScalars {
            folded.append(contentsOf: scalar.properties.lowercaseMapping)
        }
        return Array(folded.utf8)
    }

    @inline(__always)
    package static func asciiFolded(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}
