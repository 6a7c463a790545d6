/// A customer managed policy of IAM as bookkeeping: it permits and denies nothing.
package struct ManagedPolicyDefinition: Equatable, Sendable {
    package struct Version: Equatable, Sendable {
        /// From 1; `v1` on the wire.
        package let number: Int
        /// The JSON text as it was given.
        package let document: String
        package let createdAt: Timestamp

        package init(number: Int, document: String, createdAt: Timestamp) {
            self.number = number
            self.document = document
            self.createdAt = createdAt
        }

        package var id: String { "v\(number)" }
    }

    /// 1 to 128 of `A-Z a-z 0-9 + = , . @ _ -`; unique in the account without regard to case.
    package let name: String
    /// Begins and ends with a slash.
    package let path: String
    package let account: String
    /// `ANPA` and 17 letters and digits.
    package let id: String
    package let description: String?
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    /// Oldest first; at most five.
    package var versions: [Version]
    package var defaultVersion: Int
    /// The highest number ever given out; numbers do not come back.
    package var lastVersion: Int
    package var tags: [String: String]

    package init(
        name: String, path: String, account: String, id: String, document: String, description: String?,
        createdAt: Timestamp, tags: [String: String]
    ) {
        self.name = name
        self.path = path
        self.account = account
        self.id = id
        self.description = description
        self.createdAt = createdAt
        updatedAt = createdAt
        versions = [Version(number: 1, document: document, createdAt: createdAt)]
        defaultVersion = 1
        lastVersion = 1
        self.tags = tags
    }

    package var arn: String { "arn:aws:iam::\(account):policy\(path)\(name)" }

    package func version(_ id: String) -> Version? { versions.first { $0.id == id } }

    /// The text of the default version; empty only when a file was tampered with.
    package var document: String { versions.first { $0.number == defaultVersion }?.document ?? "" }

    /// Adds a version with the next number.
    ///
    /// - Returns: The new version.
    package mutating func addVersion(_ document: String, isDefault: Bool, at moment: Timestamp) -> Version {
        lastVersion += 1
        let version = Version(number: lastVersion, document: document, createdAt: moment)
        versions.append(version)
        if isDefault { defaultVersion = version.number }
        updatedAt = moment
        return version
    }
}
