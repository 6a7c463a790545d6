import Digest
import EventModel
import SQLite

// MARK: - What could not be delivered

extension StoreWriter {
    /// Keeps an event for another attempt, or gives it up.
    ///
    /// - Parameters:
    ///   - attempts: Those made so far, this one included.
    ///   - first: When the first one was made.
    func settle(
        _ outcome: TargetOutcome, of event: EventOnItsWay, _ target: RuleTarget, _ rule: EventRuleID,
        attempts: Int, since first: Timestamp
    ) throws(StoreError) {
        switch outcome {
        case .delivered: return
        case .refused(let code, let reason):
            try giveUp(event, target, rule, code: code, reason, retries: attempts - 1, exhausted: nil)
        case .busy(let reason):
            let due = now + Self.pause(afterAttempt: attempts)
            var exhausted: String?
            if attempts > target.retryAttempts { exhausted = "MaximumRetryAttempts" }
            if due - first >= .seconds(target.eventAgeSeconds) { exhausted = "MaximumEventAgeInSeconds" }
            let isFull = try waitingEvents() >= EventLimits.waitingDeliveries
            guard exhausted == nil, !isFull else {
                return try giveUp(
                    event, target, rule, code: "THROTTLING", reason, retries: attempts - 1,
                    exhausted: exhausted)
            }
            try keep(event, target, rule, due: due, attempts: attempts, since: first)
        }
    }

    /// 1 s, doubled by each attempt, 5 minutes at most (own choice; AWS tells no numbers).
    private static func pause(afterAttempt attempts: Int) -> Duration {
        .seconds(min(300, 1 << min(attempts - 1, 9)))
    }

    private func waitingEvents() throws(StoreError) -> Int {
        let rows = try statement("SELECT count(*) FROM event_delivery")
        return try attempt { () throws(SQLiteError) in
            defer { rows.reset() }
            return try rows.step() ? Int(rows.int(0)) : 0
        }
    }

    private func keep(
        _ event: EventOnItsWay, _ target: RuleTarget, _ rule: EventRuleID, due: Timestamp, attempts: Int,
        since first: Timestamp
    ) throws(StoreError) {
        _ = try insert(
            """
            INSERT INTO event_delivery (account, region, bus, rule, target, hops, first_ms, due_ms, attempts, event)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """
        ) { statement in
            statement.bind(rule)
            statement.bind(5, target.id)
            statement.bind(6, Int64(event.hops))
            statement.bind(7, first.millisecondsSinceEpoch)
            statement.bind(8, due.millisecondsSinceEpoch)
            statement.bind(9, Int64(attempts))
            statement.bind(10, event.document)
        }
        effects.hasEventSchedule = true
    }

    /// Sends the event to the target's dead-letter queue, if it has one that is there.
    private func giveUp(
        _ event: EventOnItsWay, _ target: RuleTarget, _ rule: EventRuleID, code: String, _ reason: String,
        retries: Int, exhausted: String?
    ) throws(StoreError) {
        guard let arn = target.deadLetterTarget, let queue = catalog.queue(arn), !queue.isFIFO else { return }
        var facts: [(String, String, String)] = [
            ("ERROR_CODE", "String", code), ("ERROR_MESSAGE", "String", reason),
            ("RETRY_ATTEMPTS", "Number", String(retries)), ("RULE_ARN", "String", rule.arn.description),
            ("TARGET_ARN", "String", target.arn.description),
        ]
        if let exhausted { facts.append(("EXHAUSTED_RETRY_CONDITION", "String", exhausted)) }
        let attributes =
            facts
            .map { TopicPublication.Attribute(name: $0.0, type: $0.1, value: Array($0.2.utf8)) }
            .sorted { $0.name < $1.name }
        var batch = MessageBatch(bytes: event.document)
        batch.bytes.append(contentsOf: MessageAttributeText.stored(attributes))
        let body = 0..<event.document.count
        let digest = publishing.hasher.hash(MessageAttributeText.digested(attributes)).value
        batch.entries = [
            MessageBatch.Entry(
                body: body, bodyMD5: publishing.hasher.hash(event.document).value,
                attributes: body.upperBound..<batch.bytes.count, attributesMD5: digest)
        ]
        let size = facts.reduce(body.count) { $0 + $1.0.utf8.count + $1.1.utf8.count + $1.2.utf8.count }
        guard size <= queue.attributes.maximumMessageBytes else { return }
        _ = try send(batch, to: queue.key)
    }
}

// MARK: - Another attempt

extension StoreWriter {
    private struct Waiting {
        let id: Int64
        let rule: EventRuleID
        let target: String
        let hops: Int
        let first: Timestamp
        let attempts: Int
        let event: [UInt8]
    }

    /// Offers events again whose time has come; those of targets that are gone are dropped.
    ///
    /// - Returns: How many were offered.
    package func retryEvents(limit: Int) throws(StoreError) -> Int {
        let due = try eventsDue(limit: limit)
        for waiting in due {
            try run("DELETE FROM event_delivery WHERE id = ?1") { $0.bind(1, waiting.id) }
            let targets = catalog.eventRule(waiting.rule)?.targets ?? []
            guard let target = targets.first(where: { $0.id == waiting.target }),
                let event = EventOnItsWay(waiting.event, hops: waiting.hops)
            else { continue }
            let outcome = try send(event, to: target, of: waiting.rule)
            try settle(
                outcome, of: event, target, waiting.rule, attempts: waiting.attempts + 1, since: waiting.first
            )
        }
        if !due.isEmpty { effects.hasEventSchedule = true }
        return due.count
    }

    private func eventsDue(limit: Int) throws(StoreError) -> [Waiting] {
        let rows = try statement(
            """
            SELECT id, account, region, bus, rule, target, hops, first_ms, attempts, event FROM event_delivery
            WHERE due_ms <= ?1 ORDER BY due_ms, id LIMIT ?2
            """)
        return try attempt { () throws(SQLiteError) in
            var found: [Waiting] = []
            rows.bind(1, now.millisecondsSinceEpoch)
            rows.bind(2, Int64(limit))
            defer { rows.reset() }
            while try rows.step() {
                let bus = EventBusID(
                    location: Location(account: rows.text(1), region: rows.text(2)), name: rows.text(3))
                found.append(
                    Waiting(
                        id: rows.int(0), rule: EventRuleID(bus: bus, name: rows.text(4)),
                        target: rows.text(5), hops: Int(rows.int(6)),
                        first: Timestamp(millisecondsSinceEpoch: rows.int(7)), attempts: Int(rows.int(8)),
                        event: rows.array(9)))
            }
            return found
        }
    }
}
