import Digest
package import EventModel
import MappingCore
import SQLite

// MARK: - Buses

extension StoreWriter {
    /// Creates a bus or replaces what is known of it.
    package func putEventBus(_ bus: EventBusDefinition) throws(StoreError) {
        try run(
            "INSERT OR REPLACE INTO event_bus (account, region, name, settings) VALUES (?1, ?2, ?3, ?4)"
        ) { statement in
            statement.bind(bus.id)
            statement.bind(4, EventCodec.text(bus))
        }
        changeDefinitions { $0.events.put(bus) }
    }

    /// Deletes a bus; one that is not there counts as deleted.
    ///
    /// - Throws: `.conflict` while it has rules.
    package func deleteEventBus(_ id: EventBusID) throws(StoreError) {
        guard catalog.eventRules(of: id).isEmpty else {
            throw .conflict("Event bus can't be deleted since it has rules.")
        }
        try run("DELETE FROM event_bus WHERE account = ?1 AND region = ?2 AND name = ?3") { $0.bind(id) }
        changeDefinitions { $0.events.removeBus(id) }
    }
}

// MARK: - Rules

extension StoreWriter {
    /// Creates a rule or replaces it, targets included.
    ///
    /// A schedule begins to count when it is new, changed or switched on; else it goes on as it was.
    /// - Throws: `.notFound` when there is no such bus.
    package func putEventRule(_ rule: EventRule) throws(StoreError) {
        guard catalog.eventBus(rule.id.bus) != nil else { throw .notFound("Event bus \(rule.id.bus.name)") }
        let old = catalog.eventRule(rule.id)
        let due: Timestamp?
        if let old, old.isEnabled, rule.isEnabled, old.schedule == rule.schedule {
            due = try self.due(of: rule.id)
        } else {
            due = rule.isEnabled ? rule.schedule?.next(after: now, anchor: now) : nil
        }
        try run(
            """
            INSERT INTO event_rule (account, region, bus, name, definition, due_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (account, region, bus, name) DO UPDATE SET definition = ?5, due_ms = ?6
            """
        ) { statement in
            statement.bind(rule.id)
            statement.bind(5, EventCodec.text(rule))
            if let due { statement.bind(6, due.millisecondsSinceEpoch) } else { statement.bindNull(6) }
        }
        changeDefinitions { $0.events.put(rule) }
        effects.hasEventSchedule = true
    }

    /// Deletes a rule with what waits for its targets; one that is not there counts as deleted.
    package func deleteEventRule(_ id: EventRuleID) throws(StoreError) {
        try run("DELETE FROM event_rule WHERE account = ?1 AND region = ?2 AND bus = ?3 AND name = ?4") {
            $0.bind(id)
        }
        try run("DELETE FROM event_delivery WHERE account = ?1 AND region = ?2 AND bus = ?3 AND rule = ?4") {
            $0.bind(id)
        }
        changeDefinitions { $0.events.removeRule(id) }
    }

    private func due(of id: EventRuleID) throws(StoreError) -> Timestamp? {
        let rows = try statement(
            """
            SELECT due_ms FROM event_rule
            WHERE account = ?1 AND region = ?2 AND bus = ?3 AND name = ?4 AND due_ms IS NOT NULL
            """)
        return try attempt { () throws(SQLiteError) in
            rows.bind(id)
            defer { rows.reset() }
            return try rows.step() ? Timestamp(millisecondsSinceEpoch: rows.int(0)) : nil
        }
    }
}

// MARK: - Schedules

extension StoreWriter {
    private struct DueRule {
        let id: EventRuleID
        let due: Timestamp
    }

    /// Puts the events of scheduled rules whose time has come to their targets, and notes when they come next: one
    /// commit, so that no moment fires twice.
    ///
    /// A rule that is late fires once and then goes on from now.
    /// - Returns: How many fired.
    package func fireEventSchedules(limit: Int) throws(StoreError) -> Int {
        let rules = try rulesDue(atOrBefore: now, limit: limit)
        for rule in rules {
            if let definition = catalog.eventRule(rule.id) {
                let event = BusEvent.scheduled(rule.id, at: rule.due)
                let text = event.document(id: RandomBytes.uuid(), now: now)
                guard let delivery = EventOnItsWay(text, hops: 1) else {
                    preconditionFailure("a scheduled event has an empty detail")
                }
                try deliver(delivery, by: [definition])
            }
            try setNextDue(of: rule)
        }
        return rules.count
    }

    /// Passes over moments that went by while nobody was there to fire: all that are older than `age`.
    package func passOverMissedSchedules(olderThan age: Duration) throws(StoreError) {
        for rule in try rulesDue(atOrBefore: now - age, limit: Int.max) { try setNextDue(of: rule) }
    }

    private func rulesDue(atOrBefore moment: Timestamp, limit: Int) throws(StoreError) -> [DueRule] {
        let rows = try statement(
            """
            SELECT account, region, bus, name, due_ms FROM event_rule
            WHERE due_ms IS NOT NULL AND due_ms <= ?1 ORDER BY due_ms LIMIT ?2
            """)
        return try attempt { () throws(SQLiteError) in
            var found: [DueRule] = []
            rows.bind(1, moment.millisecondsSinceEpoch)
            rows.bind(2, Int64(limit))
            defer { rows.reset() }
            while try rows.step() {
                let bus = EventBusID(
                    location: Location(account: rows.text(0), region: rows.text(1)), name: rows.text(2))
                found.append(
                    DueRule(
                        id: EventRuleID(bus: bus, name: rows.text(3)),
                        due: Timestamp(millisecondsSinceEpoch: rows.int(4))))
            }
            return found
        }
    }

    private func setNextDue(of rule: DueRule) throws(StoreError) {
        let next = catalog.eventRule(rule.id)?.schedule?.next(after: now, anchor: rule.due)
        try run(
            """
            UPDATE event_rule SET due_ms = ?5
            WHERE account = ?1 AND region = ?2 AND bus = ?3 AND name = ?4
            """
        ) { statement in
            statement.bind(rule.id)
            if let next { statement.bind(5, next.millisecondsSinceEpoch) } else { statement.bindNull(5) }
        }
        effects.hasEventSchedule = true
    }
}

extension StoreReader {
    /// When a rule or a waiting delivery comes next; `nil` when none does.
    package func nextEventDue() throws(StoreError) -> Timestamp? {
        let rows = try statement(
            """
            SELECT min(due_ms) FROM (
                SELECT min(due_ms) AS due_ms FROM event_rule WHERE due_ms IS NOT NULL
                UNION ALL SELECT min(due_ms) FROM event_delivery)
            """)
        return try storeErrors { () throws(SQLiteError) in
            defer { rows.reset() }
            guard try rows.step(), !rows.isNull(0) else { return nil }
            return Timestamp(millisecondsSinceEpoch: rows.int(0))
        }
    }
}

extension Statement {
    /// As parameters 1 to 3.
    func bind(_ bus: EventBusID) {
        bind(1, bus.location.account)
        bind(2, bus.location.region)
        bind(3, bus.name)
    }

    /// As parameters 1 to 4.
    func bind(_ rule: EventRuleID) {
        bind(rule.bus)
        bind(4, rule.name)
    }
}
