import AWSWire
import EventStore

// Codes and texts of the S3 API reference, "Error responses", and of its answers.
extension AWSError {
    static func noSuchBucket(_ name: String) -> AWSError {
        AWSError("NoSuchBucket", "The specified bucket does not exist", status: 404).with("BucketName", name)
    }

    static func noSuchKey(_ key: String) -> AWSError {
        AWSError("NoSuchKey", "The specified key does not exist.", status: 404).with("Key", key)
    }

    static func noSuchUpload(_ id: String) -> AWSError {
        AWSError(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
                + "or completed.", status: 404
        ).with("UploadId", id)
    }

    static func preconditionFailed(_ condition: String) -> AWSError {
        AWSError(
            "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", status: 412
        ).with("Condition", condition)
    }

    static let notModified = AWSError("NotModified", "Not Modified", status: 304)

    static func invalidArgument(_ text: String, _ name: String, _ value: String) -> AWSError {
        AWSError("InvalidArgument", text).with("ArgumentName", name).with("ArgumentValue", value)
    }

    static func invalidRequest(_ text: String) -> AWSError { AWSError("InvalidRequest", text) }

    static let malformedXML = AWSError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema")

    static let slowDown = AWSError("SlowDown", "Please reduce your request rate.", status: 503)

    static func tooLarge(size: Int, limit: Int) -> AWSError {
        AWSError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
            .with("ProposedSize", String(size)).with("MaxSizeAllowed", String(limit))
    }

    /// An operation that S3 has and Millrace has not.
    static func unserved(_ operation: String) -> AWSError {
        AWSError(
            "NotImplemented", "Millrace does not support the operation \(operation) of S3 yet.", status: 501)
    }

    static func unservedHeader(_ name: String, _ value: String) -> AWSError {
        AWSError(
            "NotImplemented",
            "A header you provided implies functionality that Millrace does not support yet: \(name)",
            status: 501
        ).with("Header", name).with("Value", value)
    }

    init(_ error: StoreError) {
        switch error {
        case .full, .readOnly, .io, .corrupt, .newerFile, .locked, .sqlite, .conflict, .limit, .closed:
            self.init("InternalError", error.description, status: 500)
        case .notFound(let what): self.init("InternalError", "\(what) is gone.", status: 500)
        }
    }
}
