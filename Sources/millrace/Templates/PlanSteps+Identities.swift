import Digest
import EventModel
import EventStore
import Template

/// A role or policy as it is to be stored.
enum IdentityChange: Equatable {
    case role(RoleDefinition)
    case policy(ManagedPolicyDefinition)
}

// MARK: - Roles and policies

extension PlanSteps {
    private var account: String { Location().account }

    /// What has to be stored so that everything is as declared; what is so already is not in it.
    ///
    /// Policies are attached and put beside those that a role has already; nothing is detached or deleted.
    /// - Parameter isCheck: Runs before tables are made, so that ARNs of their streams may be missing.
    func identityChanges(
        _ snapshot: CatalogSnapshot, now: Timestamp, isCheck: Bool
    ) throws(StoreError) -> [IdentityChange] {
        let resolver = DocumentResolver(plan: plan, snapshot: snapshot, isCheck: isCheck)
        var changes: [IdentityChange] = []
        for wanted in plan.managedPolicies {
            let stored = snapshot.managedPolicy(named: wanted.name, account: account)
            let policy = try merged(wanted, stored, resolver, now)
            if policy != stored { changes.append(.policy(policy)) }
        }
        var roles = try declaredRoles(snapshot, resolver, now)
        try attachPolicies(to: &roles, snapshot)
        try putRolePolicies(to: &roles, snapshot, resolver)
        for (name, role) in roles.sorted(by: { $0.key < $1.key }) {
            try check(role, snapshot)
            if role != snapshot.role(named: name, account: account) { changes.append(.role(role)) }
        }
        let newRoles = roles.keys.count { snapshot.role(named: $0, account: account) == nil }
        guard snapshot.roles(account: account).count + newRoles <= IdentityLimits.rolesPerAccount else {
            throw .limit("There can be \(IdentityLimits.rolesPerAccount) roles.")
        }
        return changes
    }

    func apply(_ change: IdentityChange, _ writer: StoreWriter) throws(StoreError) -> Int {
        switch change {
        case .role(let role): try writer.putRole(role)
        case .policy(let policy): try writer.putManagedPolicy(policy)
        }
        return 1
    }

    // MARK: - Policies

    private func merged(
        _ wanted: TemplatePlan.ManagedPolicy, _ stored: ManagedPolicyDefinition?,
        _ resolver: DocumentResolver, _ now: Timestamp
    ) throws(StoreError) -> ManagedPolicyDefinition {
        let document = try resolver.text(wanted.document, wanted.origin)
        guard PolicyDocument.length(of: document) <= IdentityLimits.managedPolicyLength else {
            throw .limit(
                "\(wanted.origin): a managed policy can have \(IdentityLimits.managedPolicyLength) characters."
            )
        }
        guard var policy = stored else {
            return ManagedPolicyDefinition(
                name: wanted.name, path: wanted.path, account: account, id: makeID("ANPA"),
                document: document, description: wanted.description, createdAt: now, tags: [:])
        }
        guard policy.path == wanted.path, policy.description == wanted.description else {
            throw .conflict(
                "\(wanted.origin): policy \(wanted.name) exists with another path or description, which cannot be "
                    + "changed. Delete it first.")
        }
        guard policy.document != document else { return policy }
        // Five are kept; the oldest that is not in use makes room.
        if policy.versions.count >= IdentityLimits.versionsPerPolicy,
            let oldest = policy.versions.firstIndex(where: { $0.number != policy.defaultVersion })
        {
            policy.versions.remove(at: oldest)
        }
        _ = policy.addVersion(document, isDefault: true, at: now)
        return policy
    }

    private func makeID(_ prefix: String) -> String {
        UniqueID.text(prefix, random: RandomBytes.make(count: UniqueID.byteCount))
    }

    // MARK: - Roles

    /// The roles that the plan declares, by name.
    private func declaredRoles(
        _ snapshot: CatalogSnapshot, _ resolver: DocumentResolver, _ now: Timestamp
    ) throws(StoreError) -> [String: RoleDefinition] {
        var roles: [String: RoleDefinition] = [:]
        for wanted in plan.roles {
            let trustPolicy = try resolver.text(wanted.trustPolicy, wanted.origin)
            let stored = snapshot.role(named: wanted.name, account: account)
            if let stored, stored.path != wanted.path {
                throw .conflict(
                    "\(wanted.origin): role \(stored.name) exists with the path \(stored.path), which cannot be changed. "
                        + "Delete it first.")
            }
            var role =
                stored
                ?? RoleDefinition(
                    name: wanted.name, path: wanted.path, account: account, id: makeID("AROA"),
                    createdAt: now, trustPolicy: trustPolicy)
            role.trustPolicy = trustPolicy
            role.description = wanted.description
            role.maxSessionSeconds = wanted.maxSessionSeconds
            role.permissionsBoundary = wanted.permissionsBoundary
            role.tags = wanted.tags
            for arn in wanted.attachedPolicies { role.attach(arn) }
            for (name, document) in wanted.inlinePolicies {
                role.inlinePolicies[name] = try resolver.text(document, wanted.origin)
            }
            roles[wanted.name] = role
        }
        return roles
    }

