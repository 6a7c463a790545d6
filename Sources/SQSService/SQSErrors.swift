import AWSWire
import EventModel

/// The errors of SQS with AWS's words (sources-api.md A9).
extension AWSError {
    static func parameter(_ value: String, _ name: String, _ reason: String) -> AWSError {
        invalidParameter("Value \(value) for parameter \(name) is invalid. Reason: \(reason)")
    }

    static func invalidParameter(_ message: String) -> AWSError {
        AWSError("InvalidParameterValueException", message, queryCode: "InvalidParameterValue")
    }

    static func missing(_ name: String) -> AWSError {
        AWSError(
            "MissingRequiredParameterException", "The request must contain the parameter \(name).",
            queryCode: "MissingParameter")
    }

    static let queueDoesNotExist = prefixed(
        "QueueDoesNotExist", "The specified queue does not exist.", code: "NonExistentQueue"
    ).saying(inQuery: "The specified queue does not exist for this wsdl version.")

    static func unknownAttribute(_ name: String) -> AWSError {
        AWSError("InvalidAttributeName", "Unknown Attribute \(name).")
    }

    static func attributeValue(_ name: String, reason: String? = nil) -> AWSError {
        let end = reason.map { " Reason: \($0)" } ?? ""
        return AWSError("InvalidAttributeValue", "Invalid value for the parameter \(name).\(end)")
    }

    static func queueExists(different attribute: String) -> AWSError {
        AWSError(
            "QueueNameExists",
            "A queue already exists with the same name and a different value for attribute \(attribute)",
            queryCode: "QueueAlreadyExists")
    }

    static let queueDeletedRecently = prefixed(
        "QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.")

    static func purgeInProgress(_ queueName: String) -> AWSError {
        prefixed(
            "PurgeQueueInProgress",
            "Only one PurgeQueue operation on \(queueName) is allowed every 60 seconds.", status: 403)
    }

    static func receiptHandle(_ handle: String) -> AWSError {
        AWSError(
            "ReceiptHandleIsInvalid", "The input receipt handle \"\(handle)\" is not a valid receipt handle.")
    }

    static func notInFlight(_ handle: String) -> AWSError {
        parameter(
            handle, "ReceiptHandle",
            "Message does not exist or is not available for visibility timeout change.")
    }

    static let overLimit = AWSError(
        "OverLimit",
        "Too many messages are in flight: a queue holds at most \(Limits.inFlightMessages) of them.",
        status: 403)

    // AWS's text for this one is not recorded anywhere we know.
    static let invalidContents = AWSError(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
            + "#xE000 to #xFFFD | #x10000 to #x10FFFF")

    static func tooLong(_ limit: Int) -> AWSError {
        invalidParameter(
            "One or more parameters are invalid. Reason: Message must be shorter than \(limit) bytes.")
    }

    /// FIFO queues only: in a standard queue every receipt handle will do.
    static func expired(_ handle: String) -> AWSError {
        parameter(handle, "ReceiptHandle", "The receipt handle has expired.")
    }

    static func foreignParameter(_ value: String, _ name: String) -> AWSError {
        parameter(value, name, "The request include parameter that is not valid for this queue type.")
    }

    static let noDeduplicationID = invalidParameter(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    )

    /// - Parameter name: `MessageGroupId`, `MessageDeduplicationId` or `ReceiveRequestAttemptId`.
    static func identifier(_ text: String, _ name: String) -> AWSError {
        parameter(
            text, name,
            "\(name) can only include alphanumeric and punctuation characters. 1 to 128 in length.")
    }

    /// - Parameter reason: What there is too much of.
    static func throttled(_ reason: String) -> AWSError {
        AWSError(
            "RequestThrottled", "The request was denied due to request throttling. \(reason)", status: 403)
    }
}

// MARK: - Batches

extension AWSError {
    static func emptyBatch(_ entryName: String) -> AWSError {
        prefixed("EmptyBatchRequest", "There should be at least one \(entryName) in the request.")
    }

    static func tooManyEntries(_ count: Int) -> AWSError {
        prefixed(
            "TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent \(count).")
    }

    static func repeatedID(_ id: String) -> AWSError {
        prefixed("BatchEntryIdsNotDistinct", "Id \(id) repeated.")
    }

    static let invalidEntryID = prefixed(
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            + "It can be at most 80 letters long.")

    static func batchTooLong(_ bytes: Int) -> AWSError {
        prefixed(
            "BatchRequestTooLong",
            "Batch requests cannot be longer than \(SQSLimits.batchBytes) bytes. You have sent \(bytes) bytes."
        )
    }

    private static func prefixed(
        _ shape: String, _ message: String, code: String? = nil, status: Int = 400
    ) -> AWSError {
        AWSError(
            shape, message, status: status, queryCode: "AWS.SimpleQueueService.\(code ?? shape)")
    }
}

/// Bounds of SQS's API (SQS developer guide, "Quotas").
enum SQSLimits {
    static let batchEntries = 10
    static let batchBytes = 1_048_576
    static let messageAttributes = 10
    static let attributeNameBytes = 256
    static let entryIDBytes = 80
    static let queueNameBytes = 80
    static let receiveCount = 10
    static let waitSeconds = 20
    static let delaySeconds = 900
    /// Of message groups, deduplication IDs and receive attempts.
    static let identifierBytes = 128
    static let tags = 50
    static let listResults = 1_000
    /// How long a deleted queue's name stays taken, and the least time between two purges.
    static let restSeconds = 60
}
