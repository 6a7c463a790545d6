import AWSWire
import EventModel

/// What a caller may hand along with a session: policies that would narrow it, and tags. Checked for their form; as
/// nothing is permitted or denied here, they change nothing.
struct SessionPolicy {
    /// Characters of the policy, and of the tags.
    private let length: Int
    private let isEmpty: Bool

    init(_ call: ServiceCall, isKnown: (String) -> Bool) throws(AWSError) {
        let constraint = QueryConstraint(call.parameters)
        let policy = try constraint.optional("Policy", 1...131_072)
        if let policy {
            guard PolicyDocument.problem(in: policy, as: .permissions) == nil else {
                throw AWSError("MalformedPolicyDocument", "The policy is not in the valid JSON format.")
            }
            guard policy.unicodeScalars.count <= IdentityLimits.sessionPolicyLength else {
                throw QueryConstraint.failure(
                    "Value at 'policy'",
                    "Member must have length less than or equal to \(IdentityLimits.sessionPolicyLength)")
            }
        }
        let arns = constraint.structures("PolicyArns").map { $0["arn"] ?? "" }
        guard arns.count <= IdentityLimits.policiesPerRole else {
            throw AWSError(
                "ValidationError",
                "A session takes at most \(IdentityLimits.policiesPerRole) managed policies.")
        }
        for arn in arns where !isKnown(arn) {
            throw AWSError("NoSuchEntity", "Policy \(arn) does not exist or is not attachable.", status: 404)
        }
        let tags = try Self.tags(constraint)
        isEmpty = policy == nil && arns.isEmpty && tags == 0
        length = (policy?.unicodeScalars.count ?? 0) + arns.reduce(0) { $0 + $1.utf8.count } + tags
    }

    /// The length of all tags.
    private static func tags(_ constraint: QueryConstraint) throws(AWSError) -> Int {
        let given = constraint.structures("Tags")
        guard given.count <= IdentityLimits.tagsPerResource else {
            throw QueryConstraint.failure(
                "Value at 'tags'",
                "Member must have length less than or equal to \(IdentityLimits.tagsPerResource)")
        }
        var keys: Set<String> = []
        var length = 0
        for (index, tag) in given.enumerated() {
            let (key, value) = (tag["Key"] ?? "", tag["Value"] ?? "")
            try QueryConstraint.checkLength(key, at: "tags.\(index + 1).member.key", 1...128)
            try QueryConstraint.checkLength(value, at: "tags.\(index + 1).member.value", 0...256)
            guard keys.insert(key.lowercased()).inserted else {
                throw AWSError(
                    "InvalidParameterValue",
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
            }
            length += key.utf8.count + value.utf8.count
        }
        for key in constraint.list("TransitiveTagKeys") where !keys.contains(key.lowercased()) {
            throw AWSError(
                "InvalidParameterValue",
                "The specified transitive tag key must be included in the requested tags.")
        }
        return length
    }

    /// How much of the room for policies and tags is used; `nil` when nothing was given. AWS packs them first, in a
    /// form that is not known; this counts their characters.
    var packedPercent: Int? {
        guard !isEmpty else { return nil }
        return min(100, max(1, length * 100 / IdentityLimits.sessionPolicyLength))
    }
}

/// Which texts STS takes.
enum IdentityText {
    /// A letter, digit or underscore.
    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Checks a name of `[\w+=,.@-]*`, with more characters where they are allowed.
    static func check(
        _ text: String, at place: String, beside extra: String = "+=,.@-"
    ) throws(AWSError) {
        guard text.utf8.allSatisfy({ isWord($0) || extra.utf8.contains($0) }) else {
            let pattern = "[\\w\(extra.replacing("-", with: "\\-"))]*"
            throw QueryConstraint.failure(
                "Value '\(text)' at '\(place)'", "Member must satisfy regular expression pattern: \(pattern)")
        }
    }
}
