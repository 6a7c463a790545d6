package import AWSWire
import ByteCoding
package import EventModel
package import EventStore
package import HTTP

/// Amazon EventBridge over the store: buses, rules with patterns and schedules, their targets, events.
///
/// A put is answered after the commit that puts its events into the queues, topics and streams of all rules that match.
package final class EventsService: @unchecked Sendable {
    // Confined to `loop`: `handle` is the only entry point and preconditions it, everything else is called from there
    // or from completions that were handed back to the loop.
    let store: EventStore
    let loop: EventLoop
    let now: @Sendable () -> Timestamp
    let identifiers: IdentifierSource
    private let clock: EventClock

    /// - Parameters:
    ///   - reader: For this service alone, or for services of the same loop.
    ///   - loop: The loop of the server that calls.
    ///   - now: The wall clock.
    ///   - identifiers: Names events.
    ///   - report: Told, on `loop`, when the store fails where nobody waits for an answer.
    package init(
        store: EventStore, reader: StoreReader, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        identifiers: IdentifierSource = IdentifierSource(), report: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.loop = loop
        self.now = now
        self.identifiers = identifiers
        clock = EventClock(store: store, reader: reader, loop: loop, now: now, report: report)
    }

    /// Serves the API, and fires scheduled rules from now on.
    package func register(on router: inout ServiceRouter) {
        router.register(jsonTarget: "AWSEvents", of: .events) { [self] call in handle(call) }
        clock.start()
    }

    /// Fires no more rules. Safe from any thread.
    package func stopFiring() { clock.stop() }

    private func handle(_ call: ServiceCall) {
        precondition(loop.isCurrent, "EventBridge is confined to its loop")
        do throws(AWSError) {
            try perform(call, CallArguments(parsing: call.body))
        } catch {
            call.fail(error)
        }
    }

    private func perform(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        switch call.operation {
        case "PutEvents": try putEvents(call, arguments)
        case "TestEventPattern": try testEventPattern(call, arguments)
        case "CreateEventBus": try createEventBus(call, arguments)
        case "DeleteEventBus": try deleteEventBus(call, arguments)
        case "DescribeEventBus": try describeEventBus(call, arguments)
        case "ListEventBuses": try listEventBuses(call, arguments)
        case "PutPermission": try putPermission(call, arguments)
        case "RemovePermission": try removePermission(call, arguments)
        case "PutRule": try putRule(call, arguments)
        case "DescribeRule": try describeRule(call, arguments)
        case "DeleteRule": try deleteRule(call, arguments)
        case "EnableRule": try setRule(call, arguments, isEnabled: true)
        case "DisableRule": try setRule(call, arguments, isEnabled: false)
        case "ListRules": try listRules(call, arguments)
        case "ListRuleNamesByTarget": try listRuleNamesByTarget(call, arguments)
        case "PutTargets": try putTargets(call, arguments)
        case "RemoveTargets": try removeTargets(call, arguments)
        case "ListTargetsByRule": try listTargetsByRule(call, arguments)
        case "TagResource": try tagResource(call, arguments)
        case "UntagResource": try untagResource(call, arguments)
        case "ListTagsForResource": try listTagsForResource(call, arguments)
        default: call.failUnknownOperation()
        }
    }
}

// MARK: - What operations share

extension EventsService {
    /// Runs an operation on the writer thread, or here when nobody else has work, and answers on the loop; with no body
    /// when it returns `nil`.
    func submit(
        _ call: ServiceCall,
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> Result<JSONValue?, AWSError>
    ) {
        store.submit(mayRunHere: loop.isQuiet, operation) { [loop] result in
            loop.execute {
                switch result {
                case .success(.success(let json?)): call.succeed(json: json.bytes)
                case .success(.success(nil)): call.succeed()
                case .success(.failure(let error)): call.fail(error)
                case .failure(let error): call.fail(error.wireError)
                }
            }
        }
    }

    /// Changes a rule on the writer thread, from what it is then.
    func change(
        _ id: EventRuleID, _ call: ServiceCall,
        _ change: @escaping @Sendable (inout EventRule) throws(AWSError) -> JSONValue?
    ) {
        submit(call) { writer throws(StoreError) in
            guard writer.catalog.eventBus(id.bus) != nil else { return .failure(.noBus(id.bus)) }
            guard var rule = writer.catalog.eventRule(id) else { return .failure(.noRule(id)) }
            let before = rule
            let answer: JSONValue?
            do throws(AWSError) { answer = try change(&rule) } catch { return .failure(error) }
            if rule != before { try writer.putEventRule(rule) }
            return .success(answer)
        }
    }

    /// Changes a bus on the writer thread, from what it is then, and answers with no body if there is nothing to say.
    func change(
        _ id: EventBusID, _ call: ServiceCall, answer: JSONValue? = nil,
        _ change: @escaping @Sendable (inout EventBusDefinition) throws(AWSError) -> Void
    ) {
        submit(call) { writer throws(StoreError) in
            guard var bus = writer.catalog.eventBus(id) else { return .failure(.noBus(id)) }
            do throws(AWSError) { try change(&bus) } catch { return .failure(error) }
            bus.modifiedAt = writer.now
            try writer.putEventBus(bus)
            return .success(answer)
        }
    }
}

extension StoreError {
    /// What a caller is told when the store could not do its part.
    var wireError: AWSError {
        switch self {
        case .notFound: AWSError("ResourceNotFoundException", description)
        case .conflict: .validation(description)
        case .limit: .tooMany
        case .full, .readOnly, .io, .closed, .corrupt, .newerFile, .locked, .sqlite:
            AWSError("InternalException", description, status: 500)
        }
    }
}
