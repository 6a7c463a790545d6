/// A message on its way to a topic.
package struct TopicPublication: Sendable {
    /// A message attribute; name and type are those of the wire, the value is plain.
    package struct Attribute: Equatable, Sendable {
        package let name: String
        /// `String`, `String.Array`, `Number`, `Binary`, or one of them with a label behind a dot.
        package let type: String
        /// UTF-8, or the bytes of a binary value.
        package let value: [UInt8]

        package init(name: String, type: String, value: [UInt8]) {
            self.name = name
            self.type = type
            self.value = value
        }

        package var isBinary: Bool { type == "Binary" || type.hasPrefix("Binary.") }
    }

    package var topic: ARN
    /// UTF-8, not empty.
    package var message: [UInt8]
    /// Messages for endpoints of one protocol (`sqs`, `http`, `https`) instead of `message`.
    package var messageByProtocol: [String: [UInt8]] = [:]
    package var subject: String?
    package var attributes: [Attribute] = []
    /// A UUID; the store makes one when there is none.
    package var messageID: String?

    package init(topic: ARN, message: [UInt8]) {
        self.topic = topic
        self.message = message
    }

    package func message(for endpoint: SubscriptionEndpoint) -> [UInt8] {
        messageByProtocol[endpoint.protocolName] ?? message
    }
}

/// What became of a published message.
package enum PublishOutcome: Equatable, Sendable {
    /// It is in every subscribed queue and waits for every subscribed HTTP endpoint, once the group is committed.
    case published(PublishedMessage)
    /// There is no such topic; nothing was stored.
    case noSuchTopic
    /// More deliveries wait for HTTP endpoints than may (`SubscriptionLimits.waitingDeliveries`); nothing was stored.
    case backlogIsFull
}

package struct PublishedMessage: Equatable, Sendable {
    package let messageID: String
    /// Messages put into subscribed queues.
    package var queued = 0
    /// Deliveries that wait for HTTP endpoints.
    package var waiting = 0
    /// Subscriptions whose filter policy did not match.
    package var filtered = 0
    /// Subscriptions whose queue is gone or cannot take the message; it went to their dead-letter queue if they have one.
    package var failed = 0

    package init(messageID: String) { self.messageID = messageID }
}
