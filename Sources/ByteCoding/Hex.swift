/// Two hexadecimal digits a byte.
package enum Hex {
    /// Lower-case digits.
    package static func encode(_ content: [UInt8]) -> String { fatalError("pending") }

    /// Accepts both cases; nil for an odd count or another character.
    package static func decode(_ text: String) -> [UInt8]? { fatalError("pending") }
}
