import EventModel
import EventStore
import HTTPClient

/// One POST to an endpoint.
struct DeliveryAttempt: Sendable {
    let delivery: TopicDelivery
    let subscription: SubscriptionDefinition
    let contentType: String

    /// How an attempt ended (SNS developer guide, "Make sure your endpoint is ready to process Amazon SNS messages").
    enum Result: Equatable, Sendable {
        case delivered
        /// No answer, a status of 5xx, or 429.
        case failed(reason: String)
        /// Any other status: another attempt would end the same way.
        case refused(reason: String)
    }

    var headers: [(String, String)] {
        var headers: [(String, String)] = [
            ("x-amz-sns-message-type", delivery.kind), ("x-amz-sns-message-id", delivery.messageID),
            ("x-amz-sns-topic-arn", subscription.topicARN.description),
        ]
        if subscription.isConfirmed {
            headers.append(("x-amz-sns-subscription-arn", subscription.arn.description))
        }
        if delivery.kind == "Notification", subscription.settings.isRaw {
            headers.append(("x-amz-sns-rawdelivery", "true"))
        }
        headers.append(("Content-Type", contentType))
        headers.append(("User-Agent", "Amazon Simple Notification Service Agent"))
        return headers
    }

    static func result(ofStatus status: Int) -> Result {
        switch status {
        case 200..<300: .delivered
        case 100..<200, 429, 500...: .failed(reason: "the endpoint answered \(status)")
        default: .refused(reason: "the endpoint answered \(status)")
        }
    }
}
