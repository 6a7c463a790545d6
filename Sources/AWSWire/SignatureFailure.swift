/// Why a signature was refused.
enum SignatureFailure: Error, Equatable {
    case missing
    case incomplete(String)
    case unknownKey
    /// Of temporary credentials.
    case expiredToken
    case mismatch(String)
    /// A presigned URL that is not valid any more.
    case expired
    /// An older version of signatures.
    case oldVersion

    static let mismatchText =
        "The request signature we calculated does not match the signature you provided. "
        + "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

    /// JSON services say `…Exception` with 400 (SQS and REST: 403); Query services have codes of their own with 403.
    func wireError(for service: WireService) -> AWSError {
        let status: Int
        let isQuery: Bool
        switch service.errorForm {
        case .json(_, let isQueryCompatible): (status, isQuery) = (isQueryCompatible ? 403 : 400, false)
        case .rest: (status, isQuery) = (403, false)
        case .query: (status, isQuery) = (403, true)
        case .storage: return storageError
        }
        let (shape, queryShape, text) = words
        return AWSError(
            isQuery ? queryShape : shape, text, status: status,
            namespace: "com.amazon.coral.service#")
    }

    /// S3's codes and words (S3 API reference, error responses).
    private var storageError: AWSError {
        switch self {
        case .missing: AWSError("AccessDenied", "Access Denied", status: 403)
        case .incomplete(let text): AWSError("AuthorizationHeaderMalformed", text)
        case .unknownKey:
            AWSError(
                "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
                status: 403)
        case .mismatch(let text): AWSError("SignatureDoesNotMatch", text, status: 403)
        case .expired: AWSError("AccessDenied", "Request has expired", status: 403)
        case .expiredToken: AWSError("ExpiredToken", "The provided token has expired.")
        case .oldVersion:
            AWSError(
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            )
        }
    }

    private var words: (shape: String, queryShape: String, text: String) {
        switch self {
        case .missing:
            (
                "MissingAuthenticationTokenException", "MissingAuthenticationToken",
                "Request is missing Authentication Token"
            )
        case .incomplete(let text): ("IncompleteSignatureException", "IncompleteSignature", text)
        case .unknownKey:
            (
                "UnrecognizedClientException", "InvalidClientTokenId",
                "The security token included in the request is invalid."
            )
        case .expiredToken:
            (
                "ExpiredTokenException", "ExpiredToken",
                "The security token included in the request is expired"
            )
        case .mismatch(let text): ("InvalidSignatureException", "SignatureDoesNotMatch", text)
        case .expired: ("InvalidSignatureException", "SignatureDoesNotMatch", "Signature expired.")
        case .oldVersion:
            ("IncompleteSignatureException", "IncompleteSignature", "Only Signature Version 4 is known here.")
        }
    }
}
