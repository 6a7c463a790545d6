import ByteCoding
import EventModel
import SQLite

/// Buses and rules as the store keeps them.
enum EventCodec {
    static func text(_ bus: EventBusDefinition) -> String {
        var members: [(String, JSONValue)] = [("tags", JSONValue(bus.tags))]
        if let text = bus.description { members.append(("description", .string(text))) }
        if let text = bus.policy { members.append(("policy", .string(text))) }
        if let moment = bus.createdAt { members.append(("createdAt", JSONValue(moment))) }
        if let moment = bus.modifiedAt { members.append(("modifiedAt", JSONValue(moment))) }
        return JSONValue(members: members).text
    }

    static func bus(_ text: String, id: EventBusID) throws(StoreError) -> EventBusDefinition {
        let json = try StoredJSON(text: text, of: "event bus \(id.name)")
        return EventBusDefinition(
            id: id, description: json.string("description"), policy: json.string("policy"),
            tags: json.strings("tags"), createdAt: json.timestamp("createdAt"),
            modifiedAt: json.timestamp("modifiedAt"))
    }

    static func text(_ rule: EventRule) -> String {
        var members: [(String, JSONValue)] = [
            ("isEnabled", .bool(rule.isEnabled)), ("tags", JSONValue(rule.tags)),
            ("targets", .array(rule.targets.map { .object($0.wire) })),
        ]
        if let pattern = rule.pattern { members.append(("pattern", .string(pattern.text))) }
        if let schedule = rule.schedule { members.append(("schedule", .string(schedule.text))) }
        if let text = rule.description { members.append(("description", .string(text))) }
        if let text = rule.roleARN { members.append(("role", .string(text))) }
        return JSONValue(members: members).text
    }

    static func rule(_ text: String, id: EventRuleID) throws(StoreError) -> EventRule {
        let json = try StoredJSON(text: text, of: "rule \(id.name)")
        var rule = EventRule(id: id)
        rule.isEnabled = json.bool("isEnabled", or: true)
        rule.tags = json.strings("tags")
        rule.description = json.string("description")
        rule.roleARN = json.string("role")
        rule.schedule = json.string("schedule").flatMap { ScheduleExpression($0) }
        if let text = json.string("pattern") {
            do throws(ConfigurationError) {
                rule.pattern = try FilterPattern(text)
            } catch {
                throw .corrupt("the pattern of rule \(id.name) is not readable")
            }
        }
        for value in json.value["targets"]?.arrayValue ?? [] {
            do throws(TargetProblem) {
                rule.targets.append(try RuleTarget(parsing: value.objectValue ?? JSONObject()))
            } catch {
                throw .corrupt("a target of rule \(id.name) is not readable: \(error)")
            }
        }
        return rule
    }
}

// MARK: - At the start

extension LoadedState {
    mutating func loadEvents(_ connection: Connection) throws(StoreError) {
        let buses = try storeErrors { () throws(SQLiteError) in
            try connection.prepare("SELECT account, region, name, settings FROM event_bus")
        }
        while try storeErrors({ () throws(SQLiteError) in try buses.step() }) {
            let id = EventBusID(
                location: Location(account: buses.text(0), region: buses.text(1)), name: buses.text(2))
            definitions.events.put(try EventCodec.bus(buses.text(3), id: id))
        }
        let rules = try storeErrors { () throws(SQLiteError) in
            try connection.prepare("SELECT account, region, bus, name, definition FROM event_rule")
        }
        while try storeErrors({ () throws(SQLiteError) in try rules.step() }) {
            let bus = EventBusID(
                location: Location(account: rules.text(0), region: rules.text(1)), name: rules.text(2))
            let id = EventRuleID(bus: bus, name: rules.text(3))
            definitions.events.put(try EventCodec.rule(rules.text(4), id: id))
        }
    }
}
