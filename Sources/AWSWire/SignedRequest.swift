import ByteCoding
import Digest
import HTTP

/// A signed request, taken apart into what its signature covers.
struct SignedRequest {
    static let algorithm = "AWS4-HMAC-SHA256"
    static let unsignedPayload = "UNSIGNED-PAYLOAD"
    /// The service that signs paths and bodies in ways of its own.
    static let storage = "s3"

    let scope: CredentialScope
    let signature: String
    /// The date of the signature as sent, `20240131T235959Z`.
    let date: String?
    /// Only in presigned URLs.
    let lifetimeSeconds: Int?
    let payloadDigest: String
    private let request: HTTPRequest
    private let signedHeaders: [String]
    private let query: WireParameters

    init(_ request: HTTPRequest) throws(SignatureFailure) {
        guard let query = WireParameters(formEncoded: (request.query ?? "").utf8) else {
            throw .incomplete("The query string is not percent-encoded UTF-8.")
        }
        if let header = request.headers["authorization"] {
            try self.init(request, authorization: header, query: query)
        } else if query["X-Amz-Signature"] != nil || query["X-Amz-Algorithm"] != nil {
            try self.init(request, presigned: query)
        } else if query["AWSAccessKeyId"] != nil, query["Signature"] != nil {
            throw .oldVersion
        } else {
            throw .missing
        }
    }

    private init(
        _ request: HTTPRequest, authorization header: String, query: WireParameters
    ) throws(SignatureFailure) {
        guard !header.hasPrefix("AWS ") else { throw .oldVersion }
        guard header.hasPrefix(Self.algorithm + " ") else {
            throw .incomplete("Unsupported AWS 'algorithm': '\(header.prefix { $0 != " " })'.")
        }
        var fields: [String: String] = [:]
        for field in header.dropFirst(Self.algorithm.count).split(separator: ",") {
            let parts = field.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            fields[String(parts[0].filter { $0 != " " })] = String(parts[1].filter { $0 != " " })
        }
        try self.init(
            request, query: query, credential: fields["Credential"], headers: fields["SignedHeaders"],
            signature: fields["Signature"], date: request.headers["x-amz-date"], lifetimeSeconds: nil)
    }

    private init(_ request: HTTPRequest, presigned query: WireParameters) throws(SignatureFailure) {
        guard query["X-Amz-Algorithm"] == Self.algorithm else {
            throw .incomplete("Unsupported AWS 'algorithm': '\(query["X-Amz-Algorithm"] ?? "")'.")
        }
        guard let lifetime = query["X-Amz-Expires"].flatMap({ Int($0) }), lifetime >= 0,
            lifetime <= SignatureVerifier.longestPresignedSeconds
        else { throw .incomplete("X-Amz-Expires must be a number of seconds between 0 and 604800.") }
        try self.init(
            request, query: query, credential: query["X-Amz-Credential"],
            headers: query["X-Amz-SignedHeaders"], signature: query["X-Amz-Signature"],
            date: query["X-Amz-Date"], lifetimeSeconds: lifetime)
    }

    private init(
        _ request: HTTPRequest, query: WireParameters, credential: String?, headers: String?,
        signature: String?, date: String?, lifetimeSeconds: Int?
    ) throws(SignatureFailure) {
        guard let credential else {
            throw .incomplete("Authorization header requires 'Credential' parameter.")
        }
        guard let signature else { throw .incomplete("Authorization header requires 'Signature' parameter.") }
        guard let headers else {
            throw .incomplete("Authorization header requires 'SignedHeaders' parameter.")
        }
        guard let scope = CredentialScope(credential) else {
            throw .incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."
            )
        }
        self.request = request
        self.scope = scope
        self.signature = signature
        self.date = date
        self.lifetimeSeconds = lifetimeSeconds
        self.query = query
        signedHeaders = headers.split(separator: ";").map { $0.lowercased() }
        let isURLOfS3 = scope.service == Self.storage && lifetimeSeconds != nil
        payloadDigest =
            request.headers["x-amz-content-sha256"] ?? query["X-Amz-Content-Sha256"]
            ?? (isURLOfS3 ? Self.unsignedPayload : Hex.encode(SHA256.hash(request.body)))
        guard signedHeaders.contains("host") else {
            throw .mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
        }
    }

    /// What temporary credentials bring along.
    var sessionToken: String? { request.headers["x-amz-security-token"] ?? query["X-Amz-Security-Token"] }
    var body: [UInt8] { request.body }
    var bodyDigest: String { Hex.encode(SHA256.hash(request.body)) }
}

// MARK: - What is signed

extension SignedRequest {
    var stringToSign: String {
        let digest = Hex.encode(SHA256.hash(Array(canonicalRequest.utf8)))
        return "\(Self.algorithm)\n\(date ?? "")\n\(scope.text)\n\(digest)"
    }

    var canonicalRequest: String {
        // Paths are escaped a second time by every service but S3.
        let isS3 = scope.service == Self.storage
        let plain = isS3 ? PercentCoding.decoded(request.path.utf8) ?? request.path : request.path
        let path = PercentCoding.encoded(plain, keepsSlash: true)
        var lines: [String] = [request.method, path.isEmpty ? "/" : path, canonicalQuery]
        for name in signedHeaders {
            lines.append("\(name):\(Self.canonical(request.headers[name] ?? ""))")
        }
        lines.append("")
        lines.append(signedHeaders.joined(separator: ";"))
        lines.append(payloadDigest)
        return lines.joined(separator: "\n")
    }

    private var canonicalQuery: String {
        query.names.indices
            .filter { query.names[$0] != "X-Amz-Signature" }
            .map { (PercentCoding.encoded(query.names[$0]), PercentCoding.encoded(query.values[$0])) }
            .sorted { $0 < $1 }
            .map { "\($0)=\($1)" }
            .joined(separator: "&")
    }

    /// Without white space at the ends, runs of it inside as one space.
    private static func canonical(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }
}
