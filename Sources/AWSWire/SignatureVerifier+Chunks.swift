import ByteCoding
import Digest

extension SignatureVerifier {
    /// Every chunk is signed together with the signature before it (S3 API reference, chunked upload).
    func checkChunks(of signed: SignedRequest, _ secret: String) throws(SignatureFailure) {
        guard !signed.payloadDigest.hasPrefix("STREAMING-UNSIGNED-PAYLOAD") else { return }
        guard signed.payloadDigest.hasPrefix("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            let body = ChunkedContent(signed.body)
        else { throw .mismatch(SignatureFailure.mismatchText) }
        let key = signingKey(for: signed.scope, secret)
        let empty = Hex.encode(SHA256.hash([]))
        var previous = signed.signature
        func check(_ kind: String, _ digests: String, _ signature: String?) throws(SignatureFailure) {
            let text =
                "\(SignedRequest.algorithm)-\(kind)\n\(signed.date ?? "")\n\(signed.scope.text)\n\(previous)\n\(digests)"
            let expected = Hex.encode(HMACSHA256.authenticate(key: key, message: Array(text.utf8)))
            guard let signature, Self.isEqual(Array(expected.utf8), Array(signature.utf8)) else {
                throw .mismatch(SignatureFailure.mismatchText)
            }
            previous = expected
        }
        for chunk in body.chunks {
            let digest = Hex.encode(SHA256.hash(Array(signed.body[chunk.content])))
            try check("PAYLOAD", "\(empty)\n\(digest)", chunk.signature)
        }
        guard signed.payloadDigest.hasSuffix("-TRAILER") else { return }
        let lines = body.trailers.filter { $0.name != ChunkedContent.signatureTrailer }
            .map { "\($0.name):\($0.value)\n" }.joined()
        try check("TRAILER", Hex.encode(SHA256.hash(Array(lines.utf8))), body.trailerSignature)
    }
}
