import AWSWire
import EventModel

/// Parameters that many operations have, checked.
extension ServiceCall {
    var constraint: QueryConstraint { QueryConstraint(parameters) }

    func roleName() throws(AWSError) -> String { try name("RoleName", 64) }
    func inlinePolicyName() throws(AWSError) -> String { try name("PolicyName", 128) }
    func profileName() throws(AWSError) -> String { try name("InstanceProfileName", 128) }

    func name(_ parameter: String, _ longest: Int) throws(AWSError) -> String {
        let name = try constraint.required(parameter, 1...longest)
        guard IdentityText.isName(name) else {
            throw .validation(
                "The specified value for \(QueryConstraint.lowered(parameter)) is invalid. "
                    + "It must contain only alphanumeric characters and/or the following: +=,.@_-")
        }
        return name
    }

    /// The path of a new entity; a slash when it is not given.
    func path() throws(AWSError) -> String {
        let path = try constraint.optional("Path", 1...512) ?? "/"
        guard IdentityText.isPath(path) else {
            throw .validation(
                "The specified value for path is invalid. It must begin and end with / and contain only "
                    + "alphanumeric characters and/or / characters.")
        }
        return path
    }

    /// What a list is limited to.
    func pathPrefix() throws(AWSError) -> String {
        let prefix = try constraint.optional("PathPrefix", 1...512) ?? "/"
        guard prefix.hasPrefix("/"), IdentityText.isPrintable(prefix) else {
            throw .validation(
                "The specified value for pathPrefix is invalid. It must begin with / and contain only "
                    + "alphanumeric characters and/or / characters.")
        }
        return prefix
    }

    func policyARN(_ parameter: String = "PolicyArn") throws(AWSError) -> String {
        let arn = try constraint.required(parameter, 20...2_048)
        guard PolicyARN.isValid(arn) else { throw .invalidInput("ARN \(arn) is not valid.") }
        return arn
    }

    func versionID() throws(AWSError) -> String {
        guard let id = parameters["VersionId"] else { return try constraint.required("VersionId", 1...64) }
        guard id.hasPrefix("v"), let number = Int(id.dropFirst()), number >= 1 else {
            throw QueryConstraint.failure(
                "Value '\(id)' at 'versionId'",
                "Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")
        }
        return id
    }

    func description() throws(AWSError) -> String? { try constraint.optional("Description", 0...1_000) }

    /// A policy document of the right form, as it was given.
    func document(_ parameter: String, as use: PolicyDocument.Use) throws(AWSError) -> String {
        let text = try constraint.required(parameter, 1...131_072)
        if let problem = PolicyDocument.problem(in: text, as: use) { throw .malformedPolicy(problem) }
        return text
    }

    /// `Tags.member.N`, without doubles.
    func tags() throws(AWSError) -> [String: String] {
        let given = constraint.structures("Tags")
        guard given.count <= IdentityLimits.tagsPerResource else {
            throw QueryConstraint.failure(
                "Value at 'tags'",
                "Member must have length less than or equal to \(IdentityLimits.tagsPerResource)")
        }
        var tags: [String: String] = [:]
        for (index, tag) in given.enumerated() {
            let key = tag["Key"] ?? ""
            try IdentityText.checkTag(key, at: "tags.\(index + 1).member.key", 1...128)
            let value = tag["Value"] ?? ""
            try IdentityText.checkTag(value, at: "tags.\(index + 1).member.value", 0...256)
            guard !tags.keys.contains(where: { $0.lowercased() == key.lowercased() }) else {
                throw .invalidInput(
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
            }
            tags[key] = value
        }
        return tags
    }
}

/// Which texts may be names, paths and tags.
enum IdentityText {
    static func isName(_ text: String) -> Bool {
        text.utf8.allSatisfy { isAlphanumeric($0) || "+=,.@_-".utf8.contains($0) }
    }

    static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && text.hasSuffix("/") && isPrintable(text)
    }

    /// `!` to `~`, which is what paths are made of.
    static func isPrintable(_ text: String) -> Bool { text.utf8.allSatisfy { (0x21...0x7e).contains($0) } }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    static func checkTag(_ text: String, at place: String, _ lengths: ClosedRange<Int>) throws(AWSError) {
        try QueryConstraint.checkLength(text, at: place, lengths)
        let isAllowed = text.unicodeScalars.allSatisfy { scalar in
            if "_.:/=+-@".unicodeScalars.contains(scalar) { return true }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                .spaceSeparator, .lineSeparator, .paragraphSeparator, .decimalNumber, .letterNumber,
                .otherNumber:
                return true
            default: return false
            }
        }
        guard isAllowed else {
            throw QueryConstraint.failure(
                "Value '\(text)' at '\(place)'",
                "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*")
        }
        guard !place.hasSuffix("key") || !text.lowercased().hasPrefix("aws:") else {
            throw .invalidInput("Tag keys that begin with aws: are reserved for AWS.")
        }
    }
}

/// ARNs of managed policies.
enum PolicyARN {
    /// `arn:aws:iam::<account or aws>:policy/…`.
    static func isValid(_ text: String) -> Bool {
        guard let arn = ARN(text), arn.partition == "aws", arn.service == "iam", arn.region.isEmpty,
            arn.account == "aws"
                || (arn.account.utf8.count == 12 && arn.account.allSatisfy { $0.isASCII && $0.isNumber }),
            arn.resource.hasPrefix("policy/"), let name = name(of: text)
        else { return false }
        return (1...128).contains(name.utf8.count) && IdentityText.isName(name)
    }

    /// One of AWS's own, `arn:aws:iam::aws:policy/…`.
    static func isOfAWS(_ text: String) -> Bool { ARN(text)?.account == "aws" }

    static func name(of text: String) -> String? {
        text.split(separator: "/", omittingEmptySubsequences: false).last.map { String($0) }
    }
}
