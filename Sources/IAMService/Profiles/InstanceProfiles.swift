import AWSWire
import EventModel
import EventStore

extension IAMService {
    func createInstanceProfile(_ call: ServiceCall) throws(AWSError) {
        let name = try call.profileName()
        let path = try call.path()
        let tags = try call.tags()
        let (id, account) = (makeID("AIPA"), call.location.account)
        change(call) { snapshot, now throws(AWSError) in
            guard snapshot.instanceProfile(named: name, account: account) == nil else {
                throw .alreadyExists("Instance Profile \(name) already exists.")
            }
            let limit = IdentityLimits.instanceProfilesPerAccount
            guard snapshot.instanceProfiles(account: account).count < limit else {
                throw .quota("InstanceProfilesPerAccount", limit)
            }
            let profile = InstanceProfileDefinition(
                name: name, path: path, account: account, id: id, createdAt: now, tags: tags)
            return Decision(.putProfile(profile)) { xml in
                xml.element("InstanceProfile") { $0.profile(profile, snapshot, withTags: true) }
            }
        }
    }

    func getInstanceProfile(_ call: ServiceCall) throws(AWSError) {
        let snapshot = snapshot
        let profile = try snapshot.existingProfile(try call.profileName(), call.location.account)
        call.succeed { xml in
            xml.element("InstanceProfile") { $0.profile(profile, snapshot, withTags: true) }
        }
    }

    func listInstanceProfiles(_ call: ServiceCall) throws(AWSError) {
        let prefix = try call.pathPrefix()
        let snapshot = snapshot
        try list(
            snapshot.instanceProfiles(account: call.location.account).filter { $0.path.hasPrefix(prefix) },
            snapshot, call)
    }

    func listInstanceProfilesForRole(_ call: ServiceCall) throws(AWSError) {
        let snapshot = snapshot
        let role = try snapshot.existingRole(try call.roleName(), call.location.account)
        try list(snapshot.instanceProfiles(of: role), snapshot, call)
    }

    private func list(
        _ profiles: [InstanceProfileDefinition], _ snapshot: CatalogSnapshot, _ call: ServiceCall
    ) throws(AWSError) {
        let page = try Page(profiles, of: call) { $0.name }
        call.succeed { xml in
            xml.list("InstanceProfiles", page.elements) { $1.profile($0, snapshot, withTags: false) }
            page.writeEnd(&xml)
        }
    }

    func deleteInstanceProfile(_ call: ServiceCall) throws(AWSError) {
        let name = try call.profileName()
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            let profile = try snapshot.existingProfile(name, account)
            guard profile.roleName == nil else {
                throw .deleteConflict("Cannot delete entity, must remove roles from instance profile first.")
            }
            return Decision(.removeProfile(profile))
        }
    }

    func addRoleToInstanceProfile(_ call: ServiceCall) throws(AWSError) {
        let name = try call.profileName()
        let roleName = try call.roleName()
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var profile = try snapshot.existingProfile(name, account)
            let role = try snapshot.existingRole(roleName, account)
            guard profile.roleName == nil else { throw .quota("InstanceSessionsPerInstanceProfile", 1) }
            profile.roleName = role.name
            return Decision(.putProfile(profile))
        }
    }

    func removeRoleFromInstanceProfile(_ call: ServiceCall) throws(AWSError) {
        let name = try call.profileName()
        let roleName = try call.roleName()
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            var profile = try snapshot.existingProfile(name, account)
            let role = try snapshot.existingRole(roleName, account)
            guard profile.roleName == role.name else { throw .noRole(roleName) }
            profile.roleName = nil
            return Decision(.putProfile(profile))
        }
    }
}
