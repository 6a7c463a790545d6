package import EventModel

/// Buses and rules in memory.
struct EventDefinitions: Sendable {
    /// Those of which something was set; a default bus is there without.
    private(set) var buses: [EventBusID: EventBusDefinition] = [:]
    private(set) var rules: [EventBusID: [String: EventRule]] = [:]

    mutating func put(_ bus: EventBusDefinition) { buses[bus.id] = bus }
    mutating func put(_ rule: EventRule) { rules[rule.id.bus, default: [:]][rule.id.name] = rule }
    mutating func removeBus(_ id: EventBusID) { buses[id] = nil }

    mutating func removeRule(_ id: EventRuleID) {
        rules[id.bus]?[id.name] = nil
        if rules[id.bus]?.isEmpty == true { rules[id.bus] = nil }
    }
}

// MARK: - From any thread

extension CatalogSnapshot {
    /// A default bus is always there.
    package func eventBus(_ id: EventBusID) -> EventBusDefinition? {
        all.events.buses[id] ?? (id.isDefault ? EventBusDefinition(id: id) : nil)
    }

    /// Sorted by name, the default bus among them.
    package func eventBuses(in location: Location) -> [EventBusDefinition] {
        var buses = all.events.buses.values.filter { $0.id.location == location }
        let standard = EventBusID(location: location)
        if all.events.buses[standard] == nil { buses.append(EventBusDefinition(id: standard)) }
        return buses.sorted { $0.id.name < $1.id.name }
    }

    package func eventRule(_ id: EventRuleID) -> EventRule? { all.events.rules[id.bus]?[id.name] }

    /// Sorted by name.
    package func eventRules(of bus: EventBusID) -> [EventRule] {
        (all.events.rules[bus] ?? [:]).values.sorted { $0.id.name < $1.id.name }
    }
}
