import AWSWire
import EventModel

/// Names and ARNs of topics and subscriptions.
enum SNSName {
    static func isTopicName(_ name: String) -> Bool {
        (1...SNSLimits.topicNameBytes).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The ARN of a topic in the caller's region.
    static func topic(
        _ text: String, parameter: String, in location: Location
    ) throws(AWSError) -> ARN {
        let arn = try parts(text, parameter: parameter)
        guard arn.service == "sns", arn.region == location.region, !arn.resource.contains(":") else {
            throw .invalid(parameter)
        }
        return arn
    }

    static func subscription(_ text: String) throws(AWSError) -> ARN {
        let arn = try parts(text, parameter: "SubscriptionArn")
        guard arn.service == "sns", arn.resource.split(separator: ":").count == 2 else {
            throw .invalid("SubscriptionId")
        }
        return arn
    }

    private static func parts(_ text: String, parameter: String) throws(AWSError) -> ARN {
        let count = text.split(separator: ":", omittingEmptySubsequences: false).count
        guard count >= 6 else {
            throw .invalid("\(parameter) Reason: An ARN must have at least 6 elements, not \(count)")
        }
        guard let arn = ARN(text) else { throw .invalid(parameter) }
        return arn
    }
}

/// Where the next page of a list begins: behind this text or number.
enum PageToken {
    static func make(after place: String) -> String { PercentCoding.encoded(place) }

    static func place(_ token: String?) throws(AWSError) -> String? {
        guard let token, !token.isEmpty else { return nil }
        guard let place = PercentCoding.decoded(token.utf8), !place.isEmpty else {
            throw .invalid("NextToken")
        }
        return place
    }
}
