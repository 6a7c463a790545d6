package import ByteCoding

/// Where a rule's events go, in which form, and what happens to those that cannot be delivered.
package struct RuleTarget: Equatable, Sendable {
    package enum Input: Equatable, Sendable {
        /// The event as it is.
        case event
        /// This JSON instead of the event.
        case constant(String)
        /// A part of the event.
        case part(EventPath)
        case template(InputTemplate, paths: [String: EventPath])
    }

    package let id: String
    package let arn: ARN
    package let input: Input
    /// A stream's partition key; without it the event's ID is the key.
    package let partitionKeyPath: EventPath?
    /// Of a FIFO queue.
    package let messageGroupID: String?
    package let deadLetterTarget: ARN?
    /// 0...185.
    package let retryAttempts: Int
    /// 60...86,400 s.
    package let eventAgeSeconds: Int
    /// As given, in the form of the wire.
    package let wire: JSONObject
}

/// Why a target is refused.
package enum TargetProblem: Error, Equatable, Sendable {
    case invalid(String)
    /// A full sentence that names what Millrace does not have.
    case unsupported(String)
}

// MARK: - Reading

extension RuleTarget {
    private static let known: Set<String> = [
        "Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "KinesisParameters",
        "SqsParameters", "DeadLetterConfig", "RetryPolicy",
    ]

    /// Reads a target in the form of the wire; members that are `null` count as absent.
    package init(parsing object: JSONObject) throws(TargetProblem) {
        wire = JSONObject(object.members.filter { !$0.value.isNull }.map { ($0.key, $0.value) })
        guard let id = wire["Id"]?.stringValue, (1...64).contains(id.utf8.count), Self.isName(id) else {
            throw .invalid("Id of a target has to match [\\.\\-_A-Za-z0-9]+ and have 1 to 64 characters.")
        }
        self.id = id
        for name in wire.keys where !Self.known.contains(name) {
            throw .unsupported("Millrace does not support \(name) of targets of rules yet.")
        }
        guard let text = wire["Arn"]?.stringValue, let arn = ARN(text) else {
            let given = wire["Arn"]?.stringValue ?? ""
            throw .invalid("Parameter \(given) is not valid. Reason: Provided Arn is not in correct format.")
        }
        self.arn = arn
        try Self.checkKind(of: arn)
        input = try Self.input(wire, target: id)
        partitionKeyPath = try Self.partitionKeyPath(wire, arn)
        messageGroupID = try Self.messageGroup(wire, arn, target: id)
        deadLetterTarget = try Self.deadLetterTarget(wire, target: id)
        let retry = try Self.object(wire, "RetryPolicy")
        retryAttempts = try Self.number(
            retry, "MaximumRetryAttempts", 0...EventLimits.retryAttempts, or: EventLimits.retryAttempts)
        eventAgeSeconds = try Self.number(
            retry, "MaximumEventAgeInSeconds", 60...EventLimits.eventAgeSeconds,
            or: EventLimits.eventAgeSeconds)
        if arn.service == "kinesis", wire["RoleArn"]?.stringValue == nil {
            throw .invalid("RoleArn is required for target \(arn).")
        }
    }

    private static func checkKind(of arn: ARN) throws(TargetProblem) {
        let isKnown =
            switch arn.service {
            case "sqs", "sns": !arn.resource.contains("/")
            case "kinesis": arn.resource.hasPrefix("stream/")
            case "lambda": arn.resource.hasPrefix("function:")
            case "events": EventBusID(arn) != nil
            default: false
            }
        guard isKnown else {
            throw .unsupported(
                "Millrace does not support \(arn) as target of a rule; queues, topics, streams, functions and "
                    + "event buses are.")
        }
        if arn.service == "sns", arn.resource.hasSuffix(".fifo") {
            throw .unsupported("Millrace does not support FIFO topics yet.")
        }
    }

    private static func input(_ wire: JSONObject, target: String) throws(TargetProblem) -> Input {
        let given = ["Input", "InputPath", "InputTransformer"].filter { wire[$0] != nil }
        guard given.count <= 1 else {
            throw .invalid(
                "Only one of Input, InputPath, or InputTransformer must be provided for target \(target).")
        }
        switch given.first {
        case "Input": return .constant(try constant(wire, target: target))
        case "InputPath":
            guard let path = wire["InputPath"]?.stringValue.flatMap({ EventPath($0) }) else {
                throw .invalid("InputPath for target \(target) is invalid.")
            }
            return .part(path)
        case .some: return try transformer(wire, target: target)
        case nil: return .event
        }
    }

