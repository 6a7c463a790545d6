import AWSWire
import EventModel
import EventStore

extension IAMService {
    func createPolicy(_ call: ServiceCall) throws(AWSError) {
        let name = try call.name("PolicyName", 128)
        let path = try call.path()
        let document = try call.document("PolicyDocument", as: .permissions)
        let description = try call.description()
        let tags = try call.tags()
        let (id, account) = (makeID("ANPA"), call.location.account)
        change(call) { snapshot, now throws(AWSError) in
            guard snapshot.managedPolicy(named: name, account: account) == nil else {
                throw .alreadyExists(
                    "A policy called \(name) already exists. Duplicate names are not allowed.")
            }
            guard snapshot.managedPolicies(account: account).count < IdentityLimits.policiesPerAccount else {
                throw .quota("PoliciesPerAccount", IdentityLimits.policiesPerAccount)
            }
            try Self.checkPolicyLength(document)
            let policy = ManagedPolicyDefinition(
                name: name, path: path, account: account, id: id, document: document,
                description: description, createdAt: now, tags: tags)
            return Decision(.putPolicy(policy)) { xml in
                xml.element("Policy") { xml in
                    xml.policy(policy, PolicyUses())
                    if !policy.tags.isEmpty { xml.tags(policy.tags) }
                }
            }
        }
    }

    private static func checkPolicyLength(_ document: String) throws(AWSError) {
        guard PolicyDocument.length(of: document) <= IdentityLimits.managedPolicyLength else {
            throw .quota("PolicySize", IdentityLimits.managedPolicyLength)
        }
    }

    func getPolicy(_ call: ServiceCall) throws(AWSError) {
        let snapshot = snapshot
        let policy = try snapshot.existingPolicy(try call.policyARN())
        let uses = PolicyUses.all(in: snapshot, account: policy.account)[policy.arn] ?? PolicyUses()
        call.succeed { xml in
            xml.element("Policy") { xml in
                xml.policy(policy, uses)
                xml.element("Description", optional: policy.description)
                if !policy.tags.isEmpty { xml.tags(policy.tags) }
            }
        }
    }

    /// Policies of AWS are not kept, so `Scope` AWS has an empty list.
    func listPolicies(_ call: ServiceCall) throws(AWSError) {
        let scope = try call.constraint.choice("Scope", of: ["All", "AWS", "Local"])
        let isAttached = try call.constraint.boolean("OnlyAttached") ?? false
        let prefix = try call.pathPrefix()
        let usage = try call.constraint.choice(
            "PolicyUsageFilter", of: ["PermissionsPolicy", "PermissionsBoundary"])
        let snapshot = snapshot
        let uses = PolicyUses.all(in: snapshot, account: call.location.account)
        let all = scope == "AWS" ? [] : snapshot.managedPolicies(account: call.location.account)
        let policies = all.filter { policy in
            let use = uses[policy.arn] ?? PolicyUses()
            let isUsed =
                switch usage {
                case "PermissionsPolicy": use.attached > 0
                case "PermissionsBoundary": use.asBoundary > 0
                default: true
                }
            return policy.path.hasPrefix(prefix) && isUsed
                && (!isAttached || use.attached + use.asBoundary > 0)
        }
        let page = try Page(policies, of: call) { $0.name }
        call.succeed { xml in
            xml.list("Policies", page.elements) { $1.policy($0, uses[$0.arn] ?? PolicyUses()) }
            page.writeEnd(&xml)
        }
    }

    func deletePolicy(_ call: ServiceCall) throws(AWSError) {
        let arn = try call.policyARN()
        change(call) { snapshot, _ throws(AWSError) in
            let policy = try snapshot.existingPolicy(arn)
            guard PolicyUses.all(in: snapshot, account: policy.account)[arn] == nil else {
                throw .deleteConflict("Cannot delete a policy attached to entities.")
            }
            guard policy.versions.count == 1 else {
                throw .deleteConflict(
                    "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                        + "versions. The default version is deleted with the policy.")
            }
            return Decision(.removePolicy(policy))
        }
    }

    // MARK: - Versions

    func createPolicyVersion(_ call: ServiceCall) throws(AWSError) {
        let arn = try call.policyARN()
        let document = try call.document("PolicyDocument", as: .permissions)
        let isDefault = try call.constraint.boolean("SetAsDefault") ?? false
        change(call) { snapshot, now throws(AWSError) in
            var policy = try snapshot.existingPolicy(arn)
            guard policy.versions.count < IdentityLimits.versionsPerPolicy else {
                throw .limitExceeded(
                    "A managed policy can have up to 5 versions. Before you create a new version, you must delete an "
                        + "existing version.")
            }
            try Self.checkPolicyLength(document)
            let version = policy.addVersion(document, isDefault: isDefault, at: now)
            let changed = policy
            return Decision(.putPolicy(changed)) { xml in
                xml.element("PolicyVersion") { $0.version(version, of: changed, withDocument: false) }
            }
        }
    }

    func getPolicyVersion(_ call: ServiceCall) throws(AWSError) {
        let policy = try snapshot.existingPolicy(try call.policyARN())
        let id = try call.versionID()
        guard let version = policy.version(id) else { throw .noVersion(id, of: policy.arn) }
        call.succeed { xml in
            xml.element("PolicyVersion") { $0.version(version, of: policy, withDocument: true) }
        }
    }

    /// The newest first.
    func listPolicyVersions(_ call: ServiceCall) throws(AWSError) {
        let policy = try snapshot.existingPolicy(try call.policyARN())
        // Numbers may have several digits, so what pages are cut by counts down with the same width.
        let page = try Page(policy.versions.reversed(), of: call) { version in
            String(Int.max - version.number)
        }
        call.succeed { xml in
            xml.list("Versions", page.elements) { $1.version($0, of: policy, withDocument: false) }
            page.writeEnd(&xml)
        }
    }

    func setDefaultPolicyVersion(_ call: ServiceCall) throws(AWSError) {
        let arn = try call.policyARN()
        let id = try call.versionID()
        change(call) { snapshot, now throws(AWSError) in
            var policy = try snapshot.existingPolicy(arn)
            guard let version = policy.version(id) else { throw .noVersion(id, of: arn) }
            policy.defaultVersion = version.number
            policy.updatedAt = now
            return Decision(.putPolicy(policy))
        }
    }

    func deletePolicyVersion(_ call: ServiceCall) throws(AWSError) {
        let arn = try call.policyARN()
        let id = try call.versionID()
        change(call) { snapshot, now throws(AWSError) in
            var policy = try snapshot.existingPolicy(arn)
            guard let version = policy.version(id) else { throw .noVersion(id, of: arn) }
            guard version.number != policy.defaultVersion else {
                throw .deleteConflict("Cannot delete the default version of a policy.")
            }
            policy.versions.removeAll { $0.number == version.number }
            policy.updatedAt = now
            return Decision(.putPolicy(policy))
        }
    }
}
