import EventModel

/// Topics of SNS, subscriptions, and the policies of topics and queues.
struct TopicResources {
    /// Characters of a topic's display name (SNS API reference, `SetTopicAttributes`).
    private static let displayNameCharacters = 100

    let location: Location
    /// The address of queues, without the name: `http://127.0.0.1:4566/000000000000/`.
    let queueAddress: String

    func topic(
        _ reader: PropertyReader, name: String, origin: String
    ) -> (TemplatePlan.Topic, [TemplatePlan.Subscription]) {
        reader.accept("TopicName")
        if reader.boolean("FifoTopic") == true || name.hasSuffix(".fifo") {
            reader.problems.add(
                reader.place,
                "FIFO topics are not supported yet; leave out FifoTopic and the .fifo of the name.")
        }
        for key in ["ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy"] {
            reader.refuse(key, "it belongs to FIFO topics, which are not supported yet")
        }
        reader.refuse("DeliveryStatusLogging", "deliveries that fail are told in the daemon's log")
        var settings = TopicSettings()
        settings.displayName = reader.text("DisplayName") ?? ""
        if settings.displayName.unicodeScalars.count > Self.displayNameCharacters {
            reader.problems.add(
                reader.place, "DisplayName can have \(Self.displayNameCharacters) characters.")
        }
        settings.bookkeeping["KmsMasterKeyId"] = reader.text("KmsMasterKeyId")
        if let version = reader.choice("SignatureVersion", of: ["1", "2"]) {
            settings.signatureVersion = SignatureVersion(rawValue: version) ?? .one
        }
        _ = reader.choice("TracingConfig", of: ["PassThrough"])
        let arn = location.arn("sns", name)
        var subscriptions: [TemplatePlan.Subscription] = []
        for element in reader.list("Subscription") ?? [] {
            let entry = PropertyReader(
                element, what: "a subscription of \(reader.what)", problems: reader.problems)
            if let endpoint = endpoint(entry) {
                subscriptions.append(
                    .init(topic: arn, endpoint: endpoint, settings: SubscriptionSettings(), origin: origin))
            }
            entry.finish()
        }
        let tags = reader.tags("Tags")
        reader.finish()
        return (TemplatePlan.Topic(name: name, settings: settings, tags: tags), subscriptions)
    }

    func subscription(_ reader: PropertyReader, origin: String) -> TemplatePlan.Subscription? {
        let topic = topicARN(reader.required("TopicArn"), "TopicArn", reader)
        let endpoint = endpoint(reader)
        if let region = reader.text("Region"), region != location.region {
            reader.problems.add(reader.place, "Region of \(reader.what) has to be that of the topic.")
        }
        reader.refuse("SubscriptionRoleArn", "it belongs to Firehose, which is not there")
        reader.refuse("ReplayPolicy", "it belongs to FIFO topics, which are not supported yet")
        var settings = SubscriptionSettings()
        settings.isRaw = reader.boolean("RawMessageDelivery") ?? false
        readFilter(reader, &settings)
        settings.redriveTarget = redriveTarget(reader)
        if let text = reader.json("DeliveryPolicy") {
            if case .queue? = endpoint {
                reader.problems.add(reader.place, "DeliveryPolicy is for HTTP and HTTPS subscriptions.")
            }
            do throws(DeliveryPolicyProblem) {
                settings.delivery = try WebDeliveryPolicy(ofSubscription: text)
            } catch {
                reader.problems.add(
                    reader.value("DeliveryPolicy")?.place ?? reader.place, error.explanation)
            }
        }
        reader.finish()
        guard let topic, let endpoint else { return nil }
        return TemplatePlan.Subscription(
            topic: topic, endpoint: endpoint, settings: settings, origin: origin)
    }

    // MARK: - Parts

