import ByteCoding

/// How messages are delivered to an HTTP endpoint: how often and how long after each other, and as what.
package struct WebDeliveryPolicy: Equatable, Sendable {
    /// As given, byte for byte; empty for the default.
    package let text: String
    package let retry: WebRetryPolicy
    /// The header `Content-Type` of deliveries.
    package let contentType: String
    /// Set on a topic: subscriptions cannot say it otherwise.
    package let overridesSubscriptions: Bool

    /// The policy of AWS where nothing is set.
    package static let standard = WebDeliveryPolicy(
        text: "", retry: WebRetryPolicy(), contentType: "text/plain; charset=UTF-8",
        overridesSubscriptions: false)

    private init(text: String, retry: WebRetryPolicy, contentType: String, overridesSubscriptions: Bool) {
        self.text = text
        self.retry = retry
        self.contentType = contentType
        self.overridesSubscriptions = overridesSubscriptions
    }

    /// Reads a subscription's policy: `{"healthyRetryPolicy":{…},"requestPolicy":{…}}`.
    package init(ofSubscription text: String) throws(DeliveryPolicyProblem) {
        let tree = try Self.object(text)
        try Self.refuse(tree, except: ["healthyRetryPolicy", "requestPolicy"])
        self.init(
            text: text, retry: try WebRetryPolicy(tree["healthyRetryPolicy"]),
            contentType: try Self.contentType(tree["requestPolicy"]), overridesSubscriptions: false)
    }

    /// Reads a topic's policy: `{"http":{"defaultHealthyRetryPolicy":{…},"disableSubscriptionOverrides":…,…}}`.
    package init(ofTopic text: String) throws(DeliveryPolicyProblem) {
        let outer = try Self.object(text)
        try Self.refuse(outer, except: ["http"])
        guard let tree = outer["http"] else {
            throw .invalid("DeliveryPolicy: the delivery policy names no protocol")
        }
        guard let members = tree.objectValue else {
            throw .invalid("DeliveryPolicy: http must be a JSON map")
        }
        try Self.refuse(
            .object(members),
            except: ["defaultHealthyRetryPolicy", "disableSubscriptionOverrides", "defaultRequestPolicy"])
        let flag = members["disableSubscriptionOverrides"] ?? .bool(false)
        guard let overrides = flag.boolValue else {
            throw .invalid("DeliveryPolicy: disableSubscriptionOverrides must be true or false")
        }
        self.init(
            text: text, retry: try WebRetryPolicy(members["defaultHealthyRetryPolicy"]),
            contentType: try Self.contentType(members["defaultRequestPolicy"]),
            overridesSubscriptions: overrides)
    }

    private static func object(_ text: String) throws(DeliveryPolicyProblem) -> JSONValue {
        do throws(JSONError) {
            let tree = try JSONValue(parsing: Array(text.utf8))
            if tree.objectValue != nil { return tree }
        } catch {
            throw .invalid("DeliveryPolicy: failed to parse JSON.")
        }
        throw .invalid("DeliveryPolicy: failed to parse JSON.")
    }

    /// A policy that limits the pace is refused by name; a member that nobody knows is an error.
    private static func refuse(_ tree: JSONValue, except known: [String]) throws(DeliveryPolicyProblem) {
        for member in tree.objectValue?.members ?? [] where !known.contains(member.key) {
            guard !member.value.isNull else { continue }
            let paces: [String] = ["throttlePolicy", "defaultThrottlePolicy", "sicklyRetryPolicy"]
            if paces.contains(member.key) { throw .notSupported(member.key) }
            throw .invalid("DeliveryPolicy: unexpected JSON member: \(member.key)")
        }
    }

    private static func contentType(_ policy: JSONValue?) throws(DeliveryPolicyProblem) -> String {
        guard let policy, !policy.isNull else { return standard.contentType }
        try refuse(policy, except: ["headerContentType"])
        guard let value = policy["headerContentType"] else { return standard.contentType }
        guard let text = value.stringValue, !text.isEmpty, text.utf8.count <= 255,
            text.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { throw .invalid("DeliveryPolicy: headerContentType is not a content type") }
        return text
    }
}

