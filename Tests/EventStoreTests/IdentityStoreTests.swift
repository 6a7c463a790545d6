import EventModel
import EventStore
import Testing

@Suite("Roles, policies and instance profiles in the store")
struct IdentityStoreTests {
    @Test("They survive a restart whole, and so does the key of temporary credentials")
    func restart() throws {
        let test = try TestStore()
        let account = Limits.defaultAccount
        var role = RoleDefinition(
            name: "Worker", path: "/team/", account: account, id: "AROA1", createdAt: test.now,
            trustPolicy: #"{"a": "ä"}"#, description: "", maxSessionSeconds: 7_200,
            permissionsBoundary: "arn:aws:iam::aws:policy/P", tags: ["k": "v"])
        role.attachedPolicies = ["arn:2", "arn:1"]
        role.inlinePolicies = ["b": "{}", "a": "[]"]
        var policy = ManagedPolicyDefinition(
            name: "P", path: "/", account: account, id: "ANPA1", document: "{}", description: nil,
            createdAt: test.now, tags: ["x": ""])
        _ = policy.addVersion("[1]", isDefault: true, at: test.now + .seconds(1))
        policy.versions.removeFirst()
        let profile = InstanceProfileDefinition(
            name: "I", path: "/", account: account, id: "AIPA1", createdAt: test.now, roleName: "Worker")
        let (wantedRole, wantedPolicy) = (role, policy)
        try test.store.perform { writer throws(StoreError) in
            try writer.putRole(wantedRole)
            try writer.putManagedPolicy(wantedPolicy)
            try writer.putInstanceProfile(profile)
        }
        let key = test.store.credentialKey
        #expect(key.count == 32 && Set(key).count > 8)
        try test.reopen()
        let snapshot = test.store.catalog.snapshot
        #expect(snapshot.role(named: "wORKER", account: account) == role)
        #expect(snapshot.managedPolicy(arn: policy.arn) == policy)
        #expect(snapshot.instanceProfiles(of: role) == [profile])
        #expect(test.store.credentialKey == key)
        try test.store.perform { writer throws(StoreError) in
            try writer.removeRole(wantedRole)
            try writer.removeManagedPolicy(wantedPolicy)
            try writer.removeInstanceProfile(profile)
        }
        try test.reopen()
        #expect(test.store.catalog.snapshot.roles(account: account).isEmpty)
        #expect(test.store.catalog.snapshot.managedPolicies(account: account).isEmpty)
        #expect(test.store.catalog.snapshot.instanceProfiles(account: account).isEmpty)
    }
}
