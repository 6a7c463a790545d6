import AWSWire

/// The errors of SNS with AWS's codes; sentences are AWS's where clients' recordings have them.
extension AWSError {
    static func invalid(_ what: String) -> AWSError {
        AWSError("InvalidParameter", "Invalid parameter: \(what)")
    }

    static func missing(_ name: String) -> AWSError {
        invalid("\(name) Reason: no value for required parameter")
    }

    static func parameterValue(_ message: String) -> AWSError {
        AWSError("ParameterValueInvalid", message)
    }

    static let topicDoesNotExist = AWSError("NotFound", "Topic does not exist", status: 404)
    static let subscriptionDoesNotExist = AWSError("NotFound", "Subscription does not exist", status: 404)
    static let resourceDoesNotExist = AWSError("ResourceNotFound", "Resource does not exist", status: 404)
    static let unsubscribeNeedsSignature = AWSError(
        "AuthorizationError", "This subscription can only be ended by a signed request.", status: 403)

    /// FIFO topics are refused by name, as FIFO queues are.
    static let noFIFO = AWSError.notSupported(
        "Millrace does not support FIFO topics (FifoTopic, names that end in .fifo) yet.")

    static let backlogIsFull = AWSError(
        "Throttled", "Too many deliveries wait for HTTP endpoints; repeat the call when some are made.",
        status: 429)
}

/// Bounds of SNS's API (SNS API reference and quotas).
enum SNSLimits {
    static let pageSize = 100
    static let topicNameBytes = 256
    static let displayNameCharacters = 100
    static let subjectCharacters = 100
    static let batchEntries = 10
    static let entryIDBytes = 80
    static let attributeNameBytes = 256
    static let tags = 50
    static let endpointBytes = 2_048
    static let policyBytes = 30_720
}
