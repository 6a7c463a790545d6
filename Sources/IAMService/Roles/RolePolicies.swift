import AWSWire
import EventModel
import EventStore

// MARK: - Managed policies of a role

extension IAMService {
    /// Attaching what is attached already changes nothing.
    func attachRolePolicy(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let arn = try call.policyARN()
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var role = try snapshot.existingRole(name, account)
            try Self.checkAttachable(arn, snapshot)
            guard !role.attachedPolicies.contains(arn) else { return Decision(.none) }
            guard role.attachedPolicies.count < IdentityLimits.policiesPerRole else {
                throw .quota("PoliciesPerRole", IdentityLimits.policiesPerRole)
            }
            role.attachedPolicies.append(arn)
            return Decision(.put(role))
        }
    }

    func detachRolePolicy(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let arn = try call.policyARN()
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var role = try snapshot.existingRole(name, account)
            guard let index = role.attachedPolicies.firstIndex(of: arn) else { throw .noPolicy(arn) }
            role.attachedPolicies.remove(at: index)
            return Decision(.put(role))
        }
    }

    func listAttachedRolePolicies(_ call: ServiceCall) throws(AWSError) {
        let role = try snapshot.existingRole(try call.roleName(), call.location.account)
        let prefix = try call.pathPrefix()
        let arns = role.attachedPolicies.filter { Self.path(ofPolicy: $0).hasPrefix(prefix) }.sorted()
        let page = try Page(arns, of: call, by: { $0 })
        call.succeed { xml in
            xml.list("AttachedPolicies", page.elements) { arn, xml in
                xml.element("PolicyName", PolicyARN.name(of: arn) ?? "")
                xml.element("PolicyArn", arn)
            }
            page.writeEnd(&xml)
        }
    }

    /// `/service-role/` of `arn:aws:iam::aws:policy/service-role/Name`.
    private static func path(ofPolicy arn: String) -> String {
        let parts = (ARN(arn)?.resource ?? "").split(separator: "/", omittingEmptySubsequences: false)
        let folders = parts.dropFirst().dropLast()
        return folders.isEmpty ? "/" : "/\(folders.joined(separator: "/"))/"
    }

    /// The roles that a policy is attached to or bounds; there are no users and groups.
    func listEntitiesForPolicy(_ call: ServiceCall) throws(AWSError) {
        let arn = try call.policyARN()
        let prefix = try call.pathPrefix()
        let filter = try call.constraint.choice(
            "EntityFilter", of: ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"])
        let usage = try call.constraint.choice(
            "PolicyUsageFilter", of: ["PermissionsPolicy", "PermissionsBoundary"])
        if !PolicyARN.isOfAWS(arn) { _ = try snapshot.existingPolicy(arn) }
        let roles = snapshot.roles(account: call.location.account).filter { role in
            let isAttached = usage != "PermissionsBoundary" && role.attachedPolicies.contains(arn)
            let isBoundary = usage != "PermissionsPolicy" && role.permissionsBoundary == arn
            return (filter == nil || filter == "Role") && role.path.hasPrefix(prefix)
                && (isAttached || isBoundary)
        }
        let page = try Page(roles, of: call) { $0.name }
        call.succeed { xml in
            xml.list("PolicyGroups", [String]())
            xml.list("PolicyUsers", [String]())
            xml.list("PolicyRoles", page.elements) { role, xml in
                xml.element("RoleName", role.name)
                xml.element("RoleId", role.id)
            }
            page.writeEnd(&xml)
        }
    }
}

// MARK: - Inline policies of a role

extension IAMService {
    func putRolePolicy(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let policyName = try call.inlinePolicyName()
        let document = try call.document("PolicyDocument", as: .permissions)
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var role = try snapshot.existingRole(name, account)
            role.inlinePolicies[policyName] = document
            let length = role.inlinePolicies.values.reduce(0) { $0 + PolicyDocument.length(of: $1) }
            guard length <= IdentityLimits.inlinePoliciesLength else {
                throw .limitExceeded(
                    "Maximum policy size of \(IdentityLimits.inlinePoliciesLength) bytes exceeded for role \(name)"
                )
            }
            return Decision(.put(role))
        }
    }

    func getRolePolicy(_ call: ServiceCall) throws(AWSError) {
        let role = try snapshot.existingRole(try call.roleName(), call.location.account)
        let name = try call.inlinePolicyName()
        guard let document = role.inlinePolicies[name] else { throw Self.noRolePolicy(name) }
        call.succeed { xml in
            xml.element("RoleName", role.name)
            xml.element("PolicyName", name)
            xml.element("PolicyDocument", PercentCoding.encoded(document))
        }
    }

    func deleteRolePolicy(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let policyName = try call.inlinePolicyName()
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var role = try snapshot.existingRole(name, account)
            guard role.inlinePolicies.removeValue(forKey: policyName) != nil else {
                throw Self.noRolePolicy(policyName)
            }
            return Decision(.put(role))
        }
    }

    private static func noRolePolicy(_ name: String) -> AWSError {
        .noSuchEntity("The role policy with name \(name) cannot be found.")
    }

    func listRolePolicies(_ call: ServiceCall) throws(AWSError) {
        let role = try snapshot.existingRole(try call.roleName(), call.location.account)
        let page = try Page(role.inlinePolicies.keys.sorted(), of: call, by: { $0 })
        call.succeed { xml in
            xml.list("PolicyNames", page.elements)
            page.writeEnd(&xml)
        }
    }
}
