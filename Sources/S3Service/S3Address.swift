import AWSWire
import EventStore
import HTTP

/// Bucket and key of a request, in the path (`/bucket/key`) or with the bucket in the host (`bucket.s3.…/key`).
struct S3Address: Equatable, Sendable {
    /// Empty for the service itself.
    var bucket: String
    /// Empty for the bucket itself.
    var key: String

    /// - Throws: `InvalidURI` when an escape in the path is broken.
    init(_ request: HTTPRequest) throws(AWSError) {
        let path = request.path.dropFirst()
        if let bucket = Self.bucket(inHostOf: request) {
            self.bucket = bucket
            key = try Self.decoded(path)
            return
        }
        guard let slash = path.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            bucket = try Self.decoded(path)
            key = ""
            return
        }
        bucket = try Self.decoded(path[..<slash])
        key = try Self.decoded(path[path.utf8.index(after: slash)...])
    }

    private static func decoded(_ text: Substring) throws(AWSError) -> String {
        guard let plain = PercentCoding.decoded(text.utf8) else {
            throw AWSError("InvalidURI", "Couldn't parse the specified URI.")
        }
        return plain
    }

    /// The bucket before `.s3.`, `.s3-` or `.localhost` in the host; `nil` for every other host.
    static func bucket(inHostOf request: HTTPRequest) -> String? {
        guard let field = request.headers["host"] else { return nil }
        let host = field.prefix { $0 != ":" }.lowercased()
        for mark in [".s3.", ".s3-"] {
            if let range = host.firstRange(of: mark), range.lowerBound > host.startIndex {
                return String(host[..<range.lowerBound])
            }
        }
        let local = ".localhost"
        guard host.hasSuffix(local) else { return nil }
        let name = host.dropLast(local.count)
        return name.isEmpty || name == "s3" ? nil : String(name)
    }
}

// MARK: - Whose request it is

extension S3Address {
    /// A request is S3's when its signature, in the header or in the URL, is made for S3. One that is signed for
    /// another service never is. An unsigned one is S3's when nothing else is served at its path and it names a bucket
    /// that is there, in the path or the host, or has a header of S3.
    static func claims(_ request: HTTPRequest, isLastResort: Bool, _ catalog: Catalog) -> Bool {
        if let service = CredentialScope.service(of: request) { return service == "s3" }
        if let query = request.query, query.contains("AWSAccessKeyId="), query.contains("Signature=") {
            return true
        }
        if request.headers["authorization"]?.hasPrefix("AWS ") ?? false { return true }
        guard isLastResort else { return false }
        if request.headers.pairs.contains(where: { $0.name.lowercased().hasPrefix("x-amz-") }) { return true }
        // A path that cannot be read names no bucket.
        guard let address = try? S3Address(request) else { return false }
        return !address.bucket.isEmpty && catalog.bucket(named: address.bucket) != nil
    }
}
