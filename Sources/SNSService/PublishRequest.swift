import AWSWire
import ByteCoding
import EventModel

/// One message of a `Publish` or `PublishBatch` request, checked.
struct PublishRequest: Sendable {
    let publication: TopicPublication
    /// Bytes of the message and its attributes.
    let size: Int

    /// - Parameter prefix: Of the parameters' names: empty, or that of a batch's entry.
    init(
        _ arguments: SNSArguments, prefix: String = "", to topic: ARN, messageID: String
    ) throws(AWSError) {
        let message = arguments[prefix + "Message"] ?? ""
        guard !message.isEmpty else { throw .invalid("Empty message") }
        guard UTF8Text.isAllowedInMessages(Array(message.utf8).span) else {
            throw .invalid("Message Reason: the message holds characters that XML does not allow")
        }
        for name in ["MessageDeduplicationId", "MessageGroupId"] where arguments[prefix + name] != nil {
            throw .invalid(
                "\(name) Reason: The request includes \(name) parameter that is not valid for this topic type"
            )
        }
        var publication = TopicPublication(topic: topic, message: Array(message.utf8))
        publication.messageID = messageID
        publication.subject = try Self.subject(arguments[prefix + "Subject"])
        publication.attributes = try PublishAttributes.read(arguments, prefix: prefix)
        let attributeBytes = publication.attributes.reduce(0) {
            $0 + $1.name.utf8.count + $1.type.utf8.count + $1.value.count
        }
        size = publication.message.count + attributeBytes
        guard size <= SubscriptionLimits.messageBytes else { throw .invalid("Message too long") }
        switch arguments[prefix + "MessageStructure"] {
        case nil, "": break
        case "json": try Self.split(message, into: &publication)
        case .some: throw .invalid("MessageStructure")
        }
        self.publication = publication
    }

    private static func subject(_ text: String?) throws(AWSError) -> String? {
        guard let text else { return nil }
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        guard !text.isEmpty, isPlain, text.unicodeScalars.count <= SNSLimits.subjectCharacters else {
            throw .invalid("Subject")
        }
        return text
    }

    /// A message that says something else to each protocol.
    private static func split(_ text: String, into publication: inout TopicPublication) throws(AWSError) {
        guard let object = JSONText.object(text) else {
            throw .invalid("Message Structure - JSON message body failed to parse")
        }
        guard let common = object["default"]?.stringValue, !common.isEmpty else {
            throw .invalid("Message Structure - No default entry in JSON message body")
        }
        publication.message = Array(common.utf8)
        for member in object.members where ["sqs", "http", "https"].contains(member.key) {
            guard let message = member.value.stringValue, !message.isEmpty else { continue }
            publication.messageByProtocol[member.key] = Array(message.utf8)
        }
    }
}

/// Message attributes in the form of the Query protocol.
enum PublishAttributes {
    static func read(
        _ arguments: SNSArguments, prefix: String
    ) throws(AWSError) -> [TopicPublication.Attribute] {
        var found: [TopicPublication.Attribute] = []
        var names: Set<String> = []
        while let name = arguments["\(prefix)MessageAttributes.entry.\(found.count + 1).Name"] {
            try check(name: name)
            guard names.insert(name).inserted else {
                throw .parameterValue("The message attribute '\(name)' is given more than once.")
            }
            let value = "\(prefix)MessageAttributes.entry.\(found.count + 1).Value."
            found.append(
                try attribute(
                    name, type: arguments[value + "DataType"] ?? "", text: arguments[value + "StringValue"],
                    binary: arguments[value + "BinaryValue"]))
        }
        return found
    }

    private static func check(name: String) throws(AWSError) {
        let isSpelled = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: ".") || SNSName.isTopicName(String(decoding: [byte], as: UTF8.self))
        }
        guard isSpelled, !name.isEmpty, name.utf8.count <= SNSLimits.attributeNameBytes, !name.hasPrefix("."),
            !name.hasSuffix("."), !name.contains("..")
        else {
            throw .parameterValue(
                "The message attribute name '\(name)' is not valid: names have 1 to 256 letters, digits, "
                    + "hyphens, underscores and single periods between them.")
        }
    }

    private static func attribute(
        _ name: String, type: String, text: String?, binary: String?
    ) throws(AWSError) -> TopicPublication.Attribute {
        guard !type.isEmpty else {
            throw .parameterValue(
                "The message attribute '\(name)' must contain non-empty message attribute type.")
        }
        let base = String(type.prefix { $0 != "." })
        guard ["String", "Number", "Binary"].contains(base), !type.hasSuffix("."), type.utf8.count <= 256
        else {
            throw .parameterValue(
                "The message attribute '\(name)' has an invalid message attribute type, the set of supported "
                    + "type prefixes is Binary, Number, and String.")
        }
        let field = base == "Binary" ? "Binary" : "String"
        guard text != nil || binary != nil else { throw lacksValue(name, type) }
        guard let value = base == "Binary" ? binary : text else {
            throw .parameterValue(
                "The message attribute '\(name)' with type '\(type)' must use field '\(field)'.")
        }
        guard !value.isEmpty else { throw lacksValue(name, type) }
        guard base == "Binary" else {
            try check(value, base, name)
            return TopicPublication.Attribute(name: name, type: type, value: Array(value.utf8))
        }
        guard let bytes = Base64.decode(value) else {
            throw .parameterValue("The message attribute '\(name)' has a value that is not base64.")
        }
        return TopicPublication.Attribute(name: name, type: type, value: bytes)
    }

    private static func check(_ value: String, _ base: String, _ name: String) throws(AWSError) {
        guard UTF8Text.isAllowedInMessages(Array(value.utf8).span) else {
            throw .parameterValue("The message attribute '\(name)' holds characters that XML does not allow.")
        }
        guard base != "Number" || Double(value).map(\.isFinite) == true && !value.contains("x") else {
            throw .parameterValue("Could not cast message attribute '\(name)' value to number.")
        }
    }

    private static func lacksValue(_ name: String, _ type: String) -> AWSError {
        .parameterValue(
            "The message attribute '\(name)' must contain non-empty message attribute value for message "
                + "attribute type '\(type)'.")
    }
}
