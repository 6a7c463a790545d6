import AWSWire
import EventModel
import EventStore

extension SNSService {
    func createTopic(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let name = try arguments.required("Name")
        let given = arguments.map("Attributes")
        guard !name.hasSuffix(".fifo"),
            !given.contains(where: { $0.key == "FifoTopic" && $0.value == "true" })
        else { throw .noFIFO }
        guard SNSName.isTopicName(name) else { throw .invalid("Topic Name") }
        guard arguments["DataProtectionPolicy"] == nil else {
            throw .notSupported(parameter: "DataProtectionPolicy", operation: call.operation)
        }
        var settings = TopicSettings()
        for (key, value) in given {
            try TopicAttributes.set(key, value, of: &settings, isCreation: true)
        }
        let tags = try arguments.tags()
        let wanted = NewTopic(
            name: name, location: call.location, given: given, settings: settings,
            hasTags: !tags.isEmpty, tags: try TopicTags.merged([:], with: tags))
        submit(call) { writer throws(StoreError) in
            try wanted.createOrFind(writer)
        } then: { topic in
            call.succeed { $0.element("TopicArn", topic.arn.description) }
        }
    }

    /// Deleting a topic that is not there succeeds, as on AWS.
    func deleteTopic(_ call: ServiceCall) throws(AWSError) {
        let text = try SNSArguments(call.parameters).required("TopicArn")
        let arn = try SNSName.topic(text, parameter: "TopicArn", in: call.location)
        submit(call) { writer throws(StoreError) -> Result<Void, AWSError> in
            if let topic = writer.catalog.topic(arn) { try writer.deleteTopic(topic.key) }
            return .success(())
        } then: {
            call.succeed(query: nil)
        }
    }

    func listTopics(_ call: ServiceCall) throws(AWSError) {
        let start = try PageToken.place(SNSArguments(call.parameters)["NextToken"])
        let all = store.catalog.snapshot.topics(in: call.location).filter {
            start.map($0.name.isAfter) ?? true
        }
        let page = all.prefix(SNSLimits.pageSize)
        call.succeed { xml in
            xml.list("Topics", page) { topic, xml in xml.element("TopicArn", topic.arn.description) }
            if all.count > page.count, let last = page.last {
                xml.element("NextToken", PageToken.make(after: last.name))
            }
        }
    }
}

extension ServiceCall {
    /// Answers with a result.
    func succeed(_ result: (inout XMLWriter) -> Void) {
        // The closure does not outlive the call; `succeed(query:)` only takes it as an optional.
        withoutActuallyEscaping(result) { result in succeed(query: result) }
    }
}

extension String {
    fileprivate func isAfter(_ other: String) -> Bool { self > other }
}

/// A topic that is asked for: made, or found if it is there with equal values of what was given.
private struct NewTopic: Sendable {
    let name: String
    let location: Location
    let given: [(key: String, value: String)]
    let settings: TopicSettings
    let hasTags: Bool
    let tags: [String: String]

    /// Runs on the writer thread.
    func createOrFind(_ writer: StoreWriter) throws(StoreError) -> Result<TopicDefinition, AWSError> {
        guard let topic = writer.catalog.topic(named: name, in: location) else {
            return .success(
                try writer.createTopic(name: name, location: location, settings: settings, tags: tags))
        }
        var changed = topic.settings
        do throws(AWSError) {
            for (key, value) in given { try TopicAttributes.set(key, value, of: &changed, isCreation: true) }
        } catch {
            return .failure(error)
        }
        guard changed == topic.settings else {
            return .failure(.invalid("Attributes Reason: Topic already exists with different attributes"))
        }
        guard !hasTags || tags == topic.tags else {
            return .failure(.invalid("Tags Reason: Topic already exists with different tags"))
        }
        return .success(topic)
    }
}
