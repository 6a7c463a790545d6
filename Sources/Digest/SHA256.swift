/// SHA-256 by OpenSSL.
package enum SHA256 {
    /// The 32 bytes of the digest.
    package static func hash(_ content: [UInt8]) -> [UInt8] { fatalError("pending") }
}

/// HMAC with SHA-256 (RFC 2104), as Signature Version 4 uses it.
package enum HMACSHA256 {
    /// The 32 bytes of the authentication code; a key may have any length.
    package static func authenticate(key: [UInt8], message: [UInt8]) -> [UInt8] { fatalError("pending") }
}
