import AWSWire
import ByteCoding
import EventModel
import EventStore
import MappingCore

/// An entry of a put: an event for a bus, or what is wrong with it.
private enum EventEntry: Sendable {
    case event(BusEvent, EventBusID)
    case refused(code: String, message: String)

    static func missing(_ name: String) -> EventEntry {
        .refused(
            code: "InvalidArgument",
            message: "Parameter \(name) is not valid. Reason: \(name) is a required argument.")
    }

    static let malformed = EventEntry.refused(code: "MalformedDetail", message: "Detail is malformed.")
}

extension EventsService {
    func putEvents(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        try arguments.refuse(["EndpointId"], of: call.operation)
        guard let list = try arguments.array("Entries") else {
            throw .constraint(nil, at: "entries", "not be null")
        }
        guard !list.isEmpty else {
            throw .constraint("[]", at: "entries", "have length greater than or equal to 1")
        }
        guard list.count <= EventLimits.entriesPerPut else {
            throw .constraint("[…]", at: "entries", "have length less than or equal to 10")
        }
        var entries: [EventEntry] = []
        var bytes = 0
        for value in list {
            guard let object = value.objectValue else {
                throw .serialization("The value of Entries can not be converted to List of Structure")
            }
            entries.append(try entry(CallArguments(object), call, size: &bytes))
        }
        guard bytes <= EventLimits.putBytes else {
            throw .validation("Total size of the entries in the request is over the limit.")
        }
        let all = entries
        submit(call) { writer throws(StoreError) in
            var results: [JSONValue] = []
            var failed = 0
            for entry in all {
                let result = try Self.put(entry, writer)
                if result["EventId"] == nil { failed += 1 }
                results.append(result)
            }
            return .success(
                .object(having: [
                    ("FailedEntryCount", .number(String(failed))), ("Entries", .array(results)),
                ]))
        }
    }

    private static func put(_ entry: EventEntry, _ writer: StoreWriter) throws(StoreError) -> JSONValue {
        var refused = entry
        if case .event(let event, let bus) = entry {
            switch try writer.putEvent(event, on: bus) {
            case .put(let id): return .object(having: [("EventId", .string(id))])
            // AWS takes events for buses that do not exist, and nobody gets them.
            case .noSuchBus: return .object(having: [("EventId", JSONValue(optional: event.id))])
            case .malformed: refused = .malformed
            }
        }
        guard case .refused(let code, let message) = refused else {
            preconditionFailure("an event was put or refused")
        }
        return .object(having: [("ErrorCode", .string(code)), ("ErrorMessage", .string(message))])
    }

    /// - Parameter size: Grows by the entry's bytes as EventBridge counts them (user guide, "Calculating PutEvents event
    ///   entry size").
    private func entry(
        _ arguments: CallArguments, _ call: ServiceCall, size: inout Int
    ) throws(AWSError) -> EventEntry {
        let source = try arguments.string("Source") ?? ""
        let detailType = try arguments.string("DetailType") ?? ""
        let detail = try arguments.string("Detail") ?? ""
        let resources = try arguments.strings("Resources") ?? []
        let bus = try arguments.bus("EventBusName", call)
        let time = try arguments.double("Time")
        size += source.utf8.count + detailType.utf8.count + detail.utf8.count + (time == nil ? 0 : 14)
        size += resources.reduce(0) { $0 + $1.utf8.count }
        if source.isEmpty { return .missing("Source") }
        if detailType.isEmpty { return .missing("DetailType") }
        if detail.isEmpty { return .missing("Detail") }
        guard !source.hasPrefix("aws.") else {
            return .refused(code: "NotAuthorizedForSource", message: "Not authorized for the source.")
        }
        let tree: JSONValue
        do throws(JSONError) {
            tree = try JSONValue(parsing: Array(detail.utf8))
        } catch {
            return .malformed
        }
        guard tree.objectValue != nil else { return .malformed }
        let moment = time.map { Timestamp(millisecondsSinceEpoch: Int64(min(max($0, 0), 1e11) * 1_000)) }
        let event = BusEvent(
            id: identifiers.next(), source: source, detailType: detailType, location: call.location,
            time: moment, resources: resources, detail: tree.bytes)
        return .event(event, bus)
    }

    // MARK: - Testing

    private static let mandatory = [
        "id", "account", "source", "time", "region", "resources", "detail-type",
    ]

    func testEventPattern(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        guard let pattern = try Self.pattern(arguments) else {
            throw .constraint(nil, at: "eventPattern", "not be null")
        }
        guard let text = try arguments.string("Event") else {
            throw .constraint(nil, at: "event", "not be null")
        }
        let event: JSONValue
        do throws(JSONError) {
            event = try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw .parameter("Event", "The event is not valid JSON.")
        }
        guard event.objectValue != nil else { throw .parameter("Event", "The event is not an object.") }
        for name in Self.mandatory where event[name] == nil {
            throw .parameter("Event", "The event has no \(name).")
        }
        var matcher = EventMatcher(pattern)
        let isMatch = matcher.matches(event.bytes)
        call.succeed(json: JSONValue.object(having: [("Result", .bool(isMatch))]).bytes)
    }
}
