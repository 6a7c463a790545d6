/// An instance profile of IAM as bookkeeping: a name under which a machine would find one role.
package struct InstanceProfileDefinition: Equatable, Sendable {
    /// 1 to 128 of `A-Z a-z 0-9 + = , . @ _ -`; unique in the account without regard to case.
    package let name: String
    /// Begins and ends with a slash.
    package let path: String
    package let account: String
    /// `AIPA` and 17 letters and digits.
    package let id: String
    package let createdAt: Timestamp
    package var roleName: String?
    package var tags: [String: String]

    package init(
        name: String, path: String, account: String, id: String, createdAt: Timestamp,
        roleName: String? = nil, tags: [String: String] = [:]
    ) {
        self.name = name
        self.path = path
        self.account = account
        self.id = id
        self.createdAt = createdAt
        self.roleName = roleName
        self.tags = tags
    }

    package var arn: String { "arn:aws:iam::\(account):instance-profile\(path)\(name)" }
}
