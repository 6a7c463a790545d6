/// What can be a destination of a mapping's reports.
package enum DestinationKind: String, Equatable, Sendable {
    case queue = "sqs"
    case topic = "sns"
    case bucket = "s3"

    /// As messages name it.
    package var noun: String {
        switch self {
        case .queue: "queue"
        case .topic: "topic"
        case .bucket: "bucket"
        }
    }
}

extension MappingRequest {
    /// The destinations of a mapping: standard queues, standard topics and buckets that are there.
    ///
    /// AWS looks at those of streams when they are given, through the function's permissions; its texts are not recorded.
    func checkDestination(
        _ facts: MappingFacts, of source: MappingSource
    ) throws(ConfigurationError) {
        if let onFailureDestination {
            try Self.check(onFailureDestination, isThere: facts.destinationExists)
        }
        if let successReportDestination {
            try Self.check(successReportDestination, isThere: facts.successDestinationExists)
        }
        if let failureReportDestination {
            try checkFailureReport(failureReportDestination, facts, source)
        }
    }

    /// Only queues have our own destination of failures, and only a queue with a redrive policy ever gives a message up.
    private func checkFailureReport(
        _ destination: String, _ facts: MappingFacts, _ source: MappingSource
    ) throws(ConfigurationError) {
        guard source.isQueue else {
            throw .invalid(
                "The on-failure destination of a stream's mapping is DestinationConfig.OnFailure.Destination."
            )
        }
        guard !destination.isEmpty else { return }
        guard facts.hasRedrivePolicy else {
            throw .invalid(
                "An on-failure destination needs a redrive policy of the queue: without one no message is ever "
                    + "given up.")
        }
        try Self.check(destination, isThere: facts.failureReportDestinationExists)
    }

    private static func check(_ text: String, isThere: Bool) throws(ConfigurationError) {
        guard !text.isEmpty else { return }
        guard let arn = ARN(text), let kind = DestinationKind(rawValue: arn.service) else {
            throw .invalid("The destination ARN \(text) is invalid.")
        }
        guard !arn.resource.hasSuffix(".fifo") || kind == .bucket else {
            throw .invalid("The destination ARN \(text) is invalid: it is a FIFO \(kind.noun).")
        }
        guard kind != .bucket || !arn.resource.contains("/") else {
            throw .invalid("The destination ARN \(text) is invalid: it has to name a bucket as a whole.")
        }
        guard isThere else {
            throw .invalid("The destination ARN \(text) is invalid: the \(kind.noun) does not exist.")
        }
    }
}
