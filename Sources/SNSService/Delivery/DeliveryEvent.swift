package import EventModel

/// What became of a delivery to an HTTP endpoint.
package enum DeliveryEvent: Sendable {
    case delivered(SubscriptionDefinition)
    /// An attempt failed; there is another one later.
    case failed(SubscriptionDefinition, reason: String)
    /// The last attempt failed.
    case givenUp(SubscriptionDefinition, reason: String, isInDeadLetterQueue: Bool)
    /// What waits could not be read, or an attempt's end not be stored; it is tried again.
    case storeFailed(reason: String)
}
