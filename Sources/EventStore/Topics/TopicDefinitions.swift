package import EventModel

/// Topics and their subscriptions in memory.
struct TopicDefinitions: Sendable {
    private(set) var topics: [TopicKey: TopicDefinition] = [:]
    private(set) var keys: [ResourceName: TopicKey] = [:]
    private(set) var subscriptions: [SubscriptionKey: SubscriptionDefinition] = [:]
    /// By the UUID in the ARN.
    private(set) var subscriptionKeys: [String: SubscriptionKey] = [:]
    /// Oldest first.
    private(set) var ofTopic: [TopicKey: [SubscriptionKey]] = [:]

    mutating func put(_ topic: TopicDefinition) {
        topics[topic.key] = topic
        keys[ResourceName(location: topic.location, name: topic.name)] = topic.key
    }

    mutating func put(_ subscription: SubscriptionDefinition) {
        if subscriptions.updateValue(subscription, forKey: subscription.key) == nil {
            subscriptionKeys[subscription.id] = subscription.key
            ofTopic[subscription.topic, default: []].append(subscription.key)
        }
    }

    mutating func remove(_ topic: TopicDefinition) {
        for key in ofTopic[topic.key] ?? [] {
            if let subscription = subscriptions.removeValue(forKey: key) {
                subscriptionKeys[subscription.id] = nil
            }
        }
        ofTopic[topic.key] = nil
        topics[topic.key] = nil
        keys[ResourceName(location: topic.location, name: topic.name)] = nil
    }

    mutating func remove(_ subscription: SubscriptionDefinition) {
        subscriptions[subscription.key] = nil
        subscriptionKeys[subscription.id] = nil
        ofTopic[subscription.topic]?.removeAll { $0 == subscription.key }
    }

    func subscribers(of topic: TopicKey) -> [SubscriptionDefinition] {
        (ofTopic[topic] ?? []).compactMap { subscriptions[$0] }
    }
}

// MARK: - From any thread

extension CatalogSnapshot {
    package func topic(_ key: TopicKey) -> TopicDefinition? { all.topics.topics[key] }

    package func topic(named name: String, in location: Location) -> TopicDefinition? {
        all.topics.keys[ResourceName(location: location, name: name)].flatMap { all.topics.topics[$0] }
    }

    /// `nil` too when the ARN names no topic.
    package func topic(_ arn: ARN) -> TopicDefinition? {
        guard arn.service == "sns" else { return nil }
        return topic(named: arn.resource, in: Location(account: arn.account, region: arn.region))
    }

    /// Sorted by name.
    package func topics(in location: Location) -> [TopicDefinition] {
        all.topics.topics.values.filter { $0.location == location }.sorted { $0.name < $1.name }
    }

    package func subscription(_ key: SubscriptionKey) -> SubscriptionDefinition? {
        all.topics.subscriptions[key]
    }

    /// `nil` too when the ARN names no subscription.
    package func subscription(_ arn: ARN) -> SubscriptionDefinition? {
        guard let id = arn.resource.split(separator: ":").last.map(String.init),
            let found = all.topics.subscriptionKeys[id].flatMap({ all.topics.subscriptions[$0] }),
            found.arn == arn
        else { return nil }
        return found
    }

    /// Oldest first, those that wait for their confirmation included.
    package func subscriptions(of topic: TopicKey) -> [SubscriptionDefinition] {
        all.topics.subscribers(of: topic)
    }

    /// Oldest first.
    package func subscriptions(in location: Location) -> [SubscriptionDefinition] {
        all.topics.subscriptions.values
            .filter { $0.topicARN.region == location.region && $0.topicARN.account == location.account }
            .sorted { $0.key < $1.key }
    }

    /// Of all accounts and regions, oldest first: those that deliveries may wait for.
    package var webSubscriptions: [SubscriptionDefinition] {
        all.topics.subscriptions.values
            .filter {
                switch $0.endpoint {
                case .web: true
                case .queue: false
                }
            }
            .sorted { $0.key < $1.key }
    }
}
