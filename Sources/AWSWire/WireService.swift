/// How one service speaks: its name in signatures, the type of its bodies, the form of its errors.
package struct WireService: Sendable {
    package enum ErrorForm: Sendable, Equatable {
        /// `{"__type":"<namespace>Shape","message":"…"}`; Query-compatible services add `x-amzn-query-error`.
        case json(namespace: String, isQueryCompatible: Bool)
        /// REST-JSON: header `x-amzn-ErrorType`, body `{"Type":"User","message":"…"}` (esm-api.md §1).
        case rest
        /// Query: `<ErrorResponse xmlns="…">`; the errors of some services have an empty `<Detail/>`.
        case query(namespace: String, hasDetail: Bool = false)
        /// S3: `<Error><Code>…</Code><Message>…</Message></Error>`, details as further elements.
        case storage
    }

    /// The service in the credential scope of a signature.
    package let signingName: String
    /// The name that error texts use.
    package let displayName: String
    package let contentType: String
    package let errorForm: ErrorForm

    package init(signingName: String, displayName: String, contentType: String, errorForm: ErrorForm) {
        self.signingName = signingName
        self.displayName = displayName
        self.contentType = contentType
        self.errorForm = errorForm
    }
}

// MARK: - The services of Millrace

extension WireService {
    package static let sqs = WireService(
        signingName: "sqs", displayName: "Amazon SQS", contentType: "application/x-amz-json-1.0",
        errorForm: .json(namespace: "com.amazonaws.sqs#", isQueryCompatible: true))
    /// The older of SQS's two protocols.
    package static let sqsQuery = WireService(
        signingName: "sqs", displayName: "Amazon SQS", contentType: "text/xml",
        errorForm: .query(namespace: "http://queue.amazonaws.com/doc/2012-11-05/", hasDetail: true))
    package static let kinesis = WireService(
        signingName: "kinesis", displayName: "Kinesis Data Streams",
        contentType: "application/x-amz-json-1.1",
        errorForm: .json(namespace: "", isQueryCompatible: false))
    package static let dynamoDB = WireService(
        signingName: "dynamodb", displayName: "DynamoDB", contentType: "application/x-amz-json-1.0",
        errorForm: .json(namespace: "com.amazonaws.dynamodb.v20120810#", isQueryCompatible: false))
    package static let dynamoDBStreams = WireService(
        signingName: "dynamodb", displayName: "DynamoDB Streams",
        contentType: "application/x-amz-json-1.0",
        errorForm: .json(namespace: "com.amazonaws.dynamodb.v20120810#", isQueryCompatible: false))
    package static let lambda = WireService(
        signingName: "lambda", displayName: "Lambda", contentType: "application/json", errorForm: .rest)
    package static let sts = WireService(
        signingName: "sts", displayName: "STS", contentType: "text/xml",
        errorForm: .query(namespace: "https://sts.amazonaws.com/doc/2011-06-15/"))
    package static let iam = WireService(
        signingName: "iam", displayName: "IAM", contentType: "text/xml",
        errorForm: .query(namespace: "https://iam.amazonaws.com/doc/2010-05-08/"))
    package static let s3 = WireService(
        signingName: "s3", displayName: "S3", contentType: "application/xml", errorForm: .storage)
    package static let events = WireService(
        signingName: "events", displayName: "EventBridge", contentType: "application/x-amz-json-1.1",
        errorForm: .json(namespace: "", isQueryCompatible: false))
    package static let sns = WireService(
        signingName: "sns", displayName: "Amazon SNS", contentType: "text/xml",
        errorForm: .query(namespace: "http://sns.amazonaws.com/doc/2010-03-31/"))
}