    private func endpoint(_ reader: PropertyReader) -> SubscriptionEndpoint? {
        let kind = reader.required("Protocol")
        let text = reader.required("Endpoint")
        guard let kind, let text else { return nil }
        switch kind {
        case "sqs":
            guard let arn = ARN(text), arn.service == "sqs", !arn.resource.hasSuffix(".fifo") else {
                reader.problems.add(
                    reader.value("Endpoint")?.place ?? reader.place,
                    "Endpoint of \(reader.what) has to be the ARN of a standard queue, but is '\(text)'.")
                return nil
            }
            return .queue(arn)
        case "http", "https":
            let isURL = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
            guard text.hasPrefix("\(kind)://"), isURL, text.utf8.count > kind.utf8.count + 3 else {
                reader.problems.add(
                    reader.value("Endpoint")?.place ?? reader.place,
                    "Endpoint of \(reader.what) has to be a URL of \(kind), but is '\(text)'.")
                return nil
            }
            return .web(url: text, isSecure: kind == "https")
        default:
            reader.problems.add(
                reader.value("Protocol")?.place ?? reader.place,
                "Subscriptions of the protocol \(kind) are not supported; sqs, http and https are.")
            return nil
        }
    }

    private func readFilter(_ reader: PropertyReader, _ settings: inout SubscriptionSettings) {
        let scopes: [TopicFilter.Scope] = [.messageAttributes, .messageBody]
        if let text = reader.choice("FilterPolicyScope", of: scopes.map(\.rawValue)),
            let scope = TopicFilter.Scope(rawValue: text)
        {
            settings.filterScope = scope
        }
        guard let text = reader.json("FilterPolicy"), text != "{}" else { return }
        do throws(FilterProblem) {
            settings.filter = try TopicFilter(text, scope: settings.filterScope)
        } catch {
            reader.problems.add(
                reader.value("FilterPolicy")?.place ?? reader.place,
                "FilterPolicy of \(reader.what) is invalid: \(error.reason)")
        }
    }

    private func redriveTarget(_ reader: PropertyReader) -> ARN? {
        guard let policy = reader.object("RedrivePolicy") else { return nil }
        let text = policy.required("deadLetterTargetArn")
        policy.finish()
        guard let text else { return nil }
        guard let arn = ARN(text), arn.service == "sqs" else {
            policy.problems.add(
                policy.place, "deadLetterTargetArn has to be the ARN of a queue, but is '\(text)'.")
            return nil
        }
        return arn
    }

    private func topicARN(_ text: String?, _ key: String, _ reader: PropertyReader) -> ARN? {
        guard let text else { return nil }
        guard let arn = ARN(text), arn.service == "sns", !arn.resource.contains(":") else {
            reader.problems.add(
                reader.value(key)?.place ?? reader.place,
                "\(key) of \(reader.what) has to be the ARN of a topic, but is '\(text)'.")
            return nil
        }
        return arn
    }
}

// MARK: - Policies

extension TopicResources {
    func topicPolicies(_ reader: PropertyReader, origin: String) -> [TemplatePlan.TopicPolicy] {
        let document = reader.policyDocument("PolicyDocument", as: .resource)
        if !reader.has("Topics") { reader.problems.add(reader.place, "\(reader.what) needs Topics.") }
        let topics = (reader.texts("Topics") ?? []).compactMap { topicARN($0, "Topics", reader) }
        reader.finish()
        guard let document else { return [] }
        return topics.map { TemplatePlan.TopicPolicy(topic: $0, document: document, origin: origin) }
    }

    /// Queues are named by their URLs, which `Ref` gives.
    func queuePolicies(_ reader: PropertyReader, origin: String) -> [TemplatePlan.QueuePolicy] {
        let document = reader.policyDocument("PolicyDocument", as: .resource)
        if !reader.has("Queues") { reader.problems.add(reader.place, "\(reader.what) needs Queues.") }
        var names: [String] = []
        for url in reader.texts("Queues") ?? [] {
            guard url.hasPrefix(queueAddress), url.count > queueAddress.count else {
                reader.problems.add(
                    reader.value("Queues")?.place ?? reader.place,
                    "Queues of \(reader.what) has to hold URLs of queues, as !Ref gives them, but holds '\(url)'."
                )
                continue
            }
            names.append(String(url.dropFirst(queueAddress.count)))
        }
        reader.finish()
        guard let document else { return [] }
        return names.map { TemplatePlan.QueuePolicy(queueName: $0, document: document, origin: origin) }
    }
}

extension DeliveryPolicyProblem {
    fileprivate var explanation: String {
        switch self {
        case .invalid(let words): words
        case .notSupported(let member): "DeliveryPolicy: \(member) is not supported yet."
        }
    }
}