    private static func constant(_ wire: JSONObject, target: String) throws(TargetProblem) -> String {
        let text = wire["Input"]?.stringValue ?? ""
        guard text.count <= EventLimits.inputCharacters else {
            throw .invalid(
                "Input for target \(target) has more than \(EventLimits.inputCharacters) characters.")
        }
        do throws(JSONError) {
            _ = try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw .invalid("JSON syntax error in input for target \(target)")
        }
        return text
    }

    private static func transformer(_ wire: JSONObject, target: String) throws(TargetProblem) -> Input {
        let members = try object(wire, "InputTransformer")
        for name in members.keys where name != "InputTemplate" && name != "InputPathsMap" {
            throw .unsupported("Millrace does not support \(name) of InputTransformer yet.")
        }
        var paths: [String: EventPath] = [:]
        for (name, value) in try object(members, "InputPathsMap") {
            guard let path = value.stringValue.flatMap({ EventPath($0) }) else {
                throw .invalid("InputPath \(name) for target \(target) is invalid.")
            }
            guard !name.uppercased().hasPrefix("AWS") else {
                throw .invalid("InputPathsMap for target \(target): keys cannot start with AWS.")
            }
            paths[name] = path
        }
        guard let text = members["InputTemplate"]?.stringValue, !text.isEmpty,
            text.count <= EventLimits.inputCharacters, paths.count <= EventLimits.inputPaths
        else { throw .invalid("Invalid InputTemplate for target \(target) : it is missing or too long.") }
        do throws(FilterProblem) {
            return .template(try InputTemplate(text, names: paths.keys), paths: paths)
        } catch {
            throw .invalid("Invalid InputTemplate for target \(target) : \(error.reason).")
        }
    }

    private static func partitionKeyPath(
        _ wire: JSONObject, _ arn: ARN
    ) throws(TargetProblem) -> EventPath? {
        guard wire["KinesisParameters"] != nil else { return nil }
        guard arn.service == "kinesis" else {
            throw .invalid("Parameter(s) KinesisParameters not valid for target \(arn).")
        }
        let members = try object(wire, "KinesisParameters")
        guard let path = members["PartitionKeyPath"]?.stringValue.flatMap({ EventPath($0) }) else {
            throw .invalid("PartitionKeyPath of target \(arn) is not a valid path.")
        }
        return path
    }

    private static func messageGroup(
        _ wire: JSONObject, _ arn: ARN, target: String
    ) throws(TargetProblem) -> String? {
        let isFIFO = arn.service == "sqs" && arn.resource.hasSuffix(".fifo")
        guard wire["SqsParameters"] != nil else {
            guard !isFIFO else {
                throw .invalid("Parameter(s) SqsParameters must be specified for target: \(target).")
            }
            return nil
        }
        guard isFIFO else {
            throw .invalid("Parameter(s) SqsParameters not valid for target \(arn).")
        }
        let group = try object(wire, "SqsParameters")["MessageGroupId"]?.stringValue ?? ""
        guard (1...128).contains(group.utf8.count) else {
            throw .invalid("MessageGroupId of target \(target) has to have 1 to 128 characters.")
        }
        return group
    }

    private static func deadLetterTarget(_ wire: JSONObject, target: String) throws(TargetProblem) -> ARN? {
        guard let text = try object(wire, "DeadLetterConfig")["Arn"]?.stringValue else { return nil }
        guard let arn = ARN(text), arn.service == "sqs", !arn.resource.hasSuffix(".fifo") else {
            throw .invalid("DeadLetterConfig of target \(target) has to name a standard SQS queue.")
        }
        return arn
    }

    private static func object(_ wire: JSONObject, _ name: String) throws(TargetProblem) -> JSONObject {
        guard let value = wire[name], !value.isNull else { return JSONObject() }
        guard let object = value.objectValue else { throw .invalid("\(name) of a target is not an object.") }
        return object
    }

    private static func number(
        _ wire: JSONObject, _ name: String, _ range: ClosedRange<Int>, or fallback: Int
    ) throws(TargetProblem) -> Int {
        guard let value = wire[name], !value.isNull else { return fallback }
        guard let number = value.intValue, range.contains(number) else {
            throw .invalid("\(name) has to be from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// Letters, digits, `.`, `-` and `_`.
    package static func isName(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            byte &- UInt8(ascii: "0") <= 9 || (byte | 0x20) &- UInt8(ascii: "a") <= 25
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }
}
