/// The 16 bytes of an MD5 digest.
package struct MD5Digest: Hashable, Sendable {
    /// The digest read as one big-endian number, as Kinesis's hash keys are.
    package let value: UInt128

    package init(value: UInt128) { self.value = value }

    /// The bytes, most significant first.
    package var bytes: [UInt8] { fatalError("pending") }

    /// 32 lower-case digits.
    package var hex: String { fatalError("pending") }

    /// Appends the 32 lower-case digits.
    package func appendHex(to out: inout [UInt8]) { fatalError("pending") }
}
