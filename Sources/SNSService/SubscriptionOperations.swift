import AWSWire
import EventModel
import EventStore

extension SNSService {
    /// - Parameter isSigned: False for visits of the page that a request to confirm names.
    func confirmSubscription(_ call: ServiceCall, isSigned: Bool) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let topic = try topic(arguments, call).key
        let token = try arguments.required("Token")
        // Who is not known cannot ask for proof from others (SNS API, `ConfirmSubscription`).
        let guards = try arguments.bool("AuthenticateOnUnsubscribe") && isSigned
        let now = now()
        submit(call) { writer throws(StoreError) -> Result<SubscriptionDefinition, AWSError> in
            let all = writer.catalog.subscriptions(of: topic)
            if let known = all.first(where: { $0.usedToken == token }) { return .success(known) }
            let found = all.first { subscription in
                guard case .pending(token, let since) = subscription.confirmation else { return false }
                return now - since < SubscriptionLimits.confirmationLifetime
            }
            guard let found else { return .failure(.invalid("Token")) }
            return .success(
                try writer.updateSubscription(
                    found.key, settings: found.settings,
                    confirmation: .confirmed(wasAuthenticated: isSigned, guardsUnsubscribe: guards)))
        } then: { subscription in
            call.succeed { $0.element("SubscriptionArn", subscription.arn.description) }
        }
    }

    /// Ending a subscription that is not there succeeds, as on AWS.
    ///
    /// - Parameter isSigned: False for visits of the page that notifications name.
    func unsubscribe(_ call: ServiceCall, isSigned: Bool) throws(AWSError) {
        let text = try SNSArguments(call.parameters).required("SubscriptionArn")
        let arn = try SNSName.subscription(text)
        submit(call) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard let subscription = writer.catalog.subscription(arn) else { return .success(()) }
            if case .confirmed(_, guardsUnsubscribe: true) = subscription.confirmation, !isSigned {
                return .failure(.unsubscribeNeedsSignature)
            }
            try writer.unsubscribe(subscription.key)
            return .success(())
        } then: {
            call.succeed(query: nil)
        }
    }

    func listSubscriptions(_ call: ServiceCall) throws(AWSError) {
        try list(store.catalog.snapshot.subscriptions(in: call.location), call)
    }

    func listSubscriptionsByTopic(_ call: ServiceCall) throws(AWSError) {
        let topic = try topic(SNSArguments(call.parameters), call)
        try list(store.catalog.snapshot.subscriptions(of: topic.key), call)
    }

    private func list(_ all: [SubscriptionDefinition], _ call: ServiceCall) throws(AWSError) {
        var rest = all[...]
        if let place = try PageToken.place(SNSArguments(call.parameters)["NextToken"]) {
            guard let last = Int64(place) else { throw .invalid("NextToken") }
            rest = rest.drop { $0.key.rawValue <= last }
        }
        let page = rest.prefix(SNSLimits.pageSize)
        call.succeed { xml in
            xml.list("Subscriptions", page) { subscription, xml in
                let arn = subscription.isConfirmed ? subscription.arn.description : "PendingConfirmation"
                xml.element("TopicArn", subscription.topicARN.description)
                xml.element("Protocol", subscription.endpoint.protocolName)
                xml.element("SubscriptionArn", arn)
                xml.element("Owner", subscription.topicARN.account)
                xml.element("Endpoint", subscription.endpoint.text)
            }
            if rest.count > page.count, let last = page.last {
                xml.element("NextToken", PageToken.make(after: String(last.key.rawValue)))
            }
        }
    }
}
