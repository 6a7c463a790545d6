/// The rules that the Lambda API model puts on single members (`ValidationException`), as the model of the SDKs
/// states them.
extension MappingRequest {
    /// Refuses a request with the list of its broken constraints, in the order of the API model.
    func checkConstraints(isCreate: Bool) throws(ConfigurationError) {
        var checker = ConstraintChecker()
        if isCreate {
            checker.check(eventSourceARN, "eventSourceArn", matches: Self.arnPattern)
            if functionName == nil { checker.violated(nil, "functionName", "Member must not be null") }
        }
        checkFunctionName(&checker)
        checker.check(batchSize, "batchSize", in: 1...10_000)
        for (index, pattern) in (filterPatterns ?? []).enumerated() {
            checker.check(
                pattern, "filterCriteria.filters.\(index + 1).member.pattern", lengthIn: 0...4_096)
        }
        checker.check(maximumBatchingWindowInSeconds, "maximumBatchingWindowInSeconds", in: 0...300)
        checker.check(parallelizationFactor, "parallelizationFactor", in: 1...10)
        if isCreate {
            checker.check(
                startingPosition, "startingPosition", oneOf: ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"])
        }
        checkDestination(onSuccessDestination, "destinationConfig.onSuccess.destination", &checker)
        checkDestination(onFailureDestination, "destinationConfig.onFailure.destination", &checker)
        checker.check(maximumRecordAgeInSeconds, "maximumRecordAgeInSeconds", in: -1...604_800)
        checker.check(maximumRetryAttempts, "maximumRetryAttempts", in: -1...10_000)
        checker.check(tumblingWindowInSeconds, "tumblingWindowInSeconds", in: 0...900)
        checker.check(
            functionResponseTypes, "functionResponseTypes", atMost: 1, oneOf: ["ReportBatchItemFailures"])
        checker.check(scaling?.maximumConcurrency, "scalingConfig.maximumConcurrency", in: 2...1_000)
        checker.check(
            metrics, "metricsConfig.metrics", atMost: 3, oneOf: ["EventCount", "ErrorCount", "KafkaMetrics"])
        checker.check(
            systemLogLevel, "loggingConfig.systemLogLevel", oneOf: ["DEBUG", "INFO", "WARN"])
        checker.check(provisionedPollers?.minimum, "provisionedPollerConfig.minimumPollers", in: 1...200)
        checker.check(provisionedPollers?.maximum, "provisionedPollerConfig.maximumPollers", in: 1...2_000)
        checker.check(
            provisionedPollers?.groupName, "provisionedPollerConfig.pollerGroupName", lengthIn: 0...128)
        try checker.finish()
    }

    private func checkFunctionName(_ checker: inout ConstraintChecker) {
        checker.check(functionName, "functionName", lengthIn: 1...256)
        checker.check(functionName, "functionName", matches: Self.functionNamePattern)
    }

    private func checkDestination(_ value: String?, _ member: String, _ checker: inout ConstraintChecker) {
        checker.check(value, member, lengthIn: 0...350)
        checker.check(value, member, matches: Self.destinationPattern)
    }

    private static let arnPattern =
        #"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)"#
    private static let functionNamePattern =
        #"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"#
        + #"(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"#
    private static let destinationPattern =
        #"$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|"#
        + #"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?"#
        + #":(\d{12})?:(.*)"#
}

/// Collects broken constraints and states them in the form that AWS's services share.
struct ConstraintChecker {
    private var violations: [String] = []

    mutating func check(_ value: Int?, _ member: String, in range: ClosedRange<Int>) {
        guard let value else { return }
        if value < range.lowerBound {
            violated(
                "\(value)", member, "Member must have value greater than or equal to \(range.lowerBound)")
        } else if value > range.upperBound {
            violated("\(value)", member, "Member must have value less than or equal to \(range.upperBound)")
        }
    }

    mutating func check(_ value: String?, _ member: String, lengthIn range: ClosedRange<Int>) {
        guard let value else { return }
        let length = value.unicodeScalars.count
        if length < range.lowerBound {
            violated(value, member, "Member must have length greater than or equal to \(range.lowerBound)")
        } else if length > range.upperBound {
            violated(value, member, "Member must have length less than or equal to \(range.upperBound)")
        }
    }

    mutating func check(_ value: String?, _ member: String, oneOf allowed: [String]) {
        guard let value, !allowed.contains(value) else { return }
        let set = allowed.joined(separator: ", ")
        violated(value, member, "Member must satisfy enum value set: [\(set)]")
    }

    mutating func check(_ values: [String]?, _ member: String, atMost limit: Int, oneOf allowed: [String]) {
        guard let values else { return }
        let shown = "[\(values.joined(separator: ", "))]"
        if values.count > limit {
            violated(shown, member, "Member must have length less than or equal to \(limit)")
        }
        if values.contains(where: { !allowed.contains($0) }) {
            let set = allowed.joined(separator: ", ")
            violated(
                shown, member,
                "Member must satisfy constraint: [Member must satisfy enum value set: [\(set)]]")
        }
    }

    mutating func check(_ value: String?, _ member: String, matches pattern: String) {
        guard let value else { return }
        // The patterns are constants of this file; one that does not compile is a bug, and must not let values pass.
        guard let expression = try? Regex(pattern) else { preconditionFailure("\(pattern) is no pattern") }
        guard value.wholeMatch(of: expression) == nil else { return }
        violated(value, member, "Member must satisfy regular expression pattern: \(pattern)")
    }

    mutating func violated(_ value: String?, _ member: String, _ rule: String) {
        let shown = value.map { "Value '\($0)'" } ?? "Value null"
        violations.append("\(shown) at '\(member)' failed to satisfy constraint: \(rule)")
    }

    func finish() throws(ConfigurationError) {
        guard !violations.isEmpty else { return }
        let noun = violations.count == 1 ? "error" : "errors"
        let list = violations.joined(separator: "; ")
        throw ConfigurationError(
            .constraint, "\(violations.count) validation \(noun) detected: \(list)")
    }
}
