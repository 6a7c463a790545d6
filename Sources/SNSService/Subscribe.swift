import AWSWire
import ByteCoding
import Digest
import EventModel
import EventStore

extension SNSService {
    func subscribe(_ call: ServiceCall) throws(AWSError) {
        let arguments = SNSArguments(call.parameters)
        let key = try topic(arguments, call).key
        let endpoint = try SubscriptionRules.endpoint(
            try arguments.required("Protocol"), arguments["Endpoint"] ?? "")
        let wanted = WantedSubscription(
            topic: key, endpoint: endpoint, given: arguments.map("Attributes"), id: identifiers.next(),
            token: Hex.encode(RandomBytes.make(count: 64)), now: now())
        let wantsARN = try arguments.bool("ReturnSubscriptionArn")
        submit(call) { writer throws(StoreError) in
            try wanted.createOrFind(writer)
        } then: { subscription in
            let isShown = subscription.isConfirmed || wantsARN
            call.succeed { xml in
                xml.element(
                    "SubscriptionArn", isShown ? subscription.arn.description : "pending confirmation")
            }
        }
    }
}

/// A subscription that is asked for: made, or found if the endpoint has one with equal values of what was given.
private struct WantedSubscription: Sendable {
    let topic: TopicKey
    let endpoint: SubscriptionEndpoint
    let given: [(key: String, value: String)]
    let id: String
    let token: String
    let now: Timestamp

    /// Runs on the writer thread.
    func createOrFind(_ writer: StoreWriter) throws(StoreError) -> Result<SubscriptionDefinition, AWSError> {
        guard writer.catalog.topic(topic) != nil else { return .failure(.topicDoesNotExist) }
        let existing = writer.catalog.subscriptions(of: topic).first { $0.endpoint == endpoint }
        var settings = existing?.settings ?? SubscriptionSettings()
        do throws(AWSError) {
            try SubscriptionAttributes.set(
                given, of: &settings, endpoint: endpoint, start: "Attributes Reason: ")
        } catch {
            return .failure(error)
        }
        guard let existing else {
            return .success(
                try writer.subscribe(
                    endpoint, to: topic, id: id, settings: settings, confirmation: firstConfirmation))
        }
        guard settings == existing.settings else {
            return .failure(
                .invalid("Attributes Reason: Subscription already exists with different attributes"))
        }
        guard !existing.isConfirmed else { return .success(existing) }
        // Who asks again lost the first request to confirm.
        return .success(
            try writer.updateSubscription(
                existing.key, settings: settings, confirmation: firstConfirmation))
    }

    /// A queue belongs to the account and needs no confirmation.
    private var firstConfirmation: SubscriptionConfirmation {
        switch endpoint {
        case .queue: .confirmed(wasAuthenticated: true, guardsUnsubscribe: false)
        case .web: .pending(token: token, since: now)
        }
    }
}

/// Which endpoints may subscribe.
enum SubscriptionRules {
    private static let laterProtocols: [String] = [
        "email", "email-json", "sms", "application", "lambda", "firehose",
    ]

    static func endpoint(
        _ protocolName: String, _ text: String
    ) throws(AWSError) -> SubscriptionEndpoint {
        switch protocolName {
        case "sqs":
            guard let arn = ARN(text), arn.service == "sqs", !arn.resource.contains(":") else {
                throw .invalid("SQS endpoint ARN")
            }
            guard !arn.resource.hasSuffix(".fifo") else {
                throw .invalid(
                    "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard "
                        + "SNS topics")
            }
            return .queue(arn)
        case "http", "https":
            guard text.hasPrefix("\(protocolName)://") else {
                throw .invalid("Endpoint must match the specified protocol")
            }
            let host = text.dropFirst(protocolName.utf8.count + 3).prefix { $0 != "/" && $0 != "?" }
            let isURL = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
            guard isURL, !host.isEmpty, text.utf8.count <= SNSLimits.endpointBytes else {
                throw .invalid("Endpoint")
            }
            return .web(url: text, isSecure: protocolName == "https")
        default:
            guard !laterProtocols.contains(protocolName) else {
                throw .notSupported(
                    "Millrace does not support subscriptions of the protocol \(protocolName) yet.")
            }
            throw .invalid("Amazon SNS does not support this protocol string: \(protocolName)")
        }
    }
}
