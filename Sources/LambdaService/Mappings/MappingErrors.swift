package import AWSWire
package import EventModel

extension AWSError {
    package init(_ error: ConfigurationError) {
        switch error.kind {
        case .constraint: self.init("ValidationException", error.message)
        case .invalidParameterValue: self.init("InvalidParameterValueException", error.message)
        case .notSupported: self = .notSupported(error.message)
        }
    }

    /// Of an unknown mapping (esm-api.md §6).
    static var mappingNotFound: AWSError {
        AWSError("ResourceNotFoundException", "The resource you requested does not exist.", status: 404)
    }

    /// A mapping in transition takes no change; `verb` is `update` or `delete`.
    static func inUse(_ verb: String) -> AWSError {
        AWSError(
            "ResourceInUseException", "Cannot \(verb) the event source mapping because it is in use.")
    }

    /// The texts are AWS's, quotes and inner spaces included (esm-api.md §7).
    static func duplicate(_ existing: EventSourceMapping) -> AWSError {
        let source = existing.source
        let function = existing.functionName
        let end =
            "already exists. Please update or delete the existing mapping with UUID \(existing.id)"
        let text =
            source.service == "sqs"
            ? "An event source mapping with SQS arn (\" \(source) \") and function (\" \(function) \") \(end)"
            : "The event source arn (\" \(source) \") and function (\" \(function) \") provided mapping \(end)"
        return AWSError("ResourceConflictException", text, status: 409)
    }
}
