import CCrypto

/// SHA-1 by OpenSSL, for checksums that clients ask for; it protects nothing here.
package enum SHA1 {
    /// How many bytes a digest has.
    package static let byteCount = 20

    /// The 20 bytes of the digest.
    package static func hash(_ content: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        let isDone = EVP_Digest(content, content.count, &digest, nil, EVP_sha1(), nil) == 1
        precondition(isDone, "SHA-1 fails only for want of memory")
        return digest
    }
}
