import AWSWire
import ByteCoding
import EventModel
import EventStore

/// What a `ResourceARN` names: a stream, or a registered consumer of it.
struct KinesisResource: Sendable {
    let stream: StreamDefinition
    /// `nil` when the stream itself is meant.
    let consumer: ConsumerReference?

    /// How errors call it.
    var name: String { consumer.map { "consumer \($0.consumerName)" } ?? "stream \(stream.name)" }
}

extension KinesisService {
    /// The stream or consumer that `ResourceARN` names.
    func resource(of arguments: CallArguments, _ call: ServiceCall) throws(AWSError) -> KinesisResource {
        let text = try arguments.string("ResourceARN")
        var constraints = Constraints()
        constraints.required(text != nil, "resourceARN")
        let arn = text.flatMap { ARN($0) }
        if let text, arn?.service != "kinesis" || arn.map({ Self.namesNothing($0) }) ?? true {
            constraints.note(
                text, at: "resourceARN",
                "Member must satisfy regular expression pattern: "
                    + #"arn:aws.*:kinesis:.*:\d{12}:.*(stream|channel|queue)/\S+"#)
        }
        try constraints.check()
        guard let arn else { throw .invalidArgument("ResourceARN must be given.") }
        if arn.resource.hasPrefix("channel/") || arn.resource.hasPrefix("queue/") {
            throw .notSupported("Millrace does not support channels and queues of Kinesis Data Streams yet.")
        }
        if let reference = ConsumerReference(arn) {
            let (stream, _) = try consumer(reference, arn)
            return KinesisResource(stream: stream, consumer: reference)
        }
        return KinesisResource(
            stream: try stream(name: nil, arn: arn.description, call), consumer: nil)
    }

    private static func namesNothing(_ arn: ARN) -> Bool {
        !["stream/", "channel/", "queue/"].contains { arn.resource.hasPrefix($0) }
    }

    /// Changes the tags or the policy of a stream or consumer in one commit and answers without a body.
    func change(
        _ resource: KinesisResource, _ call: ServiceCall,
        _ body: @escaping @Sendable (inout [String: String], inout String?) throws(AWSError) -> Void
    ) {
        change(resource.stream, call) { stream, _ throws(AWSError) in
            guard let reference = resource.consumer else {
                return try body(&stream.settings.tags, &stream.settings.policy)
            }
            guard let index = stream.settings.consumers.firstIndex(where: { reference.names($0) }) else {
                throw .consumerNotFound(reference.consumerName, stream.location.account)
            }
            var consumer = stream.settings.consumers[index]
            try body(&consumer.tags, &consumer.policy)
            stream.settings.consumers[index] = consumer
        }
    }
}

// MARK: - TagResource, UntagResource, ListTagsForResource

extension KinesisService {
    func tagResource(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let tags = try arguments.tags("Tags")
        var constraints = Constraints()
        constraints.tags(tags, at: "tags", isRequired: true)
        try constraints.check()
        let resource = try resource(of: arguments, call)
        change(resource, call) { stored, _ throws(AWSError) in
            try TagRules.add(tags ?? [], to: &stored, of: resource.name, resource.stream.location.account)
        }
    }

    func untagResource(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let keys = try arguments.strings("TagKeys")
        var constraints = Constraints()
        constraints.tagKeys(keys, at: "tagKeys")
        try constraints.check()
        change(try resource(of: arguments, call), call) { stored, _ throws(AWSError) in
            for key in keys ?? [] { stored[key] = nil }
        }
    }

    func listTagsForResource(_ call: ServiceCall) throws(AWSError) {
        let resource = try resource(of: try CallArguments(parsing: call.body), call)
        let tags =
            resource.consumer.map { $0.consumer(of: resource.stream)?.tags ?? [:] }
            ?? resource.stream.settings.tags
        var json = JSONWriter()
        json.beginObject()
        json.tags(tags.sorted { $0.key < $1.key })
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

// MARK: - PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy

extension KinesisService {
    func putResourcePolicy(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let policy = try arguments.string("Policy")
        var constraints = Constraints()
        constraints.required(policy != nil, "policy")
        try constraints.check()
        let resource = try resource(of: arguments, call)
        try Self.checkPolicy(policy ?? "")
        change(resource, call) { _, stored throws(AWSError) in stored = policy }
    }

    func getResourcePolicy(_ call: ServiceCall) throws(AWSError) {
        let resource = try resource(of: try CallArguments(parsing: call.body), call)
        let policy =
            resource.consumer.map { $0.consumer(of: resource.stream)?.policy }
            ?? resource.stream.settings.policy
        guard let policy else { throw Self.noPolicy(resource) }
        var json = JSONWriter()
        json.beginObject()
        json.key("Policy")
        json.value(policy)
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func deleteResourcePolicy(_ call: ServiceCall) throws(AWSError) {
        let resource = try resource(of: try CallArguments(parsing: call.body), call)
        change(resource, call) { _, stored throws(AWSError) in
            guard stored != nil else { throw Self.noPolicy(resource) }
            stored = nil
        }
    }

    private static func noPolicy(_ resource: KinesisResource) -> AWSError {
        let arn =
            resource.consumer.flatMap { $0.consumer(of: resource.stream)?.arn(in: resource.stream) }
            ?? resource.stream.arn
        return AWSError(
            "ResourceNotFoundException", "No resource policy found for resource ARN \(arn)")
    }

    /// A policy has to be a JSON object with statements; what they permit means nothing here.
    private static func checkPolicy(_ text: String) throws(AWSError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= KinesisLimits.policyBytes else {
            throw .invalidArgument("The policy is longer than \(KinesisLimits.policyBytes) bytes.")
        }
        let policy: JSONValue
        do throws(JSONError) {
            policy = try JSONValue(parsing: bytes)
        } catch {
            throw .invalidArgument("The policy is not valid JSON: \(error)")
        }
        let statements: [JSONValue]? =
            switch policy["Statement"] {
            case .array(let list)?: list
            case .object(let object)?: [.object(object)]
            default: nil
            }
        guard let statements, !statements.isEmpty, statements.allSatisfy({ Self.isStatement($0) }) else {
            throw .invalidArgument(
                "The policy is not valid: it needs statements with Effect, Principal and Action.")
        }
    }

    private static func isStatement(_ statement: JSONValue) -> Bool {
        let hasEffect = statement["Effect"] == "Allow" || statement["Effect"] == "Deny"
        let hasPrincipal = statement["Principal"] != nil || statement["NotPrincipal"] != nil
        return hasEffect && hasPrincipal && (statement["Action"] != nil || statement["NotAction"] != nil)
    }
}
