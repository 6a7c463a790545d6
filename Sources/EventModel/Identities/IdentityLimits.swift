/// Bounds of IAM and STS (IAM user guide, "IAM and AWS STS quotas"; API references).
package enum IdentityLimits {
    package static let rolesPerAccount = 1_000
    package static let policiesPerAccount = 1_500
    package static let instanceProfilesPerAccount = 1_000
    package static let policiesPerRole = 10
    package static let versionsPerPolicy = 5
    package static let tagsPerResource = 50
    /// Characters of a trust policy, white space not counted.
    package static let trustPolicyLength = 2_048
    /// Characters of all inline policies of a role, white space not counted.
    package static let inlinePoliciesLength = 10_240
    /// Characters of a version of a managed policy, white space not counted.
    package static let managedPolicyLength = 6_144
    /// Characters of a session policy.
    package static let sessionPolicyLength = 2_048
    /// The shortest, and default, maximum of a role's sessions, in seconds.
    package static let shortestMaxSessionSeconds = 3_600
    /// The longest session of a role, in seconds.
    package static let longestRoleSessionSeconds = 43_200
    /// The longest session by `GetSessionToken` and `GetFederationToken`, in seconds.
    package static let longestTokenSeconds = 129_600
    /// The shortest session of any kind, in seconds.
    package static let shortestSessionSeconds = 900
    /// The longest session that the root user gets, and one role that was assumed by another, in seconds.
    package static let longestRootSessionSeconds = 3_600
}
