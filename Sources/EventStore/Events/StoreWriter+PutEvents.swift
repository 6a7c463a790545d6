import ByteCoding
import Digest
package import EventModel
package import MappingCore

/// What became of an event.
package enum PutEventOutcome: Equatable, Sendable {
    /// It is with all targets of the rules that match, once the group is committed.
    case put(id: String)
    case noSuchBus
    /// The detail is no JSON object, or is nested too deeply; nothing was stored.
    case malformed
}

// MARK: - Putting

extension StoreWriter {
    /// Puts an event on a bus: into the queues, topics, streams and functions of all rules that match, in this
    /// operation.
    ///
    /// May be called inside of larger operations (a settlement, the end of an invocation): a target that is gone never
    /// fails anything else; what it should have got goes to its dead-letter queue if there is one.
    /// - Throws: Only what loses the whole group.
    package func putEvent(_ event: BusEvent, on bus: EventBusID) throws(StoreError) -> PutEventOutcome {
        guard catalog.eventBus(bus) != nil else { return .noSuchBus }
        let rules = catalog.eventRules(of: bus).filter { $0.isEnabled && $0.pattern != nil }
        let id = event.id ?? RandomBytes.uuid()
        guard let delivery = EventOnItsWay(event.document(id: id, now: now), hops: 1) else {
            return .malformed
        }
        try deliver(delivery, by: rules.filter { publishing.matches($0, delivery.document) })
        return .put(id: id)
    }

    /// Puts an event about a resource on a bus, as services do: `source: "lambda"` and so on.
    ///
    /// - Parameters:
    ///   - bus: Its ARN; the event is of the bus's account and region.
    ///   - detail: A JSON object.
    package func putEvent(
        source: String, detailType: String, resources: [String], detail: [UInt8], on bus: ARN
    ) throws(StoreError) -> PutEventOutcome {
        guard let id = EventBusID(bus) else { return .noSuchBus }
        let event = BusEvent(
            source: source, detailType: detailType, location: id.location, resources: resources,
            detail: detail)
        return try putEvent(event, on: id)
    }

    /// Gives an event to all targets of rules without asking their patterns.
    func deliver(_ event: EventOnItsWay, by rules: [EventRule]) throws(StoreError) {
        for rule in rules {
            for target in rule.targets {
                let outcome = try send(event, to: target, of: rule.id)
                try settle(outcome, of: event, target, rule.id, attempts: 1, since: now)
            }
        }
    }

    /// The event comes from a rule of another bus, as it is.
    func forward(_ event: EventOnItsWay, to bus: EventBusID) throws(StoreError) {
        let rules = catalog.eventRules(of: bus)
            .filter { $0.isEnabled && publishing.matches($0, event.document) }
        try deliver(event.onItsNextBus, by: rules)
    }
}

/// An event that is delivered, as text and as tree.
struct EventOnItsWay {
    let document: [UInt8]
    let tree: JSONValue
    /// Through how many buses it went, this one included.
    let hops: Int

    /// `nil` when the text is no JSON object.
    init?(_ document: [UInt8], hops: Int) {
        do throws(JSONError) {
            tree = try JSONValue(parsing: document)
        } catch {
            return nil
        }
        guard tree["detail"]?.objectValue != nil else { return nil }
        self.document = document
        self.hops = hops
    }

    private init(_ document: [UInt8], _ tree: JSONValue, hops: Int) {
        self.document = document
        self.tree = tree
        self.hops = hops
    }

    var onItsNextBus: EventOnItsWay { EventOnItsWay(document, tree, hops: hops + 1) }
}

extension PublishingTools {
    /// Whether a rule's pattern matches an event.
    func matches(_ rule: EventRule, _ event: [UInt8]) -> Bool {
        guard let pattern = rule.pattern else { return false }
        var known = eventMatchers.removeValue(forKey: rule.id) ?? EventMatcher(pattern)
        if known.pattern != pattern { known = EventMatcher(pattern) }
        let isMatch = known.matches(event)
        // Those of rules that are gone are let go with all others, once in a while.
        if eventMatchers.count >= Self.eventMatchersMax { eventMatchers.removeAll() }
        eventMatchers[rule.id] = known
        return isMatch
    }

    private static let eventMatchersMax = 10_000
}
