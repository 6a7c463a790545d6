import AWSWire
import ByteCoding
import EventModel
import EventStore

/// Attributes of topics as the wire has them.
enum TopicAttributes {
    /// Sets one attribute.
    ///
    /// - Parameter isCreation: `CreateTopic` words its errors in its own way and knows `FifoTopic`.
    static func set(
        _ name: String, _ value: String, of settings: inout TopicSettings, isCreation: Bool
    ) throws(AWSError) {
        let start = isCreation ? "Attributes Reason: " : ""
        switch name {
        case "DisplayName":
            guard value.unicodeScalars.count <= SNSLimits.displayNameCharacters else {
                throw .invalid("\(start)DisplayName")
            }
            settings.displayName = value
        case "Policy":
            guard value.isEmpty || JSONText.object(value) != nil, value.utf8.count <= SNSLimits.policyBytes
            else { throw .invalid("\(start)Policy Error: the policy is not a JSON map of at most 30 KB") }
            settings.bookkeeping["Policy"] = value.isEmpty ? nil : value
        case "KmsMasterKeyId": settings.bookkeeping[name] = value.isEmpty ? nil : value
        case "SignatureVersion":
            guard let version = SignatureVersion(rawValue: value) else {
                throw .invalid("\(start)SignatureVersion Reason: must be 1 or 2")
            }
            settings.signatureVersion = version
        case "TracingConfig":
            guard value != "Active" else {
                throw .notSupported("Millrace does not support TracingConfig Active of SNS topics yet.")
            }
            guard value == "PassThrough" else {
                throw .invalid("\(start)TracingConfig Reason: must be PassThrough or Active")
            }
        case "DeliveryPolicy": settings.delivery = try delivery(value, start)
        case "FifoTopic" where isCreation && value == "false": return
        default: throw refusal(of: name, isCreation: isCreation)
        }
    }

    private static func delivery(_ text: String, _ start: String) throws(AWSError) -> WebDeliveryPolicy? {
        guard !text.isEmpty else { return nil }
        do throws(DeliveryPolicyProblem) {
            return try WebDeliveryPolicy(ofTopic: text)
        } catch {
            throw error.wireError(start)
        }
    }

    private static func refusal(of name: String, isCreation: Bool) -> AWSError {
        let later: [String] = [
            "FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy",
        ]
        if later.contains(name) || name.contains("Feedback") {
            return .notSupported("Millrace does not support the attribute \(name) of SNS topics yet.")
        }
        return .invalid(isCreation ? "Attributes Reason: Unknown attribute \(name)" : "AttributeName")
    }
}

extension DeliveryPolicyProblem {
    func wireError(_ start: String) -> AWSError {
        switch self {
        case .invalid(let words): .invalid(start + words)
        case .notSupported(let member):
            .notSupported("Millrace does not support \(member) in delivery policies of SNS yet.")
        }
    }
}

/// JSON inside of a text.
enum JSONText {
    /// The object that the text holds; `nil` for anything else.
    static func object(_ text: String) -> JSONObject? {
        do throws(JSONError) {
            return try JSONValue(parsing: Array(text.utf8)).objectValue
        } catch {
            return nil
        }
    }
}

// MARK: - Operations

extension SNSService {
    func getTopicAttributes(_ call: ServiceCall) throws(AWSError) {
        let topic = try topic(SNSArguments(call.parameters), call)
        let subscriptions = store.catalog.snapshot.subscriptions(of: topic.key)
        let pending = subscriptions.count { !$0.isConfirmed }
        let settings = topic.settings
        var attributes: [(String, String)] = [
            ("TopicArn", topic.arn.description), ("Owner", topic.location.account),
            ("DisplayName", settings.displayName),
            ("Policy", settings.bookkeeping["Policy"] ?? TopicPolicy.standard(of: topic)),
            ("SubscriptionsPending", String(pending)),
            ("SubscriptionsConfirmed", String(subscriptions.count - pending)),
            ("SubscriptionsDeleted", String(topic.deletedSubscriptions)),
            ("EffectiveDeliveryPolicy", (settings.delivery ?? .standard).topicText),
        ]
        if let delivery = settings.delivery { attributes.append(("DeliveryPolicy", delivery.text)) }
        if let key = settings.bookkeeping["KmsMasterKeyId"] { attributes.append(("KmsMasterKeyId", key)) }
        if settings.signatureVersion != .one {
            attributes.append(("SignatureVersion", settings.signatureVersion.rawValue))
        }
        call.succeed { $0.attributes(attributes) }
    }

    func setTopicAttributes(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let key = try topic(arguments, call).key
        let name = try arguments.required("AttributeName")
        let value = arguments["AttributeValue"] ?? ""
        change(key, call) { topic throws(AWSError) in
            try TopicAttributes.set(name, value, of: &topic.settings, isCreation: false)
        }
    }
}

extension XMLWriter {
    /// `<Attributes><entry><key>…</key><value>…</value></entry>…</Attributes>`
    mutating func attributes(_ pairs: [(String, String)]) {
        element("Attributes") { xml in
            for (key, value) in pairs {
                xml.element("entry") { xml in
                    xml.element("key", key)
                    xml.element("value", value)
                }
            }
        }
    }
}

extension WebDeliveryPolicy {
    /// The whole policy as topics show it.
    var topicText: String {
        let flag = overridesSubscriptions ? "true" : "false"
        let members: String = [
            "\"defaultHealthyRetryPolicy\":\(retry.json)", "\"disableSubscriptionOverrides\":\(flag)",
            "\"defaultRequestPolicy\":{\"headerContentType\":\(JSONValue.string(contentType).text)}",
        ].joined(separator: ",")
        return "{\"http\":{\(members)}}"
    }

    /// The whole policy as subscriptions show it.
    var subscriptionText: String {
        let content = JSONValue.string(contentType).text
        return "{\"healthyRetryPolicy\":\(retry.json),\"requestPolicy\":{\"headerContentType\":\(content)}}"
    }
}

extension WebRetryPolicy {
    fileprivate var json: String {
        let numbers: [(String, Int)] = [
            ("minDelayTarget", minDelaySeconds), ("maxDelayTarget", maxDelaySeconds), ("numRetries", retries),
            ("numMaxDelayRetries", maxDelayRetries), ("numNoDelayRetries", noDelayRetries),
            ("numMinDelayRetries", minDelayRetries),
        ]
        let members: String = numbers.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        return "{\(members),\"backoffFunction\":\"\(backOff.rawValue)\"}"
    }
}
