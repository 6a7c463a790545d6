import AWSWire
import ByteCoding
import EventModel

/// The JSON texts inside the attributes `RedrivePolicy` and `RedriveAllowPolicy`.
enum RedriveText {
    /// Which queues may name a queue as their dead-letter queue.
    enum Allowed: Equatable {
        case all
        case none
        case sources([String])
    }

    static func policy(_ text: String) throws(AWSError) -> RedrivePolicy {
        guard let object = JSONText.object(text) else {
            throw .parameter(text, "RedrivePolicy", "Redrive policy is not a valid JSON map.")
        }
        guard let target = object["deadLetterTargetArn"]?.stringValue else {
            throw lacking("deadLetterTargetArn", text)
        }
        guard let count = object["maxReceiveCount"] else { throw lacking("maxReceiveCount", text) }
        guard let limit = count.intValue ?? count.stringValue.flatMap({ Int($0) }),
            (1...1_000).contains(limit)
        else {
            throw .parameter(
                text, "RedrivePolicy",
                "Invalid value for maxReceiveCount: \(count.stringValue ?? count.text), "
                    + "valid values are from 1 to 1000 both inclusive.")
        }
        guard let arn = ARN(target), arn.service == "sqs" else {
            throw .parameter(text, "RedrivePolicy", "Invalid value for deadLetterTargetArn.")
        }
        return RedrivePolicy(deadLetterTarget: arn, maxReceiveCount: limit)
    }

    static func text(of policy: RedrivePolicy) -> String {
        let tree: JSONValue = [
            "deadLetterTargetArn": .string(policy.deadLetterTarget.description),
            "maxReceiveCount": .number(String(policy.maxReceiveCount)),
        ]
        return tree.text
    }

    static func allowPolicy(_ text: String) throws(AWSError) -> Allowed {
        guard let object = JSONText.object(text) else {
            throw .parameter(text, "RedriveAllowPolicy", "Redrive allow policy is not a valid JSON map.")
        }
        switch object["redrivePermission"]?.stringValue {
        case "allowAll": return .all
        case "denyAll": return .none
        case "byQueue":
            let sources = (object["sourceQueueArns"]?.arrayValue ?? []).compactMap(\.stringValue)
            guard (1...10).contains(sources.count) else {
                throw .parameter(
                    text, "RedriveAllowPolicy", "sourceQueueArns must name between 1 and 10 queues.")
            }
            return .sources(sources)
        default:
            throw .parameter(
                text, "RedriveAllowPolicy", "redrivePermission must be allowAll, denyAll or byQueue.")
        }
    }

    private static func lacking(_ member: String, _ text: String) -> AWSError {
        .parameter(text, "RedrivePolicy", "Redrive policy does not contain mandatory attribute: \(member).")
    }
}

/// JSON inside of a text.
enum JSONText {
    /// The object that the text holds; `nil` for anything else.
    static func object(_ text: String) -> JSONObject? {
        do throws(JSONError) {
            return try JSONValue(parsing: Array(text.utf8)).objectValue
        } catch {
            return nil
        }
    }

    static func isObject(_ text: String) -> Bool { object(text) != nil }
}
