import AWSWire
import ByteCoding
import EventModel

/// The JSON texts inside the attributes `RedrivePolicy` and `RedriveAllowPolicy`.
enum RedriveText {
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

    /// Checks the text of a redrive allow policy.
    static func checkAllowPolicy(_ text: String) throws(AWSError) {
        guard RedriveAllowance(text) == nil else { return }
        throw .attributeValue(
            "RedriveAllowPolicy",
            reason: "Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.")
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
