import AWSWire
import EventModel
import EventStore

extension IAMService {
    func createRole(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let path = try call.path()
        guard !path.hasPrefix("/aws-service-role/") else {
            throw .notSupported(
                parameter: "Path", operation: "CreateRole",
                note: "Roles below /aws-service-role/ are service-linked; Millrace has none.")
        }
        let trustPolicy = try call.document("AssumeRolePolicyDocument", as: .trust)
        let description = try call.description()
        let seconds = try maxSessionSeconds(call)
        let boundary =
            call.parameters["PermissionsBoundary"] == nil
            ? nil : try call.policyARN("PermissionsBoundary")
        let tags = try call.tags()
        let (id, account) = (makeID("AROA"), call.location.account)
        change(call) { snapshot, now throws(AWSError) in
            guard snapshot.role(named: name, account: account) == nil else {
                throw .alreadyExists("Role with name \(name) already exists.")
            }
            guard snapshot.roles(account: account).count < IdentityLimits.rolesPerAccount else {
                throw .quota("RolesPerAccount", IdentityLimits.rolesPerAccount)
            }
            try Self.checkTrustPolicyLength(trustPolicy)
            if let boundary { try Self.checkAttachable(boundary, snapshot) }
            let role = RoleDefinition(
                name: name, path: path, account: account, id: id, createdAt: now, trustPolicy: trustPolicy,
                description: description,
                maxSessionSeconds: seconds ?? IdentityLimits.shortestMaxSessionSeconds,
                permissionsBoundary: boundary, tags: tags)
            return Decision(.put(role)) { xml in xml.element("Role") { $0.roleInFull(role) } }
        }
    }

    private func maxSessionSeconds(_ call: ServiceCall) throws(AWSError) -> Int? {
        try call.constraint.integer(
            "MaxSessionDuration",
            in: IdentityLimits.shortestMaxSessionSeconds...IdentityLimits.longestRoleSessionSeconds)
    }

    private static func checkTrustPolicyLength(_ text: String) throws(AWSError) {
        guard PolicyDocument.length(of: text) <= IdentityLimits.trustPolicyLength else {
            throw .quota("ACLSizePerRole", IdentityLimits.trustPolicyLength)
        }
    }

    /// A policy of AWS counts as being there.
    static func checkAttachable(_ arn: String, _ snapshot: CatalogSnapshot) throws(AWSError) {
        guard PolicyARN.isOfAWS(arn) || snapshot.managedPolicy(arn: arn) != nil else {
            throw .notAttachable(arn)
        }
    }

    func getRole(_ call: ServiceCall) throws(AWSError) {
        let role = try snapshot.existingRole(try call.roleName(), call.location.account)
        call.succeed { xml in
            xml.element("Role") { xml in
                xml.roleInFull(role)
                xml.element("RoleLastUsed") { _ in }
            }
        }
    }

    func listRoles(_ call: ServiceCall) throws(AWSError) {
        let prefix = try call.pathPrefix()
        let roles = snapshot.roles(account: call.location.account).filter { $0.path.hasPrefix(prefix) }
        let page = try Page(roles, of: call) { $0.name }
        call.succeed { xml in
            xml.list("Roles", page.elements) { $1.role($0) }
            page.writeEnd(&xml)
        }
    }

    /// What is not given stays.
    func updateRole(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let description = try call.description()
        let seconds = try maxSessionSeconds(call)
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var role = try snapshot.existingRole(name, account)
            if let description { role.description = description }
            if let seconds { role.maxSessionSeconds = seconds }
            return Decision(.put(role)) { _ in }
        }
    }

    func updateRoleDescription(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let description = try call.constraint.required("Description", 0...1_000)
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var role = try snapshot.existingRole(name, account)
            role.description = description
            let changed = role
            return Decision(.put(changed)) { xml in xml.element("Role") { $0.roleInFull(changed) } }
        }
    }

    func updateAssumeRolePolicy(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let trustPolicy = try call.document("PolicyDocument", as: .trust)
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var role = try snapshot.existingRole(name, account)
            try Self.checkTrustPolicyLength(trustPolicy)
            role.trustPolicy = trustPolicy
            return Decision(.put(role))
        }
    }

    func deleteRole(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            let role = try snapshot.existingRole(name, account)
            guard snapshot.instanceProfiles(of: role).isEmpty else {
                throw .deleteConflict("Cannot delete entity, must remove roles from instance profile first.")
            }
            guard role.attachedPolicies.isEmpty else {
                throw .deleteConflict("Cannot delete entity, must detach all policies first.")
            }
            guard role.inlinePolicies.isEmpty else {
                throw .deleteConflict("Cannot delete entity, must delete policies first.")
            }
            return Decision(.remove(role))
        }
    }

    // MARK: - Boundaries

    func putRolePermissionsBoundary(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let boundary = try call.policyARN("PermissionsBoundary")
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var role = try snapshot.existingRole(name, account)
            try Self.checkAttachable(boundary, snapshot)
            role.permissionsBoundary = boundary
            return Decision(.put(role))
        }
    }

    func deleteRolePermissionsBoundary(_ call: ServiceCall) throws(AWSError) {
        let name = try call.roleName()
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var role = try snapshot.existingRole(name, account)
            guard role.permissionsBoundary != nil else {
                throw .noSuchEntity("The role with name \(name) has no permissions boundary.")
            }
            role.permissionsBoundary = nil
            return Decision(.put(role))
        }
    }
}
