import Digest
package import EventModel
import MappingCore
import SQLite

/// A request that waits for an HTTP endpoint.
package struct TopicDelivery: Equatable, Sendable {
    package let id: Int64
    package let subscription: SubscriptionKey
    package let due: Timestamp
    /// How often it was tried.
    package let attempts: Int
    /// `Notification` or `SubscriptionConfirmation`.
    package let kind: String
    package let messageID: String
    package let body: [UInt8]
}

/// What becomes of a delivery after an attempt.
package enum DeliveryOutcome: Equatable, Sendable {
    case delivered
    /// It failed and is tried again at that time.
    case retry(at: Timestamp)
    /// It failed for good: to the dead-letter queue of its subscription if there is one.
    case givenUp
}

extension StoreWriter {
    /// Adds a delivery that is due now.
    func addDelivery(
        to subscription: SubscriptionDefinition, kind: String, messageID: String, body: [UInt8]
    ) throws(StoreError) {
        try run(
            """
            INSERT INTO topic_delivery (subscription, due_ms, attempts, kind, message_id, body)
            VALUES (?1, ?2, 0, ?3, ?4, ?5)
            """
        ) { statement in
            statement.bind(1, subscription.key.rawValue)
            statement.bind(2, now.millisecondsSinceEpoch)
            statement.bind(3, kind)
            statement.bind(4, messageID)
            statement.bind(5, body)
        }
        topics.waitingDeliveries += 1
        effects.hasTopicDeliveries = true
    }

    func checkRoomForDelivery() throws(StoreError) {
        guard topics.waitingDeliveries < SubscriptionLimits.waitingDeliveries else {
            throw .limit(
                "\(SubscriptionLimits.waitingDeliveries) deliveries wait for HTTP endpoints; no more are taken."
            )
        }
    }

    /// Asks a pending subscription's owner to confirm it; does nothing for others.
    func requestConfirmation(of subscription: SubscriptionDefinition) throws(StoreError) {
        guard case .pending(let token, _) = subscription.confirmation,
            let topic = definitions.topics.topics[subscription.topic]
        else { return }
        try makeSignerIfNeeded()
        let id = RandomBytes.uuid()
        let text =
            "You have chosen to subscribe to the topic \(topic.arn).\n"
            + "To confirm the subscription, visit the SubscribeURL included in this message."
        let envelope = NotificationEnvelope(
            kind: .subscriptionConfirmation(token: token), messageID: id, topicARN: topic.arn.description,
            subject: nil, message: Array(text.utf8), timestamp: now.iso8601Milliseconds,
            subscribeURL: publishing.address.confirmation(topic: topic.arn, token: token))
        try addDelivery(
            to: subscription, kind: envelope.kind.name, messageID: id,
            body: envelope.json(publishing.proof(of: envelope, topic, topics.signer)))
    }

    /// Makes the end of an attempt durable; a delivery whose subscription ended meanwhile is passed over.
    ///
    /// - Returns: False when a message that was given up had no dead-letter queue to go to.
    package func finishDelivery(_ id: Int64, _ outcome: DeliveryOutcome) throws(StoreError) -> Bool {
        guard let delivery = try delivery(id) else { return true }
        switch outcome {
        case .delivered:
            try removeDelivery(id)
            return true
        case .retry(let moment):
            try run("UPDATE topic_delivery SET attempts = attempts + 1, due_ms = ?2 WHERE id = ?1") {
                statement in
                statement.bind(1, id)
                statement.bind(2, moment.millisecondsSinceEpoch)
            }
            return true
        case .givenUp:
            try removeDelivery(id)
            guard delivery.kind == NotificationEnvelope.Kind.notification.name else { return true }
            return try moveToDeadLetter(delivery)
        }
    }

    private func moveToDeadLetter(_ delivery: TopicDelivery) throws(StoreError) -> Bool {
        guard let subscription = definitions.topics.subscriptions[delivery.subscription],
            let target = subscription.settings.redriveTarget, let queue = catalog.queue(target),
            !queue.isFIFO,
            delivery.body.count <= queue.attributes.maximumMessageBytes
        else { return false }
        var batch = MessageBatch()
        batch.append(body: delivery.body, md5: publishing.hasher.hash(delivery.body).value)
        _ = try send(batch, to: queue.key)
        return true
    }

    private func delivery(_ id: Int64) throws(StoreError) -> TopicDelivery? {
        let statement = try statement(
            "SELECT id, subscription, due_ms, attempts, kind, message_id, body FROM topic_delivery WHERE id = ?1"
        )
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, id)
            defer { statement.reset() }
            return try statement.step() ? TopicDelivery(statement) : nil
        }
    }

    private func removeDelivery(_ id: Int64) throws(StoreError) {
        try run("DELETE FROM topic_delivery WHERE id = ?1") { $0.bind(1, id) }
        topics.waitingDeliveries -= 1
    }

    func removeDeliveries(of subscription: SubscriptionKey) throws(StoreError) {
        let before = connection.totalChanges
        try run("DELETE FROM topic_delivery WHERE subscription = ?1") { $0.bind(1, subscription.rawValue) }
        topics.waitingDeliveries -= Int(connection.totalChanges - before)
    }
}

extension StoreReader {
    /// What waits for one subscription's endpoint, what is due first coming first.
    package func deliveries(
        to subscription: SubscriptionKey, limit: Int
    ) throws(StoreError) -> [TopicDelivery] {
        let statement = try statement(
            """
            SELECT id, subscription, due_ms, attempts, kind, message_id, body FROM topic_delivery
            WHERE subscription = ?1 ORDER BY due_ms, id LIMIT ?2
            """)
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, subscription.rawValue)
            statement.bind(2, Int64(limit))
            defer { statement.reset() }
            var found: [TopicDelivery] = []
            while try statement.step() { found.append(TopicDelivery(statement)) }
            return found
        }
    }
}

extension StoreReader {
    /// How many deliveries wait for each subscription; looks through all of them.
    package func waitingDeliveries() throws(StoreError) -> [SubscriptionKey: Int] {
        let statement = try statement(
            "SELECT subscription, count(*) FROM topic_delivery GROUP BY subscription")
        return try storeErrors { () throws(SQLiteError) in
            defer { statement.reset() }
            var counts: [SubscriptionKey: Int] = [:]
            while try statement.step() {
                counts[SubscriptionKey(rawValue: statement.int(0))] = Int(statement.int(1))
            }
            return counts
        }
    }
}

extension TopicDelivery {
    /// The columns in the order of the members.
    fileprivate init(_ row: Statement) {
        id = row.int(0)
        subscription = SubscriptionKey(rawValue: row.int(1))
        due = Timestamp(millisecondsSinceEpoch: row.int(2))
        attempts = Int(row.int(3))
        kind = row.text(4)
        messageID = row.text(5)
        body = row.array(6)
    }
}
