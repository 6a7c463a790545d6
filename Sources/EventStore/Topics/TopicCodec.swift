import ByteCoding
import EventModel
import SQLite

/// A topic's settings and a subscription as the file keeps them.
enum TopicCodec {
    static func text(_ topic: TopicDefinition) -> String {
        let settings = topic.settings
        var members: [(String, JSONValue)] = [
            ("displayName", .string(settings.displayName)),
            ("signatureVersion", .string(settings.signatureVersion.rawValue)),
            ("bookkeeping", JSONValue(settings.bookkeeping)), ("tags", JSONValue(topic.tags)),
            ("deletedSubscriptions", JSONValue(topic.deletedSubscriptions)),
        ]
        if let delivery = settings.delivery { members.append(("delivery", .string(delivery.text))) }
        return JSONValue(members: members).text
    }

    static func topic(
        _ text: String, key: TopicKey, name: String, location: Location, createdAt: Timestamp
    ) throws(StoreError) -> TopicDefinition {
        let json = try StoredJSON(text: text, of: "topic \(name)")
        var settings = TopicSettings()
        settings.displayName = json.string("displayName", or: "")
        settings.signatureVersion =
            json.string("signatureVersion").flatMap { SignatureVersion(rawValue: $0) } ?? .one
        settings.bookkeeping = json.strings("bookkeeping")
        if let text = json.string("delivery") {
            settings.delivery = try policy("topic \(name)") { () throws(DeliveryPolicyProblem) in
                try WebDeliveryPolicy(ofTopic: text)
            }
        }
        return TopicDefinition(
            key: key, name: name, location: location, settings: settings, tags: json.strings("tags"),
            createdAt: createdAt, deletedSubscriptions: json.int("deletedSubscriptions", or: 0))
    }

    private static func policy(
        _ owner: String, _ read: () throws(DeliveryPolicyProblem) -> WebDeliveryPolicy
    ) throws(StoreError) -> WebDeliveryPolicy {
        do throws(DeliveryPolicyProblem) {
            return try read()
        } catch {
            throw .corrupt("the delivery policy of \(owner) is not readable: \(error)")
        }
    }
}

// MARK: - Subscriptions

extension TopicCodec {
    static func text(_ subscription: SubscriptionDefinition) -> String {
        let settings = subscription.settings
        var members: [(String, JSONValue)] = [
            ("protocol", .string(subscription.endpoint.protocolName)),
            ("endpoint", .string(subscription.endpoint.text)), ("isRaw", .bool(settings.isRaw)),
            ("filterScope", .string(settings.filterScope.rawValue)),
            ("redriveTarget", JSONValue(settings.redriveTarget)),
        ]
        if let filter = settings.filter { members.append(("filter", .string(filter.text))) }
        if let delivery = settings.delivery { members.append(("delivery", .string(delivery.text))) }
        switch subscription.confirmation {
        case .pending(let token, let since):
            members.append(("token", .string(token)))
            members.append(("since", JSONValue(since)))
        case .confirmed(let wasAuthenticated, let guardsUnsubscribe):
            members.append(("wasAuthenticated", .bool(wasAuthenticated)))
            members.append(("guardsUnsubscribe", .bool(guardsUnsubscribe)))
        }
        if let token = subscription.usedToken { members.append(("usedToken", .string(token))) }
        return JSONValue(members: members).text
    }

    static func subscription(
        _ text: String, key: SubscriptionKey, id: String, topic: TopicDefinition
    ) throws(StoreError) -> SubscriptionDefinition {
        let json = try StoredJSON(text: text, of: "subscription \(id)")
        guard let endpoint = endpoint(json) else { throw .corrupt("subscription \(id) has no endpoint") }
        var settings = SubscriptionSettings()
        settings.isRaw = json.bool("isRaw", or: false)
        settings.filterScope =
            json.string("filterScope").flatMap { TopicFilter.Scope(rawValue: $0) } ?? .messageAttributes
        settings.redriveTarget = json.string("redriveTarget").flatMap { ARN($0) }
        if let text = json.string("filter") {
            do throws(FilterProblem) {
                settings.filter = try TopicFilter(text, scope: settings.filterScope)
            } catch {
                throw .corrupt("the filter policy of subscription \(id) is not readable: \(error.reason)")
            }
        }
        if let text = json.string("delivery") {
            settings.delivery = try policy("subscription \(id)") { () throws(DeliveryPolicyProblem) in
                try WebDeliveryPolicy(ofSubscription: text)
            }
        }
        var subscription = SubscriptionDefinition(
            key: key, id: id, topic: topic.key, topicARN: topic.arn, endpoint: endpoint, settings: settings,
            confirmation: confirmation(json))
        subscription.usedToken = json.string("usedToken")
        return subscription
    }

    private static func endpoint(_ json: StoredJSON) -> SubscriptionEndpoint? {
        guard let text = json.string("endpoint") else { return nil }
        switch json.string("protocol") {
        case "sqs": return ARN(text).map { .queue($0) }
        case "http": return .web(url: text, isSecure: false)
        case "https": return .web(url: text, isSecure: true)
        default: return nil
        }
    }

    private static func confirmation(_ json: StoredJSON) -> SubscriptionConfirmation {
        if let token = json.string("token"), let since = json.timestamp("since") {
            return .pending(token: token, since: since)
        }
        return .confirmed(
            wasAuthenticated: json.bool("wasAuthenticated", or: true),
            guardsUnsubscribe: json.bool("guardsUnsubscribe", or: false))
    }
}

// MARK: - At the start

extension LoadedState {
    mutating func loadTopics(_ connection: Connection) throws(StoreError) {
        let rows = try storeErrors { () throws(SQLiteError) in
            try connection.prepare("SELECT key, account, region, name, settings, created_ms FROM topic")
        }
        while try storeErrors({ () throws(SQLiteError) in try rows.step() }) {
            definitions.topics.put(
                try TopicCodec.topic(
                    rows.text(4), key: TopicKey(rawValue: rows.int(0)), name: rows.text(3),
                    location: Location(account: rows.text(1), region: rows.text(2)),
                    createdAt: Timestamp(millisecondsSinceEpoch: rows.int(5))))
        }
        let subscribers = try storeErrors { () throws(SQLiteError) in
            try connection.prepare("SELECT key, topic, id, definition FROM topic_subscription ORDER BY key")
        }
        while try storeErrors({ () throws(SQLiteError) in try subscribers.step() }) {
            guard let topic = definitions.topics.topics[TopicKey(rawValue: subscribers.int(1))] else {
                throw .corrupt("subscription \(subscribers.text(2)) has no topic")
            }
            definitions.topics.put(
                try TopicCodec.subscription(
                    subscribers.text(3), key: SubscriptionKey(rawValue: subscribers.int(0)),
                    id: subscribers.text(2), topic: topic))
        }
        topics = try storeErrors { () throws(SQLiteError) in try TopicState(reading: connection) }
    }
}
