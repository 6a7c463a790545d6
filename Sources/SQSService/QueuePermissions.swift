import AWSWire
import ByteCoding
import EventModel
import EventStore

/// A queue's access policy. It is kept, shown and checked for its form; nothing is permitted or denied by it.
enum QueuePolicy {
    /// What a policy may grant to others (SQS API reference, `AddPermission`); the rest is for the owner alone.
    private static let actions: [String] = [
        "*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility",
        "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue",
    ]
    /// Actions in one statement (SQS developer guide, "Quotas related to policies").
    private static let actionsPerStatement = 7
    /// Bytes of a policy (ibidem).
    private static let bytes = 8_192
    /// Statements (ibidem).
    private static let statements = 20
    /// Principals (ibidem).
    private static let principals = 50

    /// - Returns: The text of the attribute `Policy` with one more statement.
    static func adding(
        label: String, accounts: [String], actions names: [String], to text: String?, of queue: ARN
    ) throws(AWSError) -> String {
        try checkLabel(label)
        try check(accounts: accounts, actions: names)
        var policy = text.flatMap { JSONText.object($0) } ?? empty(for: queue)
        var statements = statements(of: policy)
        guard !statements.contains(where: { $0["Sid"]?.stringValue == label }) else {
            throw .parameter(label, "Label", "Already exists.")
        }
        statements.append([
            "Sid": .string(label), "Effect": "Allow",
            "Principal": ["AWS": oneOrMany(accounts.map { "arn:aws:iam::\($0):root" })],
            "Action": oneOrMany(names.map { "SQS:\($0)" }), "Resource": .string(queue.description),
        ])
        policy["Statement"] = .array(statements)
        let text = JSONValue.object(policy).text
        try check(text)
        return text
    }

    /// - Returns: The text without a statement; `nil` when it was the last one.
    static func removing(label: String, from text: String?) throws(AWSError) -> String? {
        try checkLabel(label)
        guard var policy = text.flatMap({ JSONText.object($0) }) else {
            throw .parameter(label, "Label", "can't find label.")
        }
        let statements = statements(of: policy)
        let kept = statements.filter { $0["Sid"]?.stringValue != label }
        guard kept.count < statements.count else { throw .parameter(label, "Label", "can't find label.") }
        guard !kept.isEmpty else { return nil }
        policy["Statement"] = .array(kept)
        return JSONValue.object(policy).text
    }

    /// Checks the form of a text that is given as the attribute `Policy`.
    static func check(_ text: String) throws(AWSError) {
        guard text.utf8.count <= bytes else {
            throw .attributeValue("Policy", reason: "Policy length exceeds \(bytes) bytes.")
        }
        guard let policy = JSONText.object(text) else {
            throw .attributeValue("Policy", reason: "Policy is not a valid JSON map.")
        }
        if let version = policy["Version"]?.stringValue, !["2008-10-17", "2012-10-17"].contains(version) {
            throw .attributeValue("Policy", reason: "Unknown policy version \(version).")
        }
        let all = statements(of: policy)
        guard !all.isEmpty else { throw .attributeValue("Policy", reason: "Policy has no statement.") }
        guard all.count <= statements else {
            throw .attributeValue("Policy", reason: "Policy has more than \(statements) statements.")
        }
        var sids: [String] = []
        for statement in all {
            try check(statement)
            guard let sid = statement["Sid"]?.stringValue else { continue }
            guard !sids.contains(sid) else {
                throw .attributeValue("Policy", reason: "Statement Ids are not unique: \(sid).")
            }
            sids.append(sid)
        }
    }
}

// MARK: - Parts of a policy

extension QueuePolicy {
    private static func empty(for queue: ARN) -> JSONObject {
        JSONObject([
            ("Version", "2008-10-17"), ("Id", .string("\(queue)/SQSDefaultPolicy")),
            ("Statement", .array([])),
        ])
    }

    /// A policy with one statement may have it without a list.
    private static func statements(of policy: JSONObject) -> [JSONValue] {
        guard let value = policy["Statement"] else { return [] }
        return value.arrayValue ?? [value]
    }

