/// Why a signature was refused.
enum SignatureFailure: Error, Equatable {
    case missing
    case incomplete(String)
    case unknownKey
    /// Of temporary credentials.
    case expiredToken
    case mismatch(String)

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
        }
        let (shape, queryShape, text) = words
        return AWSError(
            isQuery ? queryShape : shape, text, status: status,
            namespace: "com.amazon.coral.service#")
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
        }
    }
}
