import AWSWire
import EventModel
import HTTP

/// One request to S3 with what its address and query say.
struct S3Request: Sendable {
    let call: ServiceCall
    let operation: S3Operation
    let bucket: String
    let key: String
    let query: WireParameters

    /// Longest key, in bytes (S3 user guide, naming objects).
    private static let keyBytesMax = 1_024

    init(_ call: ServiceCall, now: Timestamp) throws(AWSError) {
        guard let query = WireParameters(formEncoded: (call.request.query ?? "").utf8) else {
            throw AWSError("InvalidURI", "Couldn't parse the specified URI.")
        }
        let address = try S3Address(call.request)
        self.call = call
        self.query = query
        bucket = address.bucket
        key = address.key
        try Self.checkLife(query, now: now)
        operation = try S3Operation(
            method: call.request.method, address, query: query,
            isCopy: call.request.headers["x-amz-copy-source"] != nil)
        guard key.utf8.count <= Self.keyBytesMax else {
            throw AWSError("KeyTooLongError", "Your key is too long")
                .with("Size", String(key.utf8.count)).with("MaxSizeAllowed", String(Self.keyBytesMax))
        }
    }

    /// A presigned URL ends with its time whether signatures are checked or not.
    private static func checkLife(_ query: WireParameters, now: Timestamp) throws(AWSError) {
        var end: Timestamp?
        if let date = query["X-Amz-Date"].flatMap({ RequestDate.moment($0) }),
            let seconds = query["X-Amz-Expires"].flatMap({ Int($0) })
        {
            end = date + .seconds(seconds)
        } else if query["AWSAccessKeyId"] != nil, let seconds = query["Expires"].flatMap({ Int64($0) }) {
            end = Timestamp(
                millisecondsSinceEpoch: seconds.multipliedReportingOverflow(by: 1_000).partialValue)
        }
        if let end, end < now {
            throw AWSError("AccessDenied", "Request has expired", status: 403)
                .with("Expires", end.iso8601Seconds).with("ServerTime", now.iso8601Seconds)
        }
    }

    var headers: HeaderFields { call.request.headers }
    var location: Location { call.location }

    /// A number in the query.
    ///
    /// - Throws: `InvalidArgument` when it is none, or negative.
    func number(_ name: String) throws(AWSError) -> Int? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw .invalidArgument("Provided \(name) not an integer or within integer range", name, text)
        }
        return number
    }
}

// MARK: - Headers

extension S3Request {
    /// Headers of S3 that any request may have, because they change nothing here or are looked at everywhere.
    private static let common: Set<String> = [
        "x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-expected-bucket-owner",
        "x-amz-request-payer", "x-amz-sdk-checksum-algorithm", "x-amz-security-token", "x-amz-trailer",
        "x-amz-user-agent", "x-amz-checksum-mode", "x-amz-checksum-algorithm", "x-amz-checksum-type",
        "x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme", "x-amz-checksum-sha1",
        "x-amz-checksum-sha256", "x-amz-copy-source", "x-amz-copy-source-if-match",
        "x-amz-copy-source-if-none-match", "x-amz-copy-source-if-modified-since",
        "x-amz-copy-source-if-unmodified-since", "x-amz-copy-source-range", "x-amz-metadata-directive",
        "x-amz-source-expected-bucket-owner", "x-amz-mp-object-size",
    ]

    /// Settings whose only value that means nothing is the one that holds anyway.
    private static let defaults: [String: Set<String>] = [
        "x-amz-acl": ["private", "bucket-owner-full-control"],
        "x-amz-storage-class": ["STANDARD"],
        "x-amz-tagging-directive": ["COPY"],
        "x-amz-bucket-object-lock-enabled": ["false", "False"],
        "x-amz-object-ownership": ["BucketOwnerEnforced"],
    ]

    /// Refuses headers of S3 that would change what the operation does and that nothing here acts on.
    func checkHeaders() throws(AWSError) {
        for (sentName, value) in headers.pairs {
            let name = sentName.lowercased()
            guard name.hasPrefix("x-amz-"), !name.hasPrefix("x-amz-meta-"), !Self.common.contains(name)
            else { continue }
            if Self.defaults[name]?.contains(value) ?? false { continue }
            throw .unservedHeader(name, value)
        }
        for name in ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"] {
            guard let owner = headers[name], owner != location.account else { continue }
            throw AWSError("AccessDenied", "Access Denied", status: 403)
        }
    }

    private static let keptHeaders: [String] = [
        "content-type", "cache-control", "content-disposition", "content-encoding", "content-language",
        "expires",
    ]
    /// Bytes of all names and values of a user's metadata (S3 user guide).
    private static let metadataBytesMax = 2_048

    /// The headers that are kept with an object, the user's metadata among them.
    func keptMetadata() throws(AWSError) -> [String: String] {
        var kept: [String: String] = ["content-type": "binary/octet-stream"]
        for name in Self.keptHeaders {
            guard let value = headers[name], !value.isEmpty else { continue }
            kept[name] = value
        }
        // The coding of the transfer is not the object's.
        if let coding = kept["content-encoding"] {
            let rest = coding.split(separator: ",").map { $0.filter { $0 != " " } }.filter {
                $0 != "aws-chunked"
            }
            kept["content-encoding"] = rest.isEmpty ? nil : rest.joined(separator: ",")
        }
        var bytes = 0
        for (sentName, value) in headers.pairs {
            let name = sentName.lowercased()
            guard name.hasPrefix("x-amz-meta-") else { continue }
            bytes += name.utf8.count - "x-amz-meta-".utf8.count + value.utf8.count
            // Several fields of one name are one list.
            kept[name] = kept[name].map { "\($0),\(value)" } ?? value
        }
        guard bytes <= Self.metadataBytesMax else {
            throw AWSError(
                "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"
            )
            .with("Size", String(bytes)).with("MaxSizeAllowed", String(Self.metadataBytesMax))
        }
        return kept
    }
}
