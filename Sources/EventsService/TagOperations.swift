import AWSWire
import ByteCoding
import EventModel
import EventStore

/// A bus or a rule.
private enum TaggedResource {
    case bus(EventBusID)
    case rule(EventRuleID)

    init(_ arguments: CallArguments) throws(AWSError) {
        guard let text = try arguments.string("ResourceARN") else {
            throw .constraint(nil, at: "resourceARN", "not be null")
        }
        guard let arn = ARN(text) else {
            throw .parameter("ResourceARN", "Provided Arn is not in correct format.")
        }
        if let bus = EventBusID(arn) {
            self = .bus(bus)
        } else if let rule = EventRuleID(arn) {
            self = .rule(rule)
        } else {
            throw .parameter("ResourceARN", "Provided Arn is not in correct format.")
        }
    }
}

extension EventsService {
    private static let tagsMax = 50

    func tagResource(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let resource = try TaggedResource(arguments)
        guard let added = try arguments.tags() else { throw .constraint(nil, at: "tags", "not be null") }
        changeTags(of: resource, call) { tags throws(AWSError) in
            tags.merge(added) { _, new in new }
            guard tags.count <= Self.tagsMax else { throw .tooMany }
        }
    }

    func untagResource(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let resource = try TaggedResource(arguments)
        guard let keys = try arguments.strings("TagKeys") else {
            throw .constraint(nil, at: "tagKeys", "not be null")
        }
        changeTags(of: resource, call) { tags throws(AWSError) in
            for key in keys { tags[key] = nil }
        }
    }

    private func changeTags(
        of resource: TaggedResource, _ call: ServiceCall,
        _ edit: @escaping @Sendable (inout [String: String]) throws(AWSError) -> Void
    ) {
        switch resource {
        case .bus(let id): change(id, call, answer: [:]) { bus throws(AWSError) in try edit(&bus.tags) }
        case .rule(let id):
            change(id, call) { rule throws(AWSError) in
                try edit(&rule.tags)
                return [:]
            }
        }
    }

    func listTagsForResource(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let catalog = store.catalog.snapshot
        let tags: [String: String]
        switch try TaggedResource(arguments) {
        case .bus(let id):
            guard let bus = catalog.eventBus(id) else { throw .noBus(id) }
            tags = bus.tags
        case .rule(let id):
            guard let rule = catalog.eventRule(id) else { throw .noRule(id) }
            tags = rule.tags
        }
        let list = tags.sorted { $0.key < $1.key }.map { key, value in
            JSONValue.object(having: [("Key", .string(key)), ("Value", .string(value))])
        }
        call.succeed(json: JSONValue.object(having: [("Tags", .array(list))]).bytes)
    }
}