    private static func oneOrMany(_ texts: [String]) -> JSONValue {
        texts.count == 1 ? .string(texts[0]) : .array(texts.map { .string($0) })
    }

    private static func check(_ statement: JSONValue) throws(AWSError) {
        guard statement.objectValue != nil else {
            throw .attributeValue("Policy", reason: "A statement is not a JSON map.")
        }
        guard ["Allow", "Deny"].contains(statement["Effect"]?.stringValue) else {
            throw .attributeValue("Policy", reason: "Effect must be Allow or Deny.")
        }
        guard statement["Principal"] != nil || statement["NotPrincipal"] != nil else {
            throw .attributeValue("Policy", reason: "A statement must have a Principal.")
        }
        let named = statement["Principal"]?["AWS"]?.arrayValue ?? []
        guard named.count <= principals else {
            throw .attributeValue("Policy", reason: "Policy has more than \(principals) principals.")
        }
        guard let granted = statement["Action"] ?? statement["NotAction"] else {
            throw .attributeValue("Policy", reason: "A statement must have an Action.")
        }
        let texts = (granted.arrayValue ?? [granted]).map(\.stringValue)
        guard texts.count <= actionsPerStatement else {
            throw .attributeValue(
                "Policy", reason: "A statement has more than \(actionsPerStatement) actions.")
        }
        for text in texts {
            guard let text, text == "*" || text.lowercased().hasPrefix("sqs:") else {
                throw .attributeValue("Policy", reason: "Policy statement action out of service scope.")
            }
        }
    }

    private static func checkLabel(_ label: String) throws(AWSError) {
        guard (1...80).contains(label.utf8.count), label.utf8.allSatisfy(QueueName.isLetter) else {
            throw .parameter(
                label, "Label",
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.")
        }
    }

    private static func check(accounts: [String], actions names: [String]) throws(AWSError) {
        guard !accounts.isEmpty else {
            throw .parameter("[]", "PrincipalId", "Unable to verify.")
        }
        for account in accounts where !AccountText.isAccount(account.utf8) {
            throw .parameter("[\(account)]", "PrincipalId", "Unable to verify.")
        }
        guard names.count <= actionsPerStatement else {
            throw AWSError(
                "OverLimit",
                "\(names.count) Actions were found, maximum allowed is \(actionsPerStatement).", status: 403)
        }
        for name in names where !actions.contains(name) {
            throw .parameter(
                "SQS:\(name)", "ActionName", "Only the queue owner is allowed to invoke this action.")
        }
    }
}

// MARK: - Operations

extension SQSService {
    func addPermission(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let queue = try queue(of: arguments, call)
        guard let label = try arguments.string("Label"), !label.isEmpty else { throw .missing("Label") }
        let accounts = try arguments.strings("AWSAccountIds") ?? []
        guard let actions = try arguments.strings("Actions"), !actions.isEmpty else {
            throw .missing("Actions")
        }
        changePolicy(of: queue, call) { text throws(AWSError) in
            try QueuePolicy.adding(
                label: label, accounts: accounts, actions: actions, to: text, of: queue.arn)
        }
    }

    func removePermission(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let queue = try queue(of: arguments, call)
        guard let label = try arguments.string("Label"), !label.isEmpty else { throw .missing("Label") }
        changePolicy(of: queue, call) { text throws(AWSError) in
            try QueuePolicy.removing(label: label, from: text)
        }
    }

    private func changePolicy(
        of queue: QueueDefinition, _ call: ServiceCall,
        _ change: @escaping @Sendable (String?) throws(AWSError) -> String?
    ) {
        let key = queue.key
        submit(call) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard let queue = writer.catalog.queue(key) else { return .failure(.queueDoesNotExist) }
            var attributes = queue.attributes
            do throws(AWSError) {
                attributes.bookkeeping["Policy"] = try change(attributes.bookkeeping["Policy"])
            } catch {
                return .failure(error)
            }
            _ = try writer.updateQueue(key, attributes: attributes, tags: queue.tags)
            return .success(())
        } then: { result in
            switch result {
            case .success: call.succeed()
            case .failure(let error): call.fail(error)
            }
        }
    }
}
