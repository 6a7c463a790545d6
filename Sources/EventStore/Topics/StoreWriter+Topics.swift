import Digest
package import EventModel
import SQLite

// MARK: - Topics

extension StoreWriter {
    /// - Throws: `.conflict` when a topic of that name exists.
    package func createTopic(
        name: String, location: Location, settings: TopicSettings, tags: [String: String]
    ) throws(StoreError) -> TopicDefinition {
        guard catalog.topic(named: name, in: location) == nil else {
            throw .conflict("Topic \(name) exists already.")
        }
        let moment = now
        func definition(_ key: Int64) -> TopicDefinition {
            TopicDefinition(
                key: TopicKey(rawValue: key), name: name, location: location, settings: settings, tags: tags,
                createdAt: moment)
        }
        let text = TopicCodec.text(definition(0))
        let key = try insert(
            "INSERT INTO topic (account, region, name, settings, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
        ) { statement in
            statement.bind(1, location.account)
            statement.bind(2, location.region)
            statement.bind(3, name)
            statement.bind(4, text)
            statement.bind(5, moment.millisecondsSinceEpoch)
        }
        let topic = definition(key)
        changeDefinitions { $0.topics.put(topic) }
        return topic
    }

    /// Makes the data directory's key before the first signature, which takes about 0.1 s.
    func makeSignerIfNeeded() throws(StoreError) {
        guard topics.signer == nil else { return }
        let made = MessageSigner.make(
            commonName: "sns.millrace.invalid", from: Int(now.millisecondsSinceEpoch / 1_000))
        try run("INSERT OR REPLACE INTO topic_signer (id, private_key, certificate) VALUES (1, ?1, ?2)") {
            statement in
            statement.bind(1, made.privateKey)
            statement.bind(2, made.certificate)
        }
        topics.signer = NotificationSigner(made)
    }

    /// Replaces settings and tags.
    package func updateTopic(
        _ key: TopicKey, settings: TopicSettings, tags: [String: String]
    ) throws(StoreError) -> TopicDefinition {
        var topic = try existing(key)
        topic.settings = settings
        topic.tags = tags
        try store(topic)
        return topic
    }

    private func store(_ topic: TopicDefinition) throws(StoreError) {
        try run("UPDATE topic SET settings = ?2 WHERE key = ?1") { statement in
            statement.bind(1, topic.key.rawValue)
            statement.bind(2, TopicCodec.text(topic))
        }
        changeDefinitions { $0.topics.put(topic) }
    }

    /// Deletes a topic with its subscriptions and with the deliveries that wait for them.
    package func deleteTopic(_ key: TopicKey) throws(StoreError) {
        let topic = try existing(key)
        for subscription in definitions.topics.subscribers(of: key) {
            try removeDeliveries(of: subscription.key)
        }
        try run("DELETE FROM topic_subscription WHERE topic = ?1") { $0.bind(1, key.rawValue) }
        try run("DELETE FROM topic WHERE key = ?1") { $0.bind(1, key.rawValue) }
        changeDefinitions { $0.topics.remove(topic) }
    }

    private func existing(_ key: TopicKey) throws(StoreError) -> TopicDefinition {
        guard let topic = definitions.topics.topics[key] else { throw .notFound("The topic") }
        return topic
    }
}

// MARK: - Subscriptions

extension StoreWriter {
    /// Adds a subscription; one that has to be confirmed gets the request for it in the same commit.
    ///
    /// - Parameter id: A UUID in lower case that no subscription has.
    /// - Throws: `.notFound` when the topic is gone, `.conflict` when the ID is taken, `.limit` when more deliveries
    ///   wait than may.
    package func subscribe(
        _ endpoint: SubscriptionEndpoint, to topic: TopicKey, id: String, settings: SubscriptionSettings,
        confirmation: SubscriptionConfirmation
    ) throws(StoreError) -> SubscriptionDefinition {
        let arn = try existing(topic).arn
        guard definitions.topics.subscriptionKeys[id] == nil else {
            throw .conflict("Subscription \(id) exists already.")
        }
        if case .pending = confirmation { try checkRoomForDelivery() }
        func definition(_ key: Int64) -> SubscriptionDefinition {
            SubscriptionDefinition(
                key: SubscriptionKey(rawValue: key), id: id, topic: topic, topicARN: arn, endpoint: endpoint,
                settings: settings, confirmation: confirmation)
        }
        let text = TopicCodec.text(definition(0))
        let key = try insert("INSERT INTO topic_subscription (topic, id, definition) VALUES (?1, ?2, ?3)") {
            statement in
            statement.bind(1, topic.rawValue)
            statement.bind(2, id)
            statement.bind(3, text)
        }
        let subscription = definition(key)
        changeDefinitions { $0.topics.put(subscription) }
        try requestConfirmation(of: subscription)
        return subscription
    }

    /// Replaces settings and confirmation; one that is pending gets a new request to confirm.
    package func updateSubscription(
        _ key: SubscriptionKey, settings: SubscriptionSettings, confirmation: SubscriptionConfirmation
    ) throws(StoreError) -> SubscriptionDefinition {
        var subscription = try existing(key)
        var isNewToken = false
        if case .pending = confirmation { isNewToken = subscription.confirmation != confirmation }
        if isNewToken { try checkRoomForDelivery() }
        if case .pending(let token, _) = subscription.confirmation, case .confirmed = confirmation {
            subscription.usedToken = token
        }
        subscription.settings = settings
        subscription.confirmation = confirmation
        let changed = subscription
        try run("UPDATE topic_subscription SET definition = ?2 WHERE key = ?1") { statement in
            statement.bind(1, key.rawValue)
            statement.bind(2, TopicCodec.text(changed))
        }
        changeDefinitions { $0.topics.put(changed) }
        if isNewToken { try requestConfirmation(of: changed) }
        return changed
    }

    /// Ends a subscription; what waits for it is dropped.
    package func unsubscribe(_ key: SubscriptionKey) throws(StoreError) {
        let subscription = try existing(key)
        try removeDeliveries(of: key)
        try run("DELETE FROM topic_subscription WHERE key = ?1") { $0.bind(1, key.rawValue) }
        changeDefinitions { $0.topics.remove(subscription) }
        if var topic = definitions.topics.topics[subscription.topic] {
            topic.deletedSubscriptions += 1
            try store(topic)
        }
    }

    private func existing(_ key: SubscriptionKey) throws(StoreError) -> SubscriptionDefinition {
        guard let subscription = definitions.topics.subscriptions[key] else {
            throw .notFound("The subscription")
        }
        return subscription
    }
}
