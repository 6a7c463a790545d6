package import EventModel

extension TemplatePlan {
    package struct Topic: Equatable, Sendable {
        package var name: String
        package var settings: TopicSettings
        package var tags: [String: String]
    }

    /// A subscription, found again by its topic and endpoint.
    package struct Subscription: Equatable, Sendable {
        /// Of this plan or already there.
        package var topic: ARN
        package var endpoint: SubscriptionEndpoint
        package var settings: SubscriptionSettings
        package var origin: String
    }

    /// Who may use a topic, as bookkeeping.
    package struct TopicPolicy: Equatable, Sendable {
        package var topic: ARN
        package var document: LateText
        package var origin: String
    }
}
