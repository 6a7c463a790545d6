import ByteCoding
import Digest
import EventModel
import EventStore
import Template

// MARK: - Topics, and the policies of topics and queues

extension PlanSteps {
    /// What subscriptions and policies name has to be there, or about to be.
    func checkTopics(_ snapshot: CatalogSnapshot) throws(StoreError) {
        let topics = Set(plan.topics.map { Location().arn("sns", $0.name) })
        func check(_ topic: ARN, _ origin: String) throws(StoreError) {
            guard topics.contains(topic) || snapshot.topic(topic) != nil else {
                throw .notFound("\(origin): the topic \(topic)")
            }
        }
        let resolver = DocumentResolver(plan: plan, snapshot: snapshot, isCheck: true)
        for subscription in plan.subscriptions { try check(subscription.topic, subscription.origin) }
        for policy in plan.topicPolicies {
            try check(policy.topic, policy.origin)
            _ = try resolver.text(policy.document, policy.origin)
        }
        let queues = Set(plan.queues.map(\.name))
        for policy in plan.queuePolicies {
            guard
                queues.contains(policy.queueName)
                    || snapshot.queue(named: policy.queueName, in: Location()) != nil
            else { throw .notFound("\(policy.origin): the queue \(policy.queueName)") }
            _ = try resolver.text(policy.document, policy.origin)
        }
    }

    /// A policy and a delivery policy that the template does not say stay as they are.
    func apply(_ wanted: TemplatePlan.Topic, _ writer: StoreWriter) throws(StoreError) -> Int {
        guard let topic = writer.catalog.topic(named: wanted.name, in: Location()) else {
            _ = try writer.createTopic(
                name: wanted.name, location: Location(), settings: wanted.settings, tags: wanted.tags)
            return 1
        }
        var settings = wanted.settings
        settings.delivery = topic.settings.delivery
        settings.bookkeeping["Policy"] = topic.settings.bookkeeping["Policy"]
        guard topic.settings != settings || topic.tags != wanted.tags else { return 0 }
        _ = try writer.updateTopic(topic.key, settings: settings, tags: wanted.tags)
        return 1
    }

    /// A queue is subscribed at once; a web endpoint is asked to confirm, once.
    func apply(_ wanted: TemplatePlan.Subscription, _ writer: StoreWriter) throws(StoreError) -> Int {
        guard let topic = writer.catalog.topic(wanted.topic) else {
            throw .notFound("\(wanted.origin): the topic \(wanted.topic)")
        }
        let existing = writer.catalog.subscriptions(of: topic.key).first { $0.endpoint == wanted.endpoint }
        guard let existing else {
            let confirmation: SubscriptionConfirmation =
                switch wanted.endpoint {
                case .queue: .confirmed(wasAuthenticated: true, guardsUnsubscribe: false)
                case .web: .pending(token: Hex.encode(RandomBytes.make(count: 64)), since: writer.now)
                }
            _ = try writer.subscribe(
                wanted.endpoint, to: topic.key, id: RandomBytes.uuid(), settings: wanted.settings,
                confirmation: confirmation)
            return 1
        }
        guard existing.settings != wanted.settings else { return 0 }
        _ = try writer.updateSubscription(
            existing.key, settings: wanted.settings, confirmation: existing.confirmation)
        return 1
    }

    func apply(_ wanted: TemplatePlan.TopicPolicy, _ writer: StoreWriter) throws(StoreError) -> Int {
        guard let topic = writer.catalog.topic(wanted.topic) else {
            throw .notFound("\(wanted.origin): the topic \(wanted.topic)")
        }
        let resolver = DocumentResolver(plan: plan, snapshot: writer.catalog, isCheck: false)
        var settings = topic.settings
        settings.bookkeeping["Policy"] = try resolver.text(wanted.document, wanted.origin)
        guard settings != topic.settings else { return 0 }
        _ = try writer.updateTopic(topic.key, settings: settings, tags: topic.tags)
        return 1
    }

    func apply(_ wanted: TemplatePlan.QueuePolicy, _ writer: StoreWriter) throws(StoreError) -> Int {
        guard let queue = writer.catalog.queue(named: wanted.queueName, in: Location()) else {
            throw .notFound("\(wanted.origin): the queue \(wanted.queueName)")
        }
        let resolver = DocumentResolver(plan: plan, snapshot: writer.catalog, isCheck: false)
        var attributes = queue.attributes
        attributes.bookkeeping["Policy"] = try resolver.text(wanted.document, wanted.origin)
        guard attributes != queue.attributes else { return 0 }
        _ = try writer.updateQueue(queue.key, attributes: attributes, tags: queue.tags)
        return 1
    }
}
