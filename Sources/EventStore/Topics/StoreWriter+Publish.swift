import ByteCoding
import Digest
package import EventModel
import MappingCore

// MARK: - Publishing

extension StoreWriter {
    /// Publishes a message: into every subscribed queue, and as a delivery that waits for every subscribed HTTP
    /// endpoint, all in this operation.
    ///
    /// May be called inside of larger operations (a settlement): whether it can publish is decided before anything is
    /// written, and told by the result. A subscription whose queue is gone, or cannot take a message so large, never
    /// fails the others; its message goes to its dead-letter queue if there is one.
    /// - Throws: Only what loses the whole group.
    package func publish(_ publication: TopicPublication) throws(StoreError) -> PublishOutcome {
        guard let topic = catalog.topic(publication.topic) else { return .noSuchTopic }
        let subscribers = definitions.topics.subscribers(of: topic.key).filter(\.isConfirmed)
        let endpoints = subscribers.count { if case .web = $0.endpoint { true } else { false } }
        guard endpoints == 0 || topics.waitingDeliveries + endpoints <= SubscriptionLimits.waitingDeliveries
        else { return .backlogIsFull }
        if subscribers.contains(where: { !$0.settings.isRaw }) { try makeSignerIfNeeded() }
        let id = publication.messageID ?? RandomBytes.uuid()
        var message = OutgoingMessage(
            publication, id: id, topic: topic, now: now, tools: publishing, signer: topics.signer)
        var result = PublishedMessage(messageID: id)
        for subscription in subscribers {
            guard message.passesFilter(of: subscription) else {
                result.filtered += 1
                continue
            }
            switch subscription.endpoint {
            case .queue(let arn):
                if try send(&message, of: subscription, to: arn) {
                    result.queued += 1
                } else {
                    result.failed += 1
                    if let target = subscription.settings.redriveTarget {
                        _ = try send(&message, of: subscription, to: target)
                    }
                }
            case .web:
                try addDelivery(
                    to: subscription, kind: "Notification", messageID: id,
                    body: message.body(for: subscription))
                result.waiting += 1
            }
        }
        return .published(result)
    }

    /// False, with nothing written, when the queue is gone or does not take the message.
    private func send(
        _ message: inout OutgoingMessage, of subscription: SubscriptionDefinition, to arn: ARN
    ) throws(StoreError) -> Bool {
        // A standard topic's message has no message group, without which a FIFO queue takes none.
        guard let queue = catalog.queue(arn), !queue.isFIFO,
            let batch = message.batch(
                for: subscription, limit: queue.attributes.maximumMessageBytes)
        else { return false }
        _ = try send(batch, to: queue.key)
        return true
    }
}

/// A published message in the forms that its subscribers get; what they share is made once.
struct OutgoingMessage {
    private let publication: TopicPublication
    private let id: String
    private let topic: TopicDefinition
    private let timestamp: String
    private let tools: PublishingTools
    private let signer: NotificationSigner?
    /// By protocol.
    private var proofs: [String: NotificationEnvelope.Proof] = [:]
    /// What filter policies look at; made when there is one.
    private var document: [UInt8]?

    init(
        _ publication: TopicPublication, id: String, topic: TopicDefinition, now: Timestamp,
        tools: PublishingTools, signer: NotificationSigner?
    ) {
        self.publication = publication
        self.id = id
        self.topic = topic
        timestamp = now.iso8601Milliseconds
        self.tools = tools
        self.signer = signer
    }

    mutating func passesFilter(of subscription: SubscriptionDefinition) -> Bool {
        guard let filter = subscription.settings.filter else { return true }
        let attributes = document ?? TopicFilterMatcher.document(of: publication.attributes)
        document = attributes
        return tools.matches(
            subscription.key, filter, message: publication.message(for: subscription.endpoint),
            attributes: attributes)
    }

    /// What an endpoint gets: the message alone, or the envelope with it.
    mutating func body(for subscription: SubscriptionDefinition) -> [UInt8] {
        let message = publication.message(for: subscription.endpoint)
        guard !subscription.settings.isRaw else { return message }
        let envelope = NotificationEnvelope(
            kind: .notification, messageID: id, topicARN: topic.arn.description,
            subject: publication.subject, message: message, timestamp: timestamp)
        let name = subscription.endpoint.protocolName
        let proof = proofs[name] ?? tools.proof(of: envelope, topic, signer)
        proofs[name] = proof
        return envelope.json(
            proof, unsubscribeURL: tools.address.unsubscription(subscription.arn),
            attributes: MessageAttributeText.envelope(publication.attributes))
    }

    /// What a queue gets; `nil` when it cannot take it.
    ///
    /// - Parameter limit: The queue's own, for body and attributes together.
    mutating func batch(for subscription: SubscriptionDefinition, limit: Int) -> MessageBatch? {
        var batch = MessageBatch(bytes: body(for: subscription))
        let body = batch.bytes
        var entry = MessageBatch.Entry(body: 0..<body.count, bodyMD5: tools.hasher.hash(body).value)
        var size = body.count
        let attributes = publication.attributes.sorted { left, right in
            left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
        if subscription.settings.isRaw, !attributes.isEmpty {
            guard attributes.count <= SubscriptionLimits.rawAttributes else { return nil }
            batch.bytes.append(contentsOf: MessageAttributeText.stored(attributes))
            entry.attributes = body.count..<batch.bytes.count
            entry.attributesMD5 = tools.hasher.hash(MessageAttributeText.digested(attributes)).value
            size += attributes.reduce(0) { $0 + $1.name.utf8.count + $1.type.utf8.count + $1.value.count }
        }
        guard size <= limit else { return nil }
        batch.entries = [entry]
        return batch
    }
}

extension PublishingTools {
    /// Signs an envelope as its topic wants it.
    func proof(
        of envelope: NotificationEnvelope, _ topic: TopicDefinition, _ signer: NotificationSigner?
    ) -> NotificationEnvelope.Proof {
        guard let signer else { preconditionFailure("the signer is made before the first envelope") }
        let version = topic.settings.signatureVersion
        let signature = signer.signer.sign(envelope.signedText, version == .one ? .sha1 : .sha256)
        return NotificationEnvelope.Proof(
            version: version.rawValue, signature: Base64.encode(signature),
            certificateURL: address.certificate(signer.certificateName))
    }
}
