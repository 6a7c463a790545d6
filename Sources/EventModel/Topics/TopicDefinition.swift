/// The small integer that stands for a topic inside the store; never reused.
package struct TopicKey: Hashable, Comparable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: TopicKey, right: TopicKey) -> Bool { left.rawValue < right.rawValue }
}

/// A topic's identity and settings, without its subscriptions.
package struct TopicDefinition: Equatable, Sendable {
    package let key: TopicKey
    package let name: String
    package let location: Location
    package var settings: TopicSettings
    package var tags: [String: String]
    package let createdAt: Timestamp
    /// Subscriptions that ended while the topic was there.
    package var deletedSubscriptions = 0

    package init(
        key: TopicKey, name: String, location: Location, settings: TopicSettings, tags: [String: String],
        createdAt: Timestamp, deletedSubscriptions: Int = 0
    ) {
        self.key = key
        self.name = name
        self.location = location
        self.settings = settings
        self.tags = tags
        self.createdAt = createdAt
        self.deletedSubscriptions = deletedSubscriptions
    }

    package var arn: ARN { location.arn("sns", name) }
}

/// The settable attributes of a topic (SNS API, `SetTopicAttributes`).
package struct TopicSettings: Equatable, Sendable {
    package var displayName = ""
    package var signatureVersion = SignatureVersion.one
    /// How deliveries to HTTP endpoints are made where a subscription does not say it.
    package var delivery: WebDeliveryPolicy?
    /// Attributes that have no behaviour here and are kept as given (`Policy`, `KmsMasterKeyId`, …), by AWS name.
    package var bookkeeping: [String: String] = [:]

    package init() {}
}

/// How notifications are signed.
package enum SignatureVersion: String, Sendable {
    /// RSA over a SHA-1 digest, the default.
    case one = "1"
    /// RSA over a SHA-256 digest.
    case two = "2"
}
