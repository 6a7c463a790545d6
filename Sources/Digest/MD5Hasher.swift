import CCrypto

/// Computes MD5 digests one after the other with one OpenSSL context; keep one per thread.
///
/// MD5 protects nothing here: SQS's answers carry it and Kinesis places partition keys by it.
package final class MD5Hasher {
    private let algorithm: OpaquePointer
    private let context: OpaquePointer

    package init() {
        guard let algorithm = EVP_MD_fetch(nil, "MD5", nil), let context = EVP_MD_CTX_new() else {
            preconditionFailure("this system's OpenSSL offers no MD5 or there is no memory")
        }
        self.algorithm = algorithm
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_MD_free(algorithm)
    }

    package func hash(_ content: Span<UInt8>) -> MD5Digest {
        var digest: UInt128 = 0
        let isDone = content.withUnsafeBufferPointer { bytes in
            withUnsafeMutableBytes(of: &digest) { out in
                EVP_DigestInit_ex2(context, algorithm, nil) == 1
                    && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
                    && EVP_DigestFinal_ex(context, out.baseAddress, nil) == 1
            }
        }
        precondition(isDone, "MD5 fails for no input")
        return MD5Digest(value: UInt128(bigEndian: digest))
    }

    package func hash(_ content: [UInt8]) -> MD5Digest { hash(content.span) }

    package func hash(_ text: String) -> MD5Digest {
        // A copy that can be made contiguous; native strings are already.
        var text = text
        return text.withUTF8 { hash($0.span) }
    }
}
