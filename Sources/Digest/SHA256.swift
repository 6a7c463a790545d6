import CCrypto

/// SHA-256 by OpenSSL.
package enum SHA256 {
    /// How many bytes a digest has.
    package static let byteCount = 32

    /// The 32 bytes of the digest.
    package static func hash(_ content: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        let isDone = EVP_Digest(content, content.count, &digest, nil, EVP_sha256(), nil) == 1
        precondition(isDone, "SHA-256 fails only for want of memory")
        return digest
    }
}

/// HMAC with SHA-256 (RFC 2104), as Signature Version 4 uses it.
package enum HMACSHA256 {
    /// The 32 bytes of the authentication code; a key may have any length.
    package static func authenticate(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: SHA256.byteCount)
        // Of an empty array no address may come, and OpenSSL takes a missing key for "the key of last time".
        let key = key.isEmpty ? [0] : key
        let result = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, nil)
        precondition(result != nil, "HMAC fails only for want of memory")
        return code
    }
}
