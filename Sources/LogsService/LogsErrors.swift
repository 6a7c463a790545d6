import AWSWire
import EventStore

/// The errors of CloudWatch Logs with AWS's words.
extension AWSError {
    static let groupNotFound = AWSError(
        "ResourceNotFoundException", "The specified log group does not exist.")
    static let streamNotFound = AWSError(
        "ResourceNotFoundException", "The specified log stream does not exist.")

    static func invalid(_ message: String) -> AWSError { AWSError("InvalidParameterException", message) }

    static let invalidToken = invalid("The specified nextToken is invalid.")
}

extension StoreError {
    /// What a caller is told when the store could not do its part.
    var wireError: AWSError {
        switch self {
        case .notFound: AWSError("ResourceNotFoundException", description)
        case .conflict: AWSError("ResourceAlreadyExistsException", description)
        case .limit: AWSError("TooManyTagsException", description)
        case .full, .readOnly, .io, .closed, .corrupt, .newerFile, .locked, .sqlite:
            AWSError("ServiceUnavailableException", description, status: 500)
        }
    }
}

/// Bounds of CloudWatch Logs (its API reference and "CloudWatch Logs quotas").
enum LogsLimits {
    /// `PutLogEvents`.
    static let putEvents = 10_000
    static let putBytes = 1_048_576
    static let putSpan = Duration.seconds(86_400)
    static let past = Duration.seconds(14 * 86_400)
    static let future = Duration.seconds(2 * 3_600)
    /// `GetLogEvents` and `FilterLogEvents`.
    static let readEvents = 10_000
    static let readBytes = 1_048_576
    /// Events that one `FilterLogEvents` looks at before it answers with what it found (our own).
    static let scannedEvents = 20_000
    static let scannedBytes = 16 * 1_048_576
    static let filteredStreams = 100
    static let listed = 50
    static let nameCharacters = 512
    static let patternCharacters = 1_024
    static let tags = 50
    static let tagKeyCharacters = 128
    static let tagValueCharacters = 256
    /// `PutRetentionPolicy`.
    static let retentionDays: [Int] = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922,
        3_288,
        3_653,
    ]
}
