import AWSWire
import EventModel
import EventStore

extension XMLWriter {
    mutating func tags(_ tags: [String: String]) {
        list("Tags", tags.sorted { $0.key < $1.key }) { tag, xml in
            xml.element("Key", tag.key)
            xml.element("Value", tag.value)
        }
    }

    /// The members that every answer with a role has; documents travel percent-encoded (API reference, `Role`).
    mutating func role(_ role: RoleDefinition) {
        element("Path", role.path)
        element("RoleName", role.name)
        element("RoleId", role.id)
        element("Arn", role.arn)
        element("CreateDate", role.createdAt.iso8601Seconds)
        element("AssumeRolePolicyDocument", PercentCoding.encoded(role.trustPolicy))
        element("Description", optional: role.description)
        element("MaxSessionDuration", role.maxSessionSeconds)
    }

    /// What lists leave out (API reference, `ListRoles`).
    mutating func roleInFull(_ role: RoleDefinition) {
        self.role(role)
        if let boundary = role.permissionsBoundary {
            element("PermissionsBoundary") { xml in
                xml.element("PermissionsBoundaryType", "Policy")
                xml.element("PermissionsBoundaryArn", boundary)
            }
        }
        if !role.tags.isEmpty { tags(role.tags) }
    }

    mutating func policy(_ policy: ManagedPolicyDefinition, _ uses: PolicyUses) {
        element("PolicyName", policy.name)
        element("PolicyId", policy.id)
        element("Arn", policy.arn)
        element("Path", policy.path)
        element("DefaultVersionId", "v\(policy.defaultVersion)")
        element("AttachmentCount", uses.attached)
        element("PermissionsBoundaryUsageCount", uses.asBoundary)
        element("IsAttachable", true)
        element("CreateDate", policy.createdAt.iso8601Seconds)
        element("UpdateDate", policy.updatedAt.iso8601Seconds)
    }

    mutating func version(
        _ version: ManagedPolicyDefinition.Version, of policy: ManagedPolicyDefinition, withDocument: Bool
    ) {
        if withDocument { element("Document", PercentCoding.encoded(version.document)) }
        element("VersionId", version.id)
        element("IsDefaultVersion", version.number == policy.defaultVersion)
        element("CreateDate", version.createdAt.iso8601Seconds)
    }

    mutating func profile(_ profile: InstanceProfileDefinition, _ snapshot: CatalogSnapshot, withTags: Bool) {
        element("Path", profile.path)
        element("InstanceProfileName", profile.name)
        element("InstanceProfileId", profile.id)
        element("Arn", profile.arn)
        element("CreateDate", profile.createdAt.iso8601Seconds)
        let role = profile.roleName.flatMap { snapshot.role(named: $0, account: profile.account) }
        list("Roles", role.map { [$0] } ?? []) { $1.role($0) }
        if withTags, !profile.tags.isEmpty { tags(profile.tags) }
    }
}

/// How many roles use each policy.
struct PolicyUses: Equatable {
    var attached = 0
    var asBoundary = 0

    /// Counted in one walk, by ARN.
    static func all(in snapshot: CatalogSnapshot, account: String) -> [String: PolicyUses] {
        var uses: [String: PolicyUses] = [:]
        for role in snapshot.roles(account: account) {
            for arn in role.attachedPolicies { uses[arn, default: PolicyUses()].attached += 1 }
            if let arn = role.permissionsBoundary { uses[arn, default: PolicyUses()].asBoundary += 1 }
        }
        return uses
    }
}
