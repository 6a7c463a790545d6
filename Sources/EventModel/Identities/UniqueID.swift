/// The IDs that IAM gives beside names: `AROA` for roles, `ANPA` for policies, `AIPA` for instance profiles, `ASIA` for
/// temporary access keys (IAM user guide, "IAM identifiers").
package enum UniqueID {
    /// Random bytes that an ID needs.
    package static let byteCount = 11
    private static let digits: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// - Parameters:
    ///   - random: `byteCount` bytes.
    ///   - length: Letters and digits behind the prefix, at most 17.
    package static func text(_ prefix: String, random: [UInt8], length: Int = 17) -> String {
        precondition(random.count == byteCount && length * 5 <= byteCount * 8, "an ID has 17 places at most")
        let number = random.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        var letters: [UInt8] = []
        for place in 0..<length {
            letters.append(digits[Int(truncatingIfNeeded: number >> UInt128(5 * place) & 31)])
        }
        return prefix + String(decoding: letters, as: UTF8.self)
    }
}
