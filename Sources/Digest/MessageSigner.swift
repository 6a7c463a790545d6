import CCrypto

/// Signs messages with an RSA key of 2,048 bits whose certificate it has issued itself.
///
/// `@unchecked Sendable`: the key is never changed, and OpenSSL counts references to it atomically; each signature has a
/// context of its own.
package final class MessageSigner: @unchecked Sendable {
    package enum Hash: Sendable {
        case sha1
        case sha256
    }

    private let key: OpaquePointer
    /// The certificate in DER form.
    package let certificate: [UInt8]

    private static let bits: Int32 = 2_048
    /// How long certificates are valid, in seconds: ten years (own choice; they are never renewed).
    private static let lifetimeSeconds = 10 * 365 * 86_400

    private init(key: OpaquePointer, certificate: [UInt8]) {
        self.key = key
        self.certificate = certificate
    }

    deinit { EVP_PKEY_free(key) }

    /// Makes a key and its certificate; takes about a tenth of a second.
    ///
    /// - Parameters:
    ///   - name: The common name in the certificate.
    ///   - from: The first second in which it is valid, since the epoch.
    package static func make(commonName name: String, from: Int) -> MessageSigner {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil) else { noMemory() }
        defer { EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        let isMade =
            EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1
            && EVP_PKEY_keygen(context, &made) == 1
        guard isMade, let key = made else { noMemory() }
        return MessageSigner(key: key, certificate: issue(key, name, from))
    }

    /// A signer from what `privateKey` and `certificate` gave; `nil` when the key is not readable.
    package convenience init?(privateKey: [UInt8], certificate: [UInt8]) {
        let key = privateKey.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_AutoPrivateKey(nil, &start, bytes.count)
        }
        guard let key else { return nil }
        self.init(key: key, certificate: certificate)
    }

    /// The private key in DER form.
    package var privateKey: [UInt8] { Self.encoded { i2d_PrivateKey(key, $0) } }

    /// The RSA signature (PKCS #1 v1.5).
    package func sign(_ message: [UInt8], _ hash: Hash) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { Self.noMemory() }
        defer { EVP_MD_CTX_free(context) }
        let digest = hash == .sha1 ? EVP_sha1() : EVP_sha256()
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(key)))
        var length = signature.count
        let isDone =
            EVP_DigestSignInit(context, nil, digest, nil, key) == 1
            && EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        precondition(isDone, "this system's OpenSSL makes no RSA signatures or there is no memory")
        return Array(signature.prefix(length))
    }

    private static func noMemory() -> Never {
        preconditionFailure("this system's OpenSSL makes no RSA keys or there is no memory")
    }
}

// MARK: - The certificate

extension MessageSigner {
    private static func issue(_ key: OpaquePointer, _ name: String, _ from: Int) -> [UInt8] {
        guard let certificate = X509_new() else { noMemory() }
        defer { X509_free(certificate) }
        let subject = X509_get_subject_name(certificate)
        // 0x1001 is MBSTRING_UTF8, a macro that Swift does not see.
        let isDone =
            X509_set_version(certificate, 2) == 1
            && ASN1_INTEGER_set(X509_get_serialNumber(certificate), from) == 1
            && ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nil
            && ASN1_TIME_set(X509_getm_notAfter(certificate), from + lifetimeSeconds) != nil
            && X509_set_pubkey(certificate, key) == 1
            && X509_NAME_add_entry_by_txt(
                subject, "CN", 0x1001, Array(name.utf8), Int32(name.utf8.count), -1, 0) == 1
            && X509_set_issuer_name(certificate, subject) == 1
            && X509_sign(certificate, key, EVP_sha256()) > 0
        precondition(isDone, "a certificate can be made for every key")
        return encoded { i2d_X509(certificate, $0) }
    }

    /// Runs one of OpenSSL's encoders twice: for the length, then for the bytes.
    private static func encoded(
        _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) -> [UInt8] {
        let length = Int(encode(nil))
        precondition(length > 0, "what was made can be encoded")
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, written in
            var start = buffer.baseAddress
            written = Int(encode(&start))
        }
    }
}
