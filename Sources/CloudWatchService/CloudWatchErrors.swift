import AWSWire
import EventStore

/// The errors of CloudWatch, with AWS's words as far as users quote them.
extension AWSError {
    static func missing(_ name: String) -> AWSError {
        AWSError(
            "MissingRequiredParameterException", "The parameter \(name) is required.",
            queryCode: "MissingParameter")
    }

    static func invalid(_ message: String) -> AWSError {
        AWSError("InvalidParameterValueException", message, queryCode: "InvalidParameterValue")
    }

    static func invalid(_ value: String, _ name: String) -> AWSError {
        invalid("The value \(value) for parameter \(name) is invalid.")
    }

    static func combination(_ message: String) -> AWSError {
        AWSError("InvalidParameterCombinationException", message, queryCode: "InvalidParameterCombination")
    }

    static func exclusive(_ first: String, _ second: String) -> AWSError {
        combination(
            "The parameters \(first) and \(second) are mutually exclusive and you have specified both.")
    }

    static func tooMany(_ name: String, _ limit: Int) -> AWSError {
        invalid("The collection \(name) must not have a size greater than \(limit).")
    }

    /// What `GetMetricData` says where other operations have codes of their own.
    static func validation(_ message: String) -> AWSError { AWSError("ValidationError", message) }

    static let invalidNextToken = AWSError("InvalidNextToken", "The next token specified is invalid.")
}

extension StoreError {
    /// What a caller is told when the store could not do its part.
    var wireError: AWSError {
        switch self {
        case .full, .readOnly, .io, .closed:
            AWSError(
                "InternalServiceFault", description, status: 500, queryCode: "InternalServiceError")
        case .limit: AWSError("LimitExceededFault", description, queryCode: "LimitExceeded")
        case .corrupt, .newerFile, .locked, .sqlite, .conflict, .notFound:
            AWSError(
                "InternalServiceFault", description, status: 500, queryCode: "InternalServiceError")
        }
    }
}

/// Bounds of CloudWatch's API (CloudWatch API reference and "CloudWatch quotas").
enum CloudWatchLimits {
    /// `PutMetricData`.
    static let metricData = 1_000
    static let values = 150
    static let dimensions = 30
    static let nameCharacters = 255
    static let dimensionValueCharacters = 1_024
    /// Largest magnitude of a value: 2^360.
    static let value = Double(sign: .plus, exponent: 360, significand: 1)
    static let past = Duration.seconds(14 * 86_400)
    static let future = Duration.seconds(2 * 3_600)
    /// `GetMetricStatistics`.
    static let datapoints = 1_440
    static let extendedStatistics = 10
    /// `GetMetricData`.
    static let queries = 500
    static let dataPoints = 100_800
    /// `ListMetrics`.
    static let listed = 500
    static let dimensionFilters = 10
    /// Metrics that had a point no longer ago are listed.
    static let listedWithin = Duration.seconds(14 * 86_400)
    static let recentlyActive = Duration.seconds(3 * 3_600)
}
