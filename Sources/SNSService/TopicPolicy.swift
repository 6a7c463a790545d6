import AWSWire
import ByteCoding
import EventModel

/// A topic's access policy. It is kept and shown and means nothing: nothing is permitted or denied here.
enum TopicPolicy {
    private static let actions: [String] = [
        "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
        "Subscribe", "ListSubscriptionsByTopic", "Publish",
    ]

    /// The policy of a topic that was given none.
    static func standard(of topic: TopicDefinition) -> String {
        let names: String = actions.map { "\"SNS:\($0)\"" }.joined(separator: ",")
        return "{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[{"
            + "\"Sid\":\"__default_statement_ID\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},"
            + "\"Action\":[\(names)],\"Resource\":\"\(topic.arn)\",\"Condition\":{\"StringEquals\":{"
            + "\"AWS:SourceOwner\":\"\(topic.location.account)\"}}}]}"
    }

    static func add(
        label: String, accounts: [String], actions names: [String], to topic: inout TopicDefinition
    ) throws(AWSError) {
        for name in names where !actions.contains(name) && name != "Receive" {
            throw .invalid("Policy statement action out of service scope!")
        }
        var policy = try object(of: topic)
        var statements = policy["Statement"]?.arrayValue ?? []
        guard !statements.contains(where: { $0["Sid"]?.stringValue == label }) else {
            throw .invalid("Statement already exists")
        }
        let principals: [JSONValue] = accounts.map {
            .string($0.allSatisfy(\.isNumber) ? "arn:aws:iam::\($0):root" : $0)
        }
        let grants: [JSONValue] = names.map { .string("SNS:\($0)") }
        statements.append([
            "Sid": .string(label), "Effect": "Allow",
            "Principal": ["AWS": principals.count == 1 ? principals[0] : .array(principals)],
            "Action": grants.count == 1 ? grants[0] : .array(grants),
            "Resource": .string(topic.arn.description),
        ])
        policy["Statement"] = .array(statements)
        topic.settings.bookkeeping["Policy"] = JSONValue.object(policy).text
    }

    static func remove(label: String, from topic: inout TopicDefinition) throws(AWSError) {
        var policy = try object(of: topic)
        let statements = policy["Statement"]?.arrayValue ?? []
        let kept = statements.filter { $0["Sid"]?.stringValue != label }
        guard kept.count < statements.count else {
            throw AWSError("NotFound", "The policy has no statement with the label \(label)", status: 404)
        }
        policy["Statement"] = .array(kept)
        topic.settings.bookkeeping["Policy"] = JSONValue.object(policy).text
    }

    private static func object(of topic: TopicDefinition) throws(AWSError) -> JSONObject {
        let text = topic.settings.bookkeeping["Policy"] ?? standard(of: topic)
        guard let object = JSONText.object(text) else { throw .invalid("Policy") }
        return object
    }
}

extension SNSService {
    func addPermission(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let key = try topic(arguments, call).key
        let label = try arguments.required("Label")
        let accounts = arguments.list("AWSAccountId")
        let actions = arguments.list("ActionName")
        guard !accounts.isEmpty else { throw .missing("AWSAccountId") }
        guard !actions.isEmpty else { throw .missing("ActionName") }
        change(key, call) { topic throws(AWSError) in
            try TopicPolicy.add(label: label, accounts: accounts, actions: actions, to: &topic)
        }
    }

    func removePermission(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let key = try topic(arguments, call).key
        let label = try arguments.required("Label")
        change(key, call) { topic throws(AWSError) in try TopicPolicy.remove(label: label, from: &topic) }
    }
}
