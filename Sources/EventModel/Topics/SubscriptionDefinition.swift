/// The small integer that stands for a subscription inside the store; never reused.
package struct SubscriptionKey: Hashable, Comparable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: SubscriptionKey, right: SubscriptionKey) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Who gets the messages of a topic, and in which form.
package struct SubscriptionDefinition: Equatable, Sendable {
    package let key: SubscriptionKey
    /// A UUID in lower case, the last part of the ARN.
    package let id: String
    package let topic: TopicKey
    package let topicARN: ARN
    package let endpoint: SubscriptionEndpoint
    package var settings: SubscriptionSettings
    package var confirmation: SubscriptionConfirmation
    /// The token that confirmed it: who follows the link of the request twice is told the same twice.
    package var usedToken: String?

    package init(
        key: SubscriptionKey, id: String, topic: TopicKey, topicARN: ARN, endpoint: SubscriptionEndpoint,
        settings: SubscriptionSettings, confirmation: SubscriptionConfirmation
    ) {
        self.key = key
        self.id = id
        self.topic = topic
        self.topicARN = topicARN
        self.endpoint = endpoint
        self.settings = settings
        self.confirmation = confirmation
    }

    package var arn: ARN {
        ARN(
            partition: topicARN.partition, service: topicARN.service, region: topicARN.region,
            account: topicARN.account, resource: "\(topicARN.resource):\(id)")
    }

    package var isConfirmed: Bool {
        switch confirmation {
        case .pending: false
        case .confirmed: true
        }
    }
}

/// Where a subscription's messages go.
package enum SubscriptionEndpoint: Hashable, Sendable {
    case queue(ARN)
    /// A URL that begins with `http://` or, when secure, with `https://`.
    case web(url: String, isSecure: Bool)

    /// `sqs`, `http` or `https`, as on the wire.
    package var protocolName: String {
        switch self {
        case .queue: "sqs"
        case .web(_, let isSecure): isSecure ? "https" : "http"
        }
    }

    package var text: String {
        switch self {
        case .queue(let arn): arn.description
        case .web(let url, _): url
        }
    }
}

/// Whether the endpoint's owner wants the messages.
package enum SubscriptionConfirmation: Equatable, Sendable {
    /// Waits for `ConfirmSubscription` with this token, for `SubscriptionLimits.confirmationLifetime`.
    case pending(token: String, since: Timestamp)
    /// - Parameters:
    ///   - wasAuthenticated: The subscriber proved who it is, or is a queue of the account.
    ///   - guardsUnsubscribe: Only signed requests may end it (`AuthenticateOnUnsubscribe`).
    case confirmed(wasAuthenticated: Bool, guardsUnsubscribe: Bool)
}

/// The settable attributes of a subscription (SNS API, `SetSubscriptionAttributes`).
package struct SubscriptionSettings: Equatable, Sendable {
    /// The message alone is delivered, without the JSON envelope.
    package var isRaw = false
    package var filter: TopicFilter?
    /// Scope of the filter; kept apart because it may be set before there is a policy.
    package var filterScope = TopicFilter.Scope.messageAttributes
    /// The queue for messages that could not be delivered.
    package var redriveTarget: ARN?
    /// For HTTP endpoints, instead of the topic's.
    package var delivery: WebDeliveryPolicy?

    package init() {}
}

/// Bounds of topics and their subscriptions.
package enum SubscriptionLimits {
    /// How long a token confirms a subscription (SNS developer guide, "Confirm the subscription").
    package static let confirmationLifetime = Duration.seconds(2 * 86_400)
    /// Bytes of a message with its attributes (SNS quotas).
    package static let messageBytes = 262_144
    /// Deliveries to HTTP endpoints that wait in one data directory (own choice); more are refused.
    package static let waitingDeliveries = 100_000
    /// Message attributes that raw delivery to a queue can carry (SNS developer guide, "Raw message delivery").
    package static let rawAttributes = 10
}
