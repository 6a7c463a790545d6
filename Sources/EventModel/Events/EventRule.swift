/// An event bus: its account, region and name.
package struct EventBusID: Hashable, Sendable {
    package let location: Location
    package let name: String

    /// The bus that every account has in every region.
    package static let defaultName = "default"

    package init(location: Location, name: String = defaultName) {
        self.location = location
        self.name = name
    }

    /// `nil` when the ARN names no event bus.
    package init?(_ arn: ARN) {
        let prefix = "event-bus/"
        guard arn.service == "events", arn.resource.hasPrefix(prefix), arn.resource.count > prefix.count
        else { return nil }
        self.init(
            location: Location(account: arn.account, region: arn.region),
            name: String(arn.resource.dropFirst(prefix.count)))
    }

    package var isDefault: Bool { name == Self.defaultName }
    package var arn: ARN { location.arn("events", "event-bus/\(name)") }
}

/// What an event bus is, without its rules. The default bus is one with nothing set until something is.
package struct EventBusDefinition: Equatable, Sendable {
    package let id: EventBusID
    package var description: String?
    /// Who may put events, a policy as JSON; kept and shown only.
    package var policy: String?
    package var tags: [String: String]
    /// `nil` for a default bus that nobody has changed.
    package var createdAt: Timestamp?
    package var modifiedAt: Timestamp?

    package init(
        id: EventBusID, description: String? = nil, policy: String? = nil, tags: [String: String] = [:],
        createdAt: Timestamp? = nil, modifiedAt: Timestamp? = nil
    ) {
        self.id = id
        self.description = description
        self.policy = policy
        self.tags = tags
        self.createdAt = createdAt
        self.modifiedAt = modifiedAt
    }
}

/// A rule's bus and its name there.
package struct EventRuleID: Hashable, Sendable {
    package let bus: EventBusID
    package let name: String

    package init(bus: EventBusID, name: String) {
        self.bus = bus
        self.name = name
    }

    /// `nil` when the ARN names no rule.
    package init?(_ arn: ARN) {
        let parts = arn.resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let location = Location(account: arn.account, region: arn.region)
        guard arn.service == "events", parts.first == "rule" else { return nil }
        switch parts.count {
        case 2: self.init(bus: EventBusID(location: location), name: parts[1])
        case 3: self.init(bus: EventBusID(location: location, name: parts[1]), name: parts[2])
        default: return nil
        }
    }

    package var arn: ARN {
        bus.location.arn("events", bus.isDefault ? "rule/\(name)" : "rule/\(bus.name)/\(name)")
    }
}

/// Which events of a bus, or which moments, lead to which targets.
package struct EventRule: Equatable, Sendable {
    package let id: EventRuleID
    /// At least one of pattern and schedule is there.
    package var pattern: FilterPattern?
    package var schedule: ScheduleExpression?
    package var isEnabled = true
    package var description: String?
    /// Kept and shown only.
    package var roleARN: String?
    /// In the order in which they were added; their IDs differ.
    package var targets: [RuleTarget] = []
    package var tags: [String: String] = [:]

    package init(id: EventRuleID) { self.id = id }
}

/// Bounds of EventBridge (EventBridge API reference and quotas, 2026).
package enum EventLimits {
    package static let entriesPerPut = 10
    /// Of a request's entries together: 1 MB since 2026, 256 KB before.
    package static let putBytes = 1_048_576
    package static let rulesPerBus = 300
    package static let buses = 100
    package static let targetsPerRule = 5
    package static let targetsPerCall = 100
    package static let patternCharacters = 4_096
    package static let inputCharacters = 8_192
    package static let inputPaths = 100
    /// Retries of a target that cannot take an event for now, and how long they go on, if a target says nothing.
    package static let retryAttempts = 185
    package static let eventAgeSeconds = 86_400
    /// Events that wait for another attempt, over all rules (own choice).
    package static let waitingDeliveries = 100_000
    /// Through how many buses an event goes: the one that it was put on, and one more (EventBridge user guide, "Sending
    /// and receiving events between event buses").
    package static let busesPerEvent = 2
}
