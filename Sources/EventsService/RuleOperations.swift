import AWSWire
import ByteCoding
import EventModel
import EventStore

extension EventsService {
    func putRule(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let id = try arguments.rule("Name", call)
        var rule = EventRule(id: id)
        rule.pattern = try Self.pattern(arguments)
        rule.schedule = try Self.schedule(arguments, id)
        guard rule.pattern != nil || rule.schedule != nil else {
            throw .validation("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        }
        switch try arguments.string("State") {
        case nil, "ENABLED": rule.isEnabled = true
        case "DISABLED": rule.isEnabled = false
        case "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS":
            throw .notSupported(
                "Millrace has no CloudTrail; the State ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS does "
                    + "not exist here.")
        case let other:
            throw .constraint(
                other, at: "state",
                "satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]")
        }
        rule.description = try arguments.string("Description")
        if let text = rule.description, text.count > 512 {
            throw .constraint(text, at: "description", "have length less than or equal to 512")
        }
        rule.roleARN = try arguments.string("RoleArn")
        rule.tags = try arguments.tags() ?? [:]
        let wanted = rule
        submit(call) { writer throws(StoreError) in
            guard writer.catalog.eventBus(id.bus) != nil else { return .failure(.noBus(id.bus)) }
            var rule = wanted
            if let old = writer.catalog.eventRule(id) {
                // Tags of a rule that is there are changed by TagResource alone.
                rule.tags = old.tags
                rule.targets = old.targets
            } else if writer.catalog.eventRules(of: id.bus).count >= EventLimits.rulesPerBus {
                return .failure(.tooMany)
            }
            try writer.putEventRule(rule)
            return .success(.object(having: [("RuleArn", .string(id.arn.description))]))
        }
    }

    static func pattern(_ arguments: CallArguments) throws(AWSError) -> FilterPattern? {
        guard let text = try arguments.string("EventPattern") else { return nil }
        guard text.count <= EventLimits.patternCharacters else {
            throw .badPattern(
                FilterProblem("the pattern has more than \(EventLimits.patternCharacters) characters"))
        }
        if let problem = FilterPattern.problem(in: text) { throw .badPattern(problem) }
        do throws(ConfigurationError) {
            return try FilterPattern(text)
        } catch {
            throw .badPattern(FilterProblem("\(error)"))
        }
    }

    private static func schedule(
        _ arguments: CallArguments, _ id: EventRuleID
    ) throws(AWSError) -> ScheduleExpression? {
        guard let text = try arguments.string("ScheduleExpression"), !text.isEmpty else { return nil }
        guard let schedule = ScheduleExpression(text) else {
            throw .validation("Parameter ScheduleExpression is not valid.")
        }
        guard id.bus.isDefault else {
            throw .validation("ScheduleExpression is supported only on the default event bus.")
        }
        return schedule
    }

    func describeRule(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let rule = try rule("Name", call, arguments)
        var json = Self.json(rule).objectValue ?? JSONObject()
        json["CreatedBy"] = .string(rule.id.bus.location.account)
        call.succeed(json: JSONValue.object(json).bytes)
    }

    func deleteRule(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let id = try arguments.rule("Name", call)
        submit(call) { writer throws(StoreError) in
            guard let rule = writer.catalog.eventRule(id) else { return .success(nil) }
            guard rule.targets.isEmpty else {
                return .failure(.validation("Rule can't be deleted since it has targets."))
            }
            try writer.deleteEventRule(id)
            return .success(nil)
        }
    }

    func setRule(_ call: ServiceCall, _ arguments: CallArguments, isEnabled: Bool) throws(AWSError) {
        change(try arguments.rule("Name", call), call) { rule throws(AWSError) in
            rule.isEnabled = isEnabled
            return nil
        }
    }

    func listRules(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let bus = try existingBus(call, arguments)
        let prefix = try arguments.string("NamePrefix") ?? ""
        let all = store.catalog.snapshot.eventRules(of: bus).filter { $0.id.name.hasPrefix(prefix) }
        let (rules, next) = try arguments.page(all) { $0.id.name }
        call.succeed(
            json: JSONValue.object(having: [
                ("Rules", .array(rules.map { Self.json($0) })), ("NextToken", JSONValue(optional: next)),
            ]).bytes)
    }

    func listRuleNamesByTarget(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let bus = try existingBus(call, arguments)
        guard let target = try arguments.string("TargetArn") else {
            throw .constraint(nil, at: "targetArn", "not be null")
        }
        let all = store.catalog.snapshot.eventRules(of: bus).filter { rule in
            rule.targets.contains { $0.arn.description == target }
        }
        let (rules, next) = try arguments.page(all) { $0.id.name }
        call.succeed(
            json: JSONValue.object(having: [
                ("RuleNames", .array(rules.map { .string($0.id.name) })),
                ("NextToken", JSONValue(optional: next)),
            ]).bytes)
    }

    private static func json(_ rule: EventRule) -> JSONValue {
        .object(having: [
            ("Name", .string(rule.id.name)), ("Arn", .string(rule.id.arn.description)),
            ("EventPattern", JSONValue(optional: rule.pattern?.text)),
            ("ScheduleExpression", JSONValue(optional: rule.schedule?.text)),
            ("State", .string(rule.isEnabled ? "ENABLED" : "DISABLED")),
            ("Description", JSONValue(optional: rule.description)),
            ("RoleArn", JSONValue(optional: rule.roleARN)), ("EventBusName", .string(rule.id.bus.name)),
        ])
    }

    // MARK: - Lookup

    func rule(
        _ member: String, _ call: ServiceCall, _ arguments: CallArguments
    ) throws(AWSError) -> EventRule {
        let id = try arguments.rule(member, call)
        let catalog = store.catalog.snapshot
        guard catalog.eventBus(id.bus) != nil else { throw .noBus(id.bus) }
        guard let rule = catalog.eventRule(id) else { throw .noRule(id) }
        return rule
    }

    private func existingBus(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) -> EventBusID {
        let bus = try arguments.bus("EventBusName", call)
        guard store.catalog.snapshot.eventBus(bus) != nil else { throw .noBus(bus) }
        return bus
    }
}
