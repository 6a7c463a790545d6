import AWSWire
import EventModel
import EventStore

/// The rules for tags (SNS developer guide, "Amazon SNS topic tagging").
enum TopicTags {
    static func merged(
        _ old: [String: String], with new: [(key: String, value: String)]
    ) throws(AWSError) -> [String: String] {
        var tags = old
        var seen: Set<String> = []
        for (key, value) in new {
            guard seen.insert(key).inserted else { throw .invalid("Duplicated keys are not allowed.") }
            guard (1...128).contains(key.unicodeScalars.count), value.unicodeScalars.count <= 256 else {
                throw .invalid("Tags Reason: keys have 1 to 128 and values 0 to 256 characters")
            }
            guard !key.lowercased().hasPrefix("aws:") else {
                throw .invalid("Tags Reason: keys must not start with aws:, which is reserved")
            }
            tags[key] = value
        }
        guard tags.count <= SNSLimits.tags else {
            throw AWSError(
                "TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
        }
        return tags
    }
}

extension SNSService {
    func tagResource(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let key = try resource(arguments, call).key
        let tags = try arguments.tags()
        guard !tags.isEmpty else { throw .missing("Tags") }
        change(key, call, hasResult: true) { topic throws(AWSError) in
            topic.tags = try TopicTags.merged(topic.tags, with: tags)
        }
    }

    func untagResource(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let key = try resource(arguments, call).key
        let names = arguments.list("TagKeys")
        guard !names.isEmpty else { throw .missing("TagKeys") }
        change(key, call, hasResult: true) { topic throws(AWSError) in
            topic.tags = topic.tags.filter { !names.contains($0.key) }
        }
    }

    func listTagsForResource(_ call: ServiceCall) throws(AWSError) {
        let topic = try resource(SNSArguments(call.parameters), call)
        call.succeed { xml in
            xml.list("Tags", topic.tags.sorted { $0.key < $1.key }) { tag, xml in
                xml.element("Key", tag.key)
                xml.element("Value", tag.value)
            }
        }
    }

    private func resource(_ arguments: SNSArguments, _ call: ServiceCall) throws(AWSError) -> TopicDefinition
    {
        let text = try arguments.required("ResourceArn")
        let arn = try SNSName.topic(text, parameter: "ResourceArn", in: call.location)
        guard let topic = store.catalog.snapshot.topic(arn) else { throw .resourceDoesNotExist }
        return topic
    }
}
