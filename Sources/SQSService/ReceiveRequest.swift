import AWSWire
import ByteCoding
import EventModel

/// Which attributes a receive wants to see, by name.
struct NameSelection: Sendable, Equatable {
    private(set) var isAll = false
    private var names: [String] = []
    private var prefixes: [String] = []

    /// `All`, `*` and `.*` mean all; `foo.*` means what starts with `foo`. Names that nothing has are no error.
    mutating func add(_ name: String) {
        switch name {
        case "All", "*", ".*": isAll = true
        case _ where name.hasSuffix(".*"): prefixes.append(String(name.dropLast(2)))
        default: names.append(name)
        }
    }

    var isEmpty: Bool { !isAll && names.isEmpty && prefixes.isEmpty }

    func contains(_ name: String) -> Bool {
        isAll || names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}

/// A `ReceiveMessage` request.
struct ReceiveRequest: Sendable {
    var queueURL = ""
    var maximum = 1
    var visibilitySeconds: Int?
    var waitSeconds: Int?
    var systemAttributes = NameSelection()
    var messageAttributes = NameSelection()
    /// `ReceiveRequestAttemptId`.
    var attempt: String?

    init(parsing body: [UInt8]) throws(AWSError) {
        do throws(WireProblem) {
            var json = JSONReader(body)
            try json.object { name, json throws(WireProblem) in try readMember(name, &json) }
        } catch {
            throw error.wireError
        }
        try check()
    }

    private mutating func readMember(_ name: String, _ json: inout JSONReader) throws(WireProblem) {
        switch name {
        case "QueueUrl": queueURL = try json.text()
        case "MaxNumberOfMessages": maximum = try json.wholeNumber()
        case "VisibilityTimeout": visibilitySeconds = try json.wholeNumber()
        case "WaitTimeSeconds": waitSeconds = try json.wholeNumber()
        case "AttributeNames", "MessageSystemAttributeNames":
            try json.array { json throws(WireProblem) in systemAttributes.add(try json.text()) }
        case "MessageAttributeNames":
            try json.array { json throws(WireProblem) in messageAttributes.add(try json.text()) }
        case "ReceiveRequestAttemptId":
            attempt = try json.text()
        default: try json.skip()
        }
    }

    private func check() throws(AWSError) {
        guard (1...SQSLimits.receiveCount).contains(maximum) else {
            throw .parameter("\(maximum)", "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
        }
        if let waitSeconds, !(0...SQSLimits.waitSeconds).contains(waitSeconds) {
            throw .parameter("\(waitSeconds)", "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
        }
        if let visibilitySeconds { try VisibilityRules.check(visibilitySeconds) }
    }

    /// Checks what depends on the queue.
    func check(for queue: QueueDefinition) throws(AWSError) {
        guard let attempt else { return }
        guard queue.isFIFO else { throw .foreignParameter(attempt, "ReceiveRequestAttemptId") }
        guard !attempt.isEmpty, Identifier.isAllowed(attempt.utf8) else {
            throw .identifier(attempt, "ReceiveRequestAttemptId")
        }
    }
}

enum VisibilityRules {
    static func check(_ seconds: Int) throws(AWSError) {
        guard (0...Limits.visibilityTimeoutSeconds).contains(seconds) else {
            throw .parameter(
                "\(seconds)", "VisibilityTimeout",
                "Must be >= 0 and <= \(Limits.visibilityTimeoutSeconds), if provided.")
        }
    }
}
