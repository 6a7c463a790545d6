import AWSWire
import CodeArchive
import EventModel
import EventStore

extension AWSError {
    static func invalidValue(_ message: String) -> AWSError {
        AWSError("InvalidParameterValueException", message)
    }

    static func constraint(_ value: String?, _ member: String, _ rule: String) -> AWSError {
        let shown = value.map { "Value '\($0)'" } ?? "Value null"
        return AWSError(
            "ValidationException",
            "1 validation error detected: \(shown) at '\(member)' failed to satisfy constraint: \(rule)")
    }

    static func missing(_ message: String) -> AWSError {
        AWSError("ResourceNotFoundException", message, status: 404)
    }

    static func conflict(_ message: String) -> AWSError {
        AWSError("ResourceConflictException", message, status: 409)
    }

    static func functionNotFound(_ arn: ARN) -> AWSError { missing("Function not found: \(arn)") }

    static func functionNotFound(_ reference: FunctionReference) -> AWSError {
        functionNotFound(reference.arn)
    }

    /// - Parameter call: The operation that would tell the right one.
    static func revisionMismatch(_ call: String = "GetFunction/GetAlias") -> AWSError {
        AWSError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the \(call) API to retrieve the "
                + "latest Revision Id", status: 412)
    }

    static var unreadableArchive: AWSError {
        invalidValue("Could not unzip uploaded file. Please check your file, then try to upload again.")
    }

    /// What a store refused.
    init(failedWrite error: StoreError) {
        self.init("ServiceException", error.description, status: 500)
    }

    /// What is wrong with an uploaded file is told in AWS's words; its own reason is for a log, not for a client.
    init(_ error: ArchiveError) {
        switch error {
        case .unreadable, .unsafe, .tooManyEntries: self = .unreadableArchive
        case .empty: self = .invalidValue("Uploaded file must be a non-empty zip")
        case .tooLarge(let limit): self = .invalidValue("Unzipped size must be smaller than \(limit) bytes")
        case .system: self.init("ServiceException", error.description, status: 500)
        }
    }
}
