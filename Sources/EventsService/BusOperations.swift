import AWSWire
import ByteCoding
import EventModel
import EventStore

extension EventsService {
    func createEventBus(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        try arguments.refuse(
            ["EventSourceName", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"], of: call.operation)
        guard let name = try arguments.string("Name") else {
            throw .constraint(nil, at: "name", "not be null")
        }
        guard !name.contains("/") else { throw .validation("Event bus name must not contain '/'.") }
        let id = try arguments.bus("Name", call)
        guard id.location == call.location, !name.hasPrefix("arn:") else {
            throw .constraint(name, at: "name", "satisfy regular expression pattern: [/\\.\\-_A-Za-z0-9]+")
        }
        let description = try arguments.string("Description")
        if let description, description.count > 512 {
            throw .constraint(description, at: "description", "have length less than or equal to 512")
        }
        let tags = try arguments.tags() ?? [:]
        submit(call) { writer throws(StoreError) in
            guard !id.isDefault, writer.catalog.eventBus(id) == nil else {
                return .failure(
                    AWSError("ResourceAlreadyExistsException", "Event bus \(name) already exists."))
            }
            guard writer.catalog.eventBuses(in: id.location).count < EventLimits.buses else {
                return .failure(.tooMany)
            }
            try writer.putEventBus(
                EventBusDefinition(
                    id: id, description: description, tags: tags, createdAt: writer.now,
                    modifiedAt: writer.now))
            return .success(
                .object(having: [
                    ("EventBusArn", .string(id.arn.description)),
                    ("Description", JSONValue(optional: description)),
                ]))
        }
    }

    func deleteEventBus(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        guard try arguments.string("Name") != nil else { throw .constraint(nil, at: "name", "not be null") }
        let id = try arguments.bus("Name", call)
        guard !id.isDefault else { throw .validation("Cannot delete event bus default.") }
        submit(call) { writer throws(StoreError) in
            try writer.deleteEventBus(id)
            return .success(nil)
        }
    }

    func describeEventBus(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let id = try arguments.bus("Name", call)
        guard let bus = store.catalog.snapshot.eventBus(id) else { throw .noBus(id) }
        call.succeed(json: Self.json(bus).bytes)
    }

    func listEventBuses(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let prefix = try arguments.string("NamePrefix") ?? ""
        let all = store.catalog.snapshot.eventBuses(in: call.location).filter {
            $0.id.name.hasPrefix(prefix)
        }
        let (buses, next) = try arguments.page(all) { $0.id.name }
        call.succeed(
            json: JSONValue.object(having: [
                ("EventBuses", .array(buses.map { Self.json($0) })), ("NextToken", JSONValue(optional: next)),
            ]).bytes)
    }

    private static func json(_ bus: EventBusDefinition) -> JSONValue {
        .object(having: [
            ("Name", .string(bus.id.name)), ("Arn", .string(bus.id.arn.description)),
            ("Description", JSONValue(optional: bus.description)),
            ("Policy", JSONValue(optional: bus.policy)),
            ("CreationTime", bus.createdAt.map { .number($0.epochSecondsText) }),
            ("LastModifiedTime", bus.modifiedAt.map { .number($0.epochSecondsText) }),
        ])
    }
}