    private func attachPolicies(
        to roles: inout [String: RoleDefinition], _ snapshot: CatalogSnapshot
    ) throws(StoreError) {
        for policy in plan.managedPolicies {
            for name in policy.roles {
                var role = try existing(name, roles, snapshot, policy.origin)
                role.attach(policy.arn(account: account))
                roles[name] = role
            }
        }
    }

    private func putRolePolicies(
        to roles: inout [String: RoleDefinition], _ snapshot: CatalogSnapshot, _ resolver: DocumentResolver
    ) throws(StoreError) {
        for policy in plan.rolePolicies {
            for name in policy.roles {
                var role = try existing(name, roles, snapshot, policy.origin)
                role.inlinePolicies[policy.name] = try resolver.text(policy.document, policy.origin)
                roles[name] = role
            }
        }
    }

    private func existing(
        _ name: String, _ roles: [String: RoleDefinition], _ snapshot: CatalogSnapshot, _ origin: String
    ) throws(StoreError) -> RoleDefinition {
        guard let role = roles[name] ?? snapshot.role(named: name, account: account) else {
            throw .notFound("\(origin): the role \(name)")
        }
        return role
    }

    /// The limits of IAM, and that what is attached is there.
    private func check(_ role: RoleDefinition, _ snapshot: CatalogSnapshot) throws(StoreError) {
        let made = Set(plan.managedPolicies.map { $0.arn(account: account) })
        for arn in role.attachedPolicies + (role.permissionsBoundary.map { [$0] } ?? [])
        where ARN(arn)?.account != "aws" && !made.contains(arn) && snapshot.managedPolicy(arn: arn) == nil {
            throw .notFound("Role \(role.name): the policy \(arn)")
        }
        guard role.attachedPolicies.count <= IdentityLimits.policiesPerRole else {
            throw .limit(
                "Role \(role.name) would have \(role.attachedPolicies.count) managed policies; "
                    + "\(IdentityLimits.policiesPerRole) are allowed.")
        }
        let inline = role.inlinePolicies.values.reduce(0) { $0 + PolicyDocument.length(of: $1) }
        guard inline <= IdentityLimits.inlinePoliciesLength,
            PolicyDocument.length(of: role.trustPolicy) <= IdentityLimits.trustPolicyLength
        else {
            throw .limit(
                "Role \(role.name): the inline policies can have \(IdentityLimits.inlinePoliciesLength) characters, "
                    + "the trust policy \(IdentityLimits.trustPolicyLength).")
        }
    }
}

extension RoleDefinition {
    fileprivate mutating func attach(_ arn: String) {
        if !attachedPolicies.contains(arn) { attachedPolicies.append(arn) }
    }
}

/// Fills in ARNs that become known on the way.
struct DocumentResolver {
    let plan: TemplatePlan
    let snapshot: CatalogSnapshot
    /// Before anything is made, an ARN only has to be one that will be there.
    let isCheck: Bool

    func text(_ document: LateText, _ origin: String) throws(StoreError) -> String {
        var missing: TemplatePlan.LateARN?
        let text = document.text { late in
            if let arn = PlanSteps.arn(late, snapshot) { return arn.description }
            if !(isCheck && willBeThere(late)) { missing = late }
            return ""
        }
        switch missing {
        case .tableStream(let table): throw .notFound("\(origin): the stream of the table \(table)")
        case .consumer(let stream, let name): throw .notFound("\(origin): the consumer \(name) of \(stream)")
        case nil: return text
        }
    }

    func isKnown(_ late: TemplatePlan.LateARN) -> Bool {
        PlanSteps.arn(late, snapshot) != nil || (isCheck && willBeThere(late))
    }

    private func willBeThere(_ late: TemplatePlan.LateARN) -> Bool {
        switch late {
        case .tableStream(let name): plan.tables.contains { $0.name == name && $0.streamView != nil }
        case .consumer(let stream, let name):
            plan.consumers.contains { $0.stream == stream && $0.name == name }
        }
    }
}
