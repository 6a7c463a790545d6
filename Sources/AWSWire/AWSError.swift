import ByteCoding

/// An error as a service answers it; `WireService` decides how it looks on the wire.
package struct AWSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The exception's name without a namespace: `ResourceNotFoundException`, `QueueDoesNotExist`.
    package let shape: String
    package let status: Int
    package let message: String
    /// The code of the Query protocol where it differs from `shape` (`AWS.SimpleQueueService.NonExistentQueue`).
    package let queryCode: String?
    /// The text of the Query protocol where it differs from `message`.
    package private(set) var queryMessage: String?
    /// Replaces the service's namespace in `__type` (`com.amazon.coral.validate#`); `nil` keeps the service's.
    package let namespace: String?
    /// Further members of the error, in the JSON forms of it.
    package private(set) var details: [Detail] = []

    /// A member of an error besides its message.
    package struct Detail: Equatable, Sendable {
        package let name: String
        /// A whole JSON value.
        package let json: [UInt8]
    }

    package init(
        _ shape: String, _ message: String, status: Int = 400, queryCode: String? = nil,
        namespace: String? = nil
    ) {
        self.shape = shape
        self.status = status
        self.message = message
        self.queryCode = queryCode
        self.namespace = namespace
    }

    /// The same error with another text in the Query protocol.
    package func saying(inQuery text: String) -> AWSError {
        var error = self
        error.queryMessage = text
        return error
    }

    /// The same error with one more member.
    package func with(_ name: String, json: [UInt8]) -> AWSError {
        var error = self
        error.details.append(Detail(name: name, json: json))
        return error
    }

    /// The same error with one more member that is a text.
    package func with(_ name: String, _ text: String) -> AWSError {
        with(name, json: JSONValue.string(text).bytes)
    }

    /// True when the caller is at fault, false when the server is.
    package var isSenderFault: Bool { status < 500 || status == 501 }
    /// The code in the Query protocol and in batch results.
    package var code: String { queryCode ?? shape }
    package var description: String { "\(shape) (\(status)): \(message)" }
}

// MARK: - What every service may have to say

extension AWSError {
    /// An operation of AWS that Millrace does not have (yet).
    package static func notSupported(operation: String, service: String) -> AWSError {
        AWSError(
            "UnsupportedOperation", "Millrace does not support the operation \(operation) of \(service) yet.",
            status: 501)
    }

    /// A parameter, or a value of one, that would change what the operation does and has no effect here (yet).
    package static func notSupported(parameter: String, operation: String, note: String = "") -> AWSError {
        let end = note.isEmpty ? "" : " \(note)"
        return AWSError(
            "UnsupportedOperation",
            "Millrace does not support the parameter \(parameter) of \(operation) yet.\(end)", status: 501)
    }

    /// Anything else that is missing; `what` is a full sentence.
    package static func notSupported(_ what: String) -> AWSError {
        AWSError("UnsupportedOperation", what, status: 501)
    }

    /// A body that is not the JSON that the operation expects.
    package static func serialization(_ reason: String) -> AWSError {
        AWSError("SerializationException", reason)
    }

    /// A failure of ours, such as a store that cannot write.
    package static func internalFailure(_ reason: String) -> AWSError {
        AWSError("InternalFailure", reason, status: 500)
    }
}
