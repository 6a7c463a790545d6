/// An IP address as a number.
package struct FilterAddress: Equatable, Sendable {
    /// 32 for version 4, 128 for version 6.
    package let width: Int
    package let bits: UInt128

    package init(width: Int, bits: UInt128) {
        self.width = width
        self.bits = bits
    }

    /// `10.0.0.1`, `2001:db8::1` or `::ffff:10.0.0.1`; `nil` for anything else.
    package init?(_ text: some Collection<UInt8>) {
        guard text.count <= 45 else { return nil }
        if text.contains(UInt8(ascii: ":")) {
            guard let bits = Self.versionSix(Array(text)) else { return nil }
            self.init(width: 128, bits: bits)
        } else {
            guard let bits = Self.versionFour(Array(text)[...]) else { return nil }
            self.init(width: 32, bits: UInt128(bits))
        }
    }

    private static func versionFour(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count) else { return nil }
            var value: UInt32 = 0
            for byte in part {
                guard byte &- UInt8(ascii: "0") <= 9 else { return nil }
                value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard value <= 255 else { return nil }
            bits = bits << 8 | value
        }
        return bits
    }

    private static func versionSix(_ text: [UInt8]) -> UInt128? {
        let gap: [UInt8] = [UInt8(ascii: ":"), UInt8(ascii: ":")]
        let gaps = text.indices.dropLast().filter { text[$0] == gap[0] && text[$0 + 1] == gap[1] }
        guard let first = gaps.first else {
            guard let groups = groups(text[...]), groups.count == 8 else { return nil }
            return bits(groups)
        }
        guard gaps.count == 1, let head = groups(text[..<first]), let tail = groups(text[(first + 2)...]),
            head.count + tail.count <= 7
        else { return nil }
        return bits(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    private static func bits(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// Groups of hexadecimal digits between colons; the last may be an address of version 4.
    private static func groups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let four = versionFour(part) else { return nil }
                groups.append(UInt16(four >> 16))
                groups.append(UInt16(truncatingIfNeeded: four))
                continue
            }
            guard (1...4).contains(part.count), part.allSatisfy({ $0.isHexDigit }) else { return nil }
            guard let value = UInt16(String(decoding: part, as: UTF8.self), radix: 16) else { return nil }
            groups.append(value)
        }
        return groups
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        self &- UInt8(ascii: "0") <= 9 || (self | 0x20) &- UInt8(ascii: "a") <= 5
    }
}

/// The addresses whose first bits are given: `10.0.0.0/24`.
package struct FilterAddressBlock: Equatable, Sendable {
    package let network: FilterAddress
    /// How many bits behind the given ones are free.
    private let freeBits: Int

    package init(_ text: String) throws(FilterProblem) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw FilterProblem("Malformed CIDR, one '/' required") }
        let digits = String(decoding: parts[1], as: UTF8.self)
        guard parts[1].allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }), let mask = Int(digits) else {
            throw FilterProblem("Malformed CIDR, mask bits must be an integer")
        }
        guard let network = FilterAddress(parts[0]) else {
            throw FilterProblem("Nonstandard IP address: \(String(decoding: parts[0], as: UTF8.self))")
        }
        guard mask <= network.width else { throw FilterProblem("Malformed CIDR, too many mask bits") }
        self.network = network
        freeBits = network.width - mask
    }

    package func contains(_ address: FilterAddress) -> Bool {
        guard address.width == network.width else { return false }
        // A shift by all 128 bits gives zero.
        return address.bits >> UInt128(freeBits) == network.bits >> UInt128(freeBits)
    }
}
