import AWSWire
import EventModel

/// The errors of EventBridge with AWS's codes; sentences are AWS's where clients' recordings have them.
extension AWSError {
    static func validation(_ message: String) -> AWSError { AWSError("ValidationException", message) }

    static func parameter(_ name: String, _ reason: String) -> AWSError {
        validation("Parameter \(name) is not valid. Reason: \(reason)")
    }

    /// The form in which AWS tells that a member breaks a rule of the model.
    static func constraint(_ value: String?, at member: String, _ rule: String) -> AWSError {
        let shown = value.map { "'\($0)'" } ?? "null"
        return validation(
            "1 validation error detected: Value \(shown) at '\(member)' failed to satisfy constraint: "
                + "Member must \(rule)")
    }

    static func noBus(_ id: EventBusID) -> AWSError {
        AWSError("ResourceNotFoundException", "Event bus \(id.name) does not exist.")
    }

    static func noRule(_ id: EventRuleID) -> AWSError {
        AWSError("ResourceNotFoundException", "Rule \(id.name) does not exist on EventBus \(id.bus.name).")
    }

    static func badPattern(_ problem: FilterProblem) -> AWSError {
        AWSError(
            "InvalidEventPatternException", "Event pattern is not valid. Reason: \(problem.reason)")
    }

    static let tooMany = AWSError(
        "LimitExceededException", "The requested resource exceeds the maximum number allowed.")

    init(_ problem: TargetProblem) {
        switch problem {
        case .invalid(let message): self = .validation(message)
        case .unsupported(let message): self = .notSupported(message)
        }
    }
}
