/// Computes MD5 digests one after the other with one OpenSSL context; keep one per thread.
package final class MD5Hasher {
    package init() { fatalError("pending") }

    package func hash(_ content: Span<UInt8>) -> MD5Digest { fatalError("pending") }
    package func hash(_ content: [UInt8]) -> MD5Digest { fatalError("pending") }
    package func hash(_ text: String) -> MD5Digest { fatalError("pending") }
}
