import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

extension SQSService {
    func createQueue(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        guard let name = try arguments.string("QueueName"), !name.isEmpty else { throw .missing("QueueName") }
        let given = try arguments.stringMap("Attributes") ?? []
        // Old clients write the member with a capital.
        let tags = try arguments.stringMap(arguments["tags"] == nil ? "Tags" : "tags") ?? []
        try QueueName.check(name)
        var attributes = QueueAttributes()
        attributes.fifo = try FIFOAttributeText.kind(ofQueueNamed: name, given)
        try QueueAttributeText.apply(given, to: &attributes, isNew: true)
        try FIFOAttributeText.check(attributes.fifo)
        let wanted = NewQueue(
            name: name, location: call.location, given: given, attributes: attributes,
            tags: try QueueTags.merged([:], with: tags))
        let now = now()
        submit(call) { writer throws(StoreError) in
            try wanted.createOrFind(writer, now: now)
        } then: { result in
            switch result {
            case .success(let queue): call.succeed(queueURL: queue)
            case .failure(let error): call.fail(error)
            }
        }
    }
}

/// A queue that is asked for: made, or found if it is there with equal values of what was given.
private struct NewQueue: Sendable {
    let name: String
    let location: Location
    let given: [(key: String, value: String)]
    let attributes: QueueAttributes
    let tags: [String: String]

    /// Runs on the writer thread.
    func createOrFind(
        _ writer: StoreWriter, now: Timestamp
    ) throws(StoreError) -> Result<QueueDefinition, AWSError> {
        do throws(AWSError) {
            if let queue = writer.catalog.queue(named: name, in: location) {
                if let name = try QueueAttributeText.difference(between: given, and: queue) {
                    return .failure(.queueExists(different: name))
                }
                return .success(queue)
            }
            if let deletion = writer.catalog.deletion(ofQueueNamed: name, in: location),
                now - deletion < .seconds(SQSLimits.restSeconds)
            {
                return .failure(.queueDeletedRecently)
            }
            try RedriveRules.check(
                attributes.redrive, given, of: location.arn("sqs", name), isFIFO: attributes.fifo != nil,
                in: writer.catalog)
        } catch {
            return .failure(error)
        }
        return .success(
            try writer.createQueue(name: name, location: location, attributes: attributes, tags: tags))
    }
}

/// Which dead-letter queues a queue may name.
enum RedriveRules {
    /// - Parameter given: The attributes of the request, whose text errors repeat.
    static func check(
        _ policy: RedrivePolicy?, _ given: [(key: String, value: String)], of source: ARN, isFIFO: Bool,
        in catalog: CatalogSnapshot
    ) throws(AWSError) {
        guard let policy else { return }
        let text = given.last { $0.key == "RedrivePolicy" }?.value ?? RedriveText.text(of: policy)
        let target = policy.deadLetterTarget
        guard target.account == source.account else {
            throw .parameter(
                text, "RedrivePolicy", "Dead-letter target owner should be same as the source.")
        }
        guard target.region == source.region else {
            throw .parameter(
                text, "RedrivePolicy", "Dead-letter target region should be same as the source.")
        }
        guard let queue = catalog.queue(target) else {
            throw .parameter(text, "RedrivePolicy", "Dead letter target does not exist.")
        }
        guard queue.isFIFO == isFIFO else {
            throw .parameter(
                text, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.")
        }
        guard queue.attributes.allowsRedrive(from: source) else {
            throw .parameter(
                text, "RedrivePolicy",
                "The redrive allow policy of the dead letter target does not allow \(source).")
        }
    }
}

extension ServiceCall {
    func succeed(queueURL queue: QueueDefinition) {
        var json = JSONWriter()
        json.beginObject()
        json.key("QueueUrl")
        json.value(QueueURL.text(of: queue, for: request))
        json.endObject()
        succeed(json: json.bytes)
    }
}
