import AWSWire
import ByteCoding
import EventModel
import EventStore

/// Attributes of subscriptions as the wire has them.
enum SubscriptionAttributes {
    /// Sets attributes; the scope of a filter policy comes before the policy, whatever the order of the call.
    ///
    /// - Parameter start: What stands before an error's words.
    static func set(
        _ given: [(key: String, value: String)], of settings: inout SubscriptionSettings,
        endpoint: SubscriptionEndpoint, start: String
    ) throws(AWSError) {
        let ordered =
            given.filter { $0.key == "FilterPolicyScope" } + given.filter { $0.key != "FilterPolicyScope" }
        // A policy that comes with its new scope replaces the old one, which need not suit that scope.
        if given.contains(where: { $0.key == "FilterPolicy" }) { settings.filter = nil }
        for (name, value) in ordered {
            try set(name, value, of: &settings, endpoint: endpoint, start: start)
        }
    }

    private static func set(
        _ name: String, _ value: String, of settings: inout SubscriptionSettings,
        endpoint: SubscriptionEndpoint, start: String
    ) throws(AWSError) {
        switch name {
        case "RawMessageDelivery":
            switch value.lowercased() {
            case "true": settings.isRaw = true
            case "false": settings.isRaw = false
            default:
                throw .invalid("\(start)RawMessageDelivery: Invalid value [\(value)]. Must be true or false.")
            }
        case "FilterPolicyScope":
            guard let scope = TopicFilter.Scope(rawValue: value) else {
                throw .invalid(
                    "\(start)FilterPolicyScope: Invalid value [\(value)]. "
                        + "Please use either MessageBody or MessageAttributes")
            }
            settings.filterScope = scope
            if let filter = settings.filter {
                settings.filter = try Self.filter(filter.text, scope: scope, start)
            }
        case "FilterPolicy":
            let isNone = value.isEmpty || JSONText.object(value)?.isEmpty == true
            settings.filter = isNone ? nil : try filter(value, scope: settings.filterScope, start)
        case "RedrivePolicy": settings.redriveTarget = try redriveTarget(value, start)
        case "DeliveryPolicy": settings.delivery = try delivery(value, endpoint, start)
        case "SubscriptionRoleArn", "ReplayPolicy":
            throw .notSupported("Millrace does not support the attribute \(name) of subscriptions yet.")
        default: throw .invalid("\(start)AttributeName")
        }
    }

    private static func filter(
        _ text: String, scope: TopicFilter.Scope, _ start: String
    ) throws(AWSError) -> TopicFilter {
        do throws(FilterProblem) {
            return try TopicFilter(text, scope: scope)
        } catch {
            throw .invalid(start + error.reason)
        }
    }

    private static func redriveTarget(_ text: String, _ start: String) throws(AWSError) -> ARN? {
        guard !text.isEmpty else { return nil }
        guard let object = JSONText.object(text) else {
            throw .invalid("\(start)RedrivePolicy: failed to parse JSON.")
        }
        guard !object.isEmpty else { return nil }
        guard let arn = object["deadLetterTargetArn"]?.stringValue.flatMap({ ARN($0) }), arn.service == "sqs"
        else { throw .invalid("\(start)RedrivePolicy: deadLetterTargetArn is an invalid arn") }
        return arn
    }

    private static func delivery(
        _ text: String, _ endpoint: SubscriptionEndpoint, _ start: String
    ) throws(AWSError) -> WebDeliveryPolicy? {
        guard case .web = endpoint else {
            throw .invalid("\(start)Delivery policy is only supported for HTTP and HTTPS subscriptions.")
        }
        guard !text.isEmpty else { return nil }
        do throws(DeliveryPolicyProblem) {
            return try WebDeliveryPolicy(ofSubscription: text)
        } catch {
            throw error.wireError(start)
        }
    }

    static func texts(
        of subscription: SubscriptionDefinition, effectively delivery: WebDeliveryPolicy
    ) -> [(String, String)] {
        let settings = subscription.settings
        let account = subscription.topicARN.account
        var isAuthenticated = false
        if case .confirmed(true, _) = subscription.confirmation { isAuthenticated = true }
        var attributes: [(String, String)] = [
            ("SubscriptionArn", subscription.arn.description),
            ("TopicArn", subscription.topicARN.description),
            ("Protocol", subscription.endpoint.protocolName), ("Endpoint", subscription.endpoint.text),
            ("Owner", account), ("SubscriptionPrincipal", "arn:aws:iam::\(account):root"),
            ("ConfirmationWasAuthenticated", isAuthenticated ? "true" : "false"),
            ("PendingConfirmation", subscription.isConfirmed ? "false" : "true"),
            ("RawMessageDelivery", settings.isRaw ? "true" : "false"),
        ]
        if let filter = settings.filter {
            attributes.append(("FilterPolicy", filter.text))
            attributes.append(("FilterPolicyScope", filter.scope.rawValue))
        }
        if let target = settings.redriveTarget {
            let policy: JSONValue = ["deadLetterTargetArn": .string(target.description)]
            attributes.append(("RedrivePolicy", policy.text))
        }
        if let own = settings.delivery { attributes.append(("DeliveryPolicy", own.text)) }
        if case .web = subscription.endpoint {
            attributes.append(("EffectiveDeliveryPolicy", delivery.subscriptionText))
        }
        return attributes
    }
}

extension SubscriptionDefinition {
    /// The delivery policy that counts: the subscription's own, unless its topic does not let it.
    func delivery(under topic: TopicDefinition?) -> WebDeliveryPolicy {
        let common = topic?.settings.delivery
        if let common, common.overridesSubscriptions { return common }
        return settings.delivery ?? common ?? .standard
    }
}

extension SNSService {
    func getSubscriptionAttributes(_ call: ServiceCall) throws(AWSError) {
        let subscription = try subscription(SNSArguments(call.parameters))
        let topic = store.catalog.snapshot.topic(subscription.topic)
        call.succeed { xml in
            xml.attributes(
                SubscriptionAttributes.texts(
                    of: subscription, effectively: subscription.delivery(under: topic)))
        }
    }

    func setSubscriptionAttributes(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let key = try subscription(arguments).key
        let name = try arguments.required("AttributeName")
        let value = arguments["AttributeValue"] ?? ""
        submit(call) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard let subscription = writer.catalog.subscription(key) else {
                return .failure(.subscriptionDoesNotExist)
            }
            var settings = subscription.settings
            do throws(AWSError) {
                try SubscriptionAttributes.set(
                    [(name, value)], of: &settings, endpoint: subscription.endpoint, start: "")
            } catch {
                return .failure(error)
            }
            _ = try writer.updateSubscription(
                key, settings: settings, confirmation: subscription.confirmation)
            return .success(())
        } then: {
            call.succeed(query: nil)
        }
    }

    func subscription(_ arguments: SNSArguments) throws(AWSError) -> SubscriptionDefinition {
        let arn = try SNSName.subscription(try arguments.required("SubscriptionArn"))
        guard let subscription = store.catalog.snapshot.subscription(arn) else {
            throw .subscriptionDoesNotExist
        }
        return subscription
    }
}