/// When a delivery that failed is tried again (SNS developer guide, "Amazon SNS message delivery retries").
///
/// Four phases follow each other: retries without delay, at the least delay, with growing delays, at the greatest delay.
package struct WebRetryPolicy: Equatable, Sendable {
    package enum BackOff: String, Sendable {
        case linear
        case arithmetic
        case geometric
        case exponential
    }

    /// 1...3,600 s.
    package var minDelaySeconds = 20
    /// `minDelaySeconds`...3,600 s.
    package var maxDelaySeconds = 20
    /// All retries, 0...100.
    package var retries = 3
    package var noDelayRetries = 0
    package var minDelayRetries = 0
    package var maxDelayRetries = 0
    package var backOff = BackOff.linear

    package init() {}

    init(_ policy: JSONValue?) throws(DeliveryPolicyProblem) {
        guard let policy, !policy.isNull else { return }
        guard let tree = policy.objectValue else {
            throw .invalid("DeliveryPolicy: the retry policy must be a JSON map")
        }
        for member in tree.members {
            switch member.key {
            case "minDelayTarget": minDelaySeconds = try Self.number(member, 1...3_600)
            case "maxDelayTarget": maxDelaySeconds = try Self.number(member, 1...3_600)
            case "numRetries": retries = try Self.number(member, 0...100)
            case "numNoDelayRetries": noDelayRetries = try Self.number(member, 0...100)
            case "numMinDelayRetries": minDelayRetries = try Self.number(member, 0...100)
            case "numMaxDelayRetries": maxDelayRetries = try Self.number(member, 0...100)
            case "backoffFunction":
                guard let known = member.value.stringValue.flatMap({ BackOff(rawValue: $0) }) else {
                    throw .invalid(
                        "DeliveryPolicy: backoffFunction must be one of linear, arithmetic, "
                            + "geometric or exponential")
                }
                backOff = known
            default: throw .invalid("DeliveryPolicy: unexpected JSON member: \(member.key)")
            }
        }
        guard minDelaySeconds <= maxDelaySeconds else {
            throw .invalid("DeliveryPolicy: minDelayTarget must be less than or equal to maxDelayTarget")
        }
        guard noDelayRetries + minDelayRetries + maxDelayRetries <= retries else {
            throw .invalid(
                "DeliveryPolicy: numRetries must be greater than or equal to the sum of "
                    + "numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries")
        }
    }

    private static func number(
        _ member: JSONObject.Member, _ range: ClosedRange<Int>
    ) throws(DeliveryPolicyProblem) -> Int {
        guard let number = member.value.intValue, range.contains(number) else {
            throw .invalid(
                "DeliveryPolicy: \(member.key) must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    /// How long to wait after the given attempt failed, counted from 1; `nil` when it was the last.
    package func delay(afterAttempt attempt: Int) -> Duration? {
        guard attempt <= retries else { return nil }
        if attempt <= noDelayRetries { return .zero }
        if attempt <= noDelayRetries + minDelayRetries { return .seconds(minDelaySeconds) }
        let growing = retries - noDelayRetries - minDelayRetries - maxDelayRetries
        let step = attempt - noDelayRetries - minDelayRetries
        guard step <= growing else { return .seconds(maxDelaySeconds) }
        return .seconds(delaySeconds(step: step, of: growing))
    }

    /// From the least delay at the first step to the greatest at the last.
    private func delaySeconds(step: Int, of steps: Int) -> Int {
        guard steps > 1 else { return minDelaySeconds }
        let span = maxDelaySeconds - minDelaySeconds
        let (place, last) = (step - 1, steps - 1)
        switch backOff {
        case .linear: return minDelaySeconds + span * place / last
        case .arithmetic: return minDelaySeconds + span * place * (place + 1) / (last * (last + 1))
        case .geometric: return minDelaySeconds + span * place * place / (last * last)
        case .exponential:
            // Doubles at each step, scaled so that the last one is the greatest delay.
            let share =
                Double(UInt64(1) << UInt64(min(place, 60))) / Double(UInt64(1) << UInt64(min(last, 60)))
            return min(maxDelaySeconds, minDelaySeconds + Int(Double(span) * (place == 0 ? 0 : share)))
        }
    }
}

/// Why a delivery policy is refused; the text is SNS's without `Invalid parameter: `.
package enum DeliveryPolicyProblem: Error, Equatable {
    case invalid(String)
    /// A member that would change deliveries and that nothing here acts on.
    case notSupported(String)
}
