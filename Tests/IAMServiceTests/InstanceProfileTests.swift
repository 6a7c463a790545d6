import Testing
import WireTesting

@Suite("Instance profiles on the wire")
struct InstanceProfileTests {
    @Test("A profile holds one role")
    func life() throws {
        let world = try IAMWorld()
        try world.makeRole()
        let both: KeyValuePairs<String, String> = ["InstanceProfileName": "host", "RoleName": "worker"]
        let profile: KeyValuePairs<String, String> = ["InstanceProfileName": "host"]
        #expect(
            try world.pair(
                "CreateInstanceProfile", "full",
                [
                    "InstanceProfileName": "host", "Path": "/team/", "Tags.member.1.Key": "a",
                    "Tags.member.1.Value": "b",
                ]) == nil)
        #expect(try world.pair("CreateInstanceProfile", "refused-taken", profile) == nil)
        #expect(try world.pair("AddRoleToInstanceProfile", "first", both) == nil)
        #expect(try world.pair("AddRoleToInstanceProfile", "refused-second", both) == nil)
        #expect(try world.pair("GetInstanceProfile", "full", profile) == nil)
        #expect(try world.pair("ListInstanceProfiles", "path", ["PathPrefix": "/team/"]) == nil)
        #expect(try world.pair("ListInstanceProfiles", "none", ["PathPrefix": "/other/"]) == nil)
        #expect(try world.pair("ListInstanceProfilesForRole", "one", ["RoleName": "worker"]) == nil)
        #expect(try world.pair("DeleteInstanceProfile", "refused-role", profile) == nil)
        #expect(try world.pair("RemoveRoleFromInstanceProfile", "there", both) == nil)
        #expect(try world.pair("RemoveRoleFromInstanceProfile", "missing", both) == nil)
        #expect(try world.pair("DeleteInstanceProfile", "free", profile) == nil)
        #expect(try world.pair("GetInstanceProfile", "missing", profile) == nil)
        #expect(try world.pair("DeleteInstanceProfile", "missing", profile) == nil)
        #expect(try world.pair("AddRoleToInstanceProfile", "missing", both) == nil)
    }

    @Test("A profile has tags")
    func tags() throws {
        let world = try IAMWorld()
        try world.send("CreateInstanceProfile", ["InstanceProfileName": "host"])
        #expect(
            try world.pair(
                "TagInstanceProfile", "one",
                ["InstanceProfileName": "host", "Tags.member.1.Key": "a", "Tags.member.1.Value": "b"]) == nil)
        #expect(
            try world.pair("ListInstanceProfileTags", "one", ["InstanceProfileName": "host"]) == nil)
        #expect(
            try world.pair(
                "UntagInstanceProfile", "one", ["InstanceProfileName": "host", "TagKeys.member.1": "a"])
                == nil)
        #expect(
            try world.pair("ListInstanceProfileTags", "none", ["InstanceProfileName": "host"]) == nil)
    }
}
