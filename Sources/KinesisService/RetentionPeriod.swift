import AWSWire
import EventModel
import EventStore

extension KinesisService {
    /// What was trimmed before does not come back.
    func increaseStreamRetentionPeriod(_ call: ServiceCall) throws(AWSError) {
        try changeRetention(call) { hours, stream throws(AWSError) in
            guard hours >= stream.retentionHours else {
                throw .retention(hours, stream, "shorter", use: "DecreaseRetentionPeriod")
            }
        }
    }

    /// Records older than that cannot be read from now on, and are removed in the background.
    func decreaseStreamRetentionPeriod(_ call: ServiceCall) throws(AWSError) {
        try changeRetention(call) { hours, stream throws(AWSError) in
            guard hours <= stream.retentionHours else {
                throw .retention(hours, stream, "longer", use: "IncreaseRetentionPeriod")
            }
        }
    }

    private func changeRetention(
        _ call: ServiceCall,
        _ check: @escaping @Sendable (Int, StreamDefinition) throws(AWSError) -> Void
    ) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let given = try arguments.int("RetentionPeriodHours")
        var constraints = Constraints()
        constraints.required(given != nil, "retentionPeriodHours")
        try constraints.check()
        let hours = given ?? 0
        change(try stream(of: arguments, call), call) { stream throws(AWSError) in
            guard hours >= KinesisLimits.retentionHours else {
                throw .invalidArgument(
                    "Minimum allowed retention period is \(KinesisLimits.retentionHours) hours. "
                        + "Requested retention period (\(hours) hours) is too short.")
            }
            guard hours <= KinesisLimits.retentionHoursMax else {
                throw .invalidArgument(
                    "Maximum allowed retention period is \(KinesisLimits.retentionHoursMax) hours. "
                        + "Requested retention period (\(hours) hours) is too long.")
            }
            try check(hours, stream)
            return .retention(hours: hours)
        } then: { _ in
            call.succeed()
        }
    }
}

extension AWSError {
    fileprivate static func retention(
        _ hours: Int, _ stream: StreamDefinition, _ relation: String, use operation: String
    ) -> AWSError {
        .invalidArgument(
            "Requested retention period (\(hours) hours) for stream \(stream.name) can not be \(relation) than "
                + "existing retention period (\(stream.retentionHours) hours). Use \(operation) API.")
    }
}
