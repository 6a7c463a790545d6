import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    /// Most tags of one resource (Lambda developer guide, tags).
    private static let tagsMax = 50

    func listTags(_ call: ServiceCall) throws(AWSError) {
        let tags: [String: String]
        switch try Self.resource(call) {
        case .mapping(let id):
            guard let mapping = store.catalog.snapshot.mapping(id, in: call.location) else {
                throw .mappingNotFound
            }
            tags = mapping.settings.tags
        case .function(let function): tags = try functionTags(function)
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("Tags")
        json.beginObject()
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
            json.key(escaping: key)
            json.value(value)
        }
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func tagResource(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        guard let given = try arguments.stringMap("Tags") else {
            throw AWSError(
                "ValidationException",
                "1 validation error detected: Value null at 'tags' failed to satisfy constraint: "
                    + "Member must not be null")
        }
        try changeTags(call) { tags in
            for (key, value) in given { tags[key] = value }
        }
    }

    func untagResource(_ call: ServiceCall) throws(AWSError) {
        let keys = call.parameters.all("tagKeys")
        try changeTags(call) { tags in
            for key in keys { tags[key] = nil }
        }
    }

    private func changeTags(
        _ call: ServiceCall, _ change: @escaping @Sendable (inout [String: String]) -> Void
    ) throws(AWSError) {
        let id: String
        switch try Self.resource(call) {
        case .mapping(let named): id = named
        case .function(let function): return try changeFunctionTags(call, function, change)
        }
        let location = call.location
        write(call, status: 204) { writer throws(StoreError) in
            guard var mapping = writer.catalog.mapping(id, in: location) else {
                return .failure(.mappingNotFound)
            }
            change(&mapping.settings.tags)
            guard mapping.settings.tags.count <= Self.tagsMax else {
                return .failure(
                    AWSError("InvalidParameterValueException", "A resource has at most \(Self.tagsMax) tags.")
                )
            }
            try writer.updateMapping(mapping)
            return .success([])
        }
    }

    private enum Resource {
        case mapping(String)
        case function(FunctionReference)
    }

    private static func resource(_ call: ServiceCall) throws(AWSError) -> Resource {
        let text = call.pathParameters["ARN"] ?? ""
        if let arn = ARN(text), arn.service == "lambda" {
            let prefix = "event-source-mapping:"
            if arn.resource.hasPrefix(prefix) {
                return .mapping(String(arn.resource.dropFirst(prefix.count)))
            }
            if let function = FunctionReference(parsing: text, in: call.location) {
                return .function(function)
            }
        }
        throw AWSError("InvalidParameterValueException", "The resource ARN \(text) is invalid.")
    }
}
