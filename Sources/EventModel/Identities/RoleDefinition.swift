/// A role of IAM as bookkeeping: who may assume it and what it permits are kept, and never asked.
package struct RoleDefinition: Equatable, Sendable {
    /// 1 to 64 of `A-Z a-z 0-9 + = , . @ _ -`; unique in the account without regard to case.
    package let name: String
    /// Begins and ends with a slash.
    package let path: String
    package let account: String
    /// `AROA` and 17 letters and digits; a role made anew has another one.
    package let id: String
    package let createdAt: Timestamp
    /// The JSON text as it was given.
    package var trustPolicy: String
    package var description: String?
    /// 3,600...43,200 s.
    package var maxSessionSeconds: Int
    /// The ARN of a managed policy.
    package var permissionsBoundary: String?
    /// ARNs of managed policies in the order in which they were attached.
    package var attachedPolicies: [String] = []
    /// JSON texts as they were given, by policy name.
    package var inlinePolicies: [String: String] = [:]
    package var tags: [String: String]

    package init(
        name: String, path: String, account: String, id: String, createdAt: Timestamp, trustPolicy: String,
        description: String? = nil, maxSessionSeconds: Int = IdentityLimits.shortestMaxSessionSeconds,
        permissionsBoundary: String? = nil, tags: [String: String] = [:]
    ) {
        self.name = name
        self.path = path
        self.account = account
        self.id = id
        self.createdAt = createdAt
        self.trustPolicy = trustPolicy
        self.description = description
        self.maxSessionSeconds = maxSessionSeconds
        self.permissionsBoundary = permissionsBoundary
        self.tags = tags
    }

    package var arn: String { "arn:aws:iam::\(account):role\(path)\(name)" }
}
