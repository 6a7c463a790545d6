import AWSWire
import ByteCoding
import Digest
import EventStore
import HTTP

/// The body of a write with what the request says of it, checked.
struct UploadedBody: Sendable {
    let content: [UInt8]
    /// MD5 in lower-case digits: the ETag.
    let etag: String
    let checksum: ObjectChecksum?

    /// Takes the chunks apart if there are some, and compares every digest that the request names with the content.
    ///
    /// - Parameter required: The algorithm of the upload that this is a part of.
    /// - Throws: `BadDigest`, `InvalidDigest`, `XAmzContentSHA256Mismatch`, `IncompleteBody`, `InvalidRequest`;
    ///   `NotImplemented` for algorithms that are not known here.
    init(_ request: S3Request, required: ChecksumAlgorithm? = nil) throws(AWSError) {
        let (content, trailers) = try Self.unwrapped(request)
        let digest = MD5Hasher().hash(content)
        try Self.checkMD5(request, digest)
        try Self.checkPayload(request, content)
        var checksum: ObjectChecksum?
        for (algorithm, claim) in try Self.claims(request, trailers) {
            let value = algorithm.text(content)
            guard let bytes = Base64.decode(claim), Base64.encode(bytes) == value else {
                throw AWSError(
                    "BadDigest",
                    "The \(algorithm.rawValue) you specified did not match the calculated checksum.")
            }
            checksum = ObjectChecksum(algorithm: algorithm.rawValue, value: value)
        }
        if checksum == nil {
            let named = try Self.algorithm(request.headers["x-amz-sdk-checksum-algorithm"])
            checksum = (required ?? named).map {
                ObjectChecksum(algorithm: $0.rawValue, value: $0.text(content))
            }
        }
        self.content = content
        etag = digest.hex
        self.checksum = checksum
    }

    /// The algorithm that a header names; `nil` for none.
    static func algorithm(_ name: String?) throws(AWSError) -> ChecksumAlgorithm? {
        guard let name, !name.isEmpty else { return nil }
        guard let algorithm = ChecksumAlgorithm(rawValue: name.uppercased()) else {
            throw .unservedHeader("x-amz-checksum-algorithm", name)
        }
        return algorithm
    }

    private typealias Trailers = [(name: String, value: String)]

    private static func unwrapped(_ request: S3Request) throws(AWSError) -> (content: [UInt8], Trailers) {
        let body = request.call.body
        let isStream = request.headers["x-amz-content-sha256"]?.hasPrefix("STREAMING-") ?? false
        let codings = request.headers["content-encoding"]?.split(separator: ",").map {
            $0.filter { $0 != " " }
        }
        guard isStream || codings?.contains("aws-chunked") ?? false else { return (body, []) }
        guard let chunks = ChunkedContent(body) else {
            throw AWSError("IncompleteBody", "The request body terminated unexpectedly")
        }
        let content = chunks.content(of: body)
        if let text = request.headers["x-amz-decoded-content-length"], Int(text) != content.count {
            throw AWSError("IncompleteBody", "The request body terminated unexpectedly")
        }
        return (content, chunks.trailers)
    }

    private static func checkMD5(_ request: S3Request, _ digest: MD5Digest) throws(AWSError) {
        guard let text = request.headers["content-md5"] else { return }
        guard let bytes = Base64.decode(text), bytes.count == 16 else {
            throw AWSError("InvalidDigest", "The Content-MD5 you specified was invalid.")
                .with("Content-MD5", text)
        }
        guard bytes == digest.bytes else {
            throw AWSError("BadDigest", "The Content-MD5 you specified did not match what we received.")
                .with("ExpectedDigest", text).with("CalculatedDigest", Base64.encode(digest.bytes))
        }
    }

    /// The digest in the signature holds whether signatures are checked or not.
    private static func checkPayload(_ request: S3Request, _ content: [UInt8]) throws(AWSError) {
        guard let claim = request.headers["x-amz-content-sha256"], claim.utf8.count == 2 * SHA256.byteCount
        else { return }
        let digest = Hex.encode(SHA256.hash(content))
        guard claim.lowercased() == digest else {
            throw AWSError(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed."
            ).with("ClientComputedContentSHA256", claim).with("S3ComputedContentSHA256", digest)
        }
    }

    /// Digests that the request names in its headers or behind its body; one at most.
    private static func claims(
        _ request: S3Request, _ trailers: Trailers
    ) throws(AWSError) -> [(ChecksumAlgorithm, String)] {
        let promised = request.headers["x-amz-trailer"]?.lowercased()
        var claims: [(ChecksumAlgorithm, String)] = []
        for algorithm in ChecksumAlgorithm.allCases {
            let trailer = trailers.first { $0.name == algorithm.header }?.value
            if let claim = request.headers[algorithm.header] ?? trailer { claims.append((algorithm, claim)) }
        }
        if let promised, promised.hasPrefix("x-amz-checksum-"), claims.isEmpty {
            guard ChecksumAlgorithm.allCases.contains(where: { $0.header == promised }) else {
                throw .unservedHeader("x-amz-trailer", promised)
            }
            throw AWSError(
                "MalformedTrailerError", "The request contained trailing data that was not well-formed.")
        }
        guard claims.count <= 1 else {
            throw .invalidRequest(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        }
        return claims
    }
}
