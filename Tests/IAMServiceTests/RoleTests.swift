import EventStore
import HTTP
import Testing
import WireTesting

@Suite("Roles on the wire")
struct RoleTests {
    @Test("A role is made, shown, changed and deleted")
    func life() throws {
        let world = try IAMWorld()
        let made = try world.pair(
            "CreateRole", "full",
            [
                "RoleName": "worker", "Path": "/team/", "AssumeRolePolicyDocument": IAMWorld.trust,
                "Description": "Reads <queues> & more", "MaxSessionDuration": "7200",
                "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
                "Tags.member.1.Key": "stage", "Tags.member.1.Value": "test", "Tags.member.2.Key": "empty",
                "Tags.member.2.Value": "",
            ])
        #expect(made == nil)
        #expect(try world.pair("GetRole", "full", ["RoleName": "worker"]) == nil)
        world.wire.clock.advance(by: .seconds(5))
        #expect(
            try world.pair(
                "UpdateRole", "both",
                ["RoleName": "worker", "Description": "Writes", "MaxSessionDuration": "3600"]) == nil)
        #expect(
            try world.pair(
                "UpdateRoleDescription", "new", ["RoleName": "worker", "Description": "Writes too"]) == nil)
        #expect(
            try world.pair(
                "UpdateAssumeRolePolicy", "new",
                [
                    "RoleName": "worker",
                    "PolicyDocument": #"{"Statement":{"Effect":"Deny","Principal":"*","Action":"sts:*"}}"#,
                ]) == nil)
        #expect(
            try world.pair("DeleteRolePermissionsBoundary", "there", ["RoleName": "worker"]) == nil)
        #expect(
            try world.pair("DeleteRolePermissionsBoundary", "none", ["RoleName": "worker"]) == nil)
        #expect(try world.pair("GetRole", "changed", ["RoleName": "WORKER"]) == nil)
        #expect(try world.pair("DeleteRole", "free", ["RoleName": "worker"]) == nil)
        #expect(try world.pair("GetRole", "missing", ["RoleName": "worker"]) == nil)
    }

    @Test("What cannot be a role is refused in IAM's words and makes none")
    func refused() throws {
        let world = try IAMWorld()
        let trust = IAMWorld.trust
        let cases: [(String, KeyValuePairs<String, String>)] = [
            ("no-name", ["AssumeRolePolicyDocument": trust]),
            ("empty-name", ["RoleName": "", "AssumeRolePolicyDocument": trust]),
            (
                "long-name",
                ["RoleName": String(repeating: "r", count: 65), "AssumeRolePolicyDocument": trust]
            ),
            ("odd-name", ["RoleName": "a/b", "AssumeRolePolicyDocument": trust]),
            ("odd-path", ["RoleName": "r", "Path": "team", "AssumeRolePolicyDocument": trust]),
            ("linked", ["RoleName": "r", "Path": "/aws-service-role/x/", "AssumeRolePolicyDocument": trust]),
            ("no-document", ["RoleName": "r"]),
            ("no-json", ["RoleName": "r", "AssumeRolePolicyDocument": "{"]),
            ("permissions", ["RoleName": "r", "AssumeRolePolicyDocument": IAMWorld.permissions]),
            (
                "long-document",
                [
                    "RoleName": "r",
                    "AssumeRolePolicyDocument": trust.replacing(
                        "lambda.amazonaws.com", with: String(repeating: "x", count: 2_048)),
                ]
            ),
            (
                "short-session",
                ["RoleName": "r", "AssumeRolePolicyDocument": trust, "MaxSessionDuration": "3599"]
            ),
            (
                "no-number",
                ["RoleName": "r", "AssumeRolePolicyDocument": trust, "MaxSessionDuration": "an hour"]
            ),
            (
                "no-boundary",
                [
                    "RoleName": "r", "AssumeRolePolicyDocument": trust,
                    "PermissionsBoundary": IAMWorld.policyARN("missing"),
                ]
            ),
            (
                "double-tags",
                [
                    "RoleName": "r", "AssumeRolePolicyDocument": trust, "Tags.member.1.Key": "a",
                    "Tags.member.1.Value": "1", "Tags.member.2.Key": "A", "Tags.member.2.Value": "2",
                ]
            ),
            (
                "odd-tag",
                [
                    "RoleName": "r", "AssumeRolePolicyDocument": trust, "Tags.member.1.Key": "a|b",
                    "Tags.member.1.Value": "1",
                ]
            ),
        ]
        for (name, parameters) in cases {
            #expect(try world.pair("CreateRole", "refused-\(name)", parameters) == nil)
        }
        #expect(world.wire.store.catalog.snapshot.roles(account: IAMWorld.account).isEmpty)
    }

    @Test("A name is taken whatever its case")
    func taken() throws {
        let world = try IAMWorld()
        try world.makeRole("Worker")
        #expect(
            try world.pair(
                "CreateRole", "refused-taken",
                ["RoleName": "worker", "AssumeRolePolicyDocument": IAMWorld.trust]) == nil)
    }

    @Test("Operations on a role that is not there say so")
    func missing() throws {
        let world = try IAMWorld()
        let arn = IAMWorld.basicExecution
        let cases: [(String, KeyValuePairs<String, String>)] = [
            ("UpdateRole", [:]), ("UpdateRoleDescription", ["Description": "x"]), ("DeleteRole", [:]),
            ("UpdateAssumeRolePolicy", ["PolicyDocument": IAMWorld.trust]),
            ("PutRolePermissionsBoundary", ["PermissionsBoundary": arn]),
            ("AttachRolePolicy", ["PolicyArn": arn]), ("DetachRolePolicy", ["PolicyArn": arn]),
            ("ListAttachedRolePolicies", [:]),
            ("PutRolePolicy", ["PolicyName": "p", "PolicyDocument": IAMWorld.permissions]),
            ("GetRolePolicy", ["PolicyName": "p"]), ("DeleteRolePolicy", ["PolicyName": "p"]),
            ("ListRolePolicies", [:]), ("TagRole", ["Tags.member.1.Key": "a", "Tags.member.1.Value": "b"]),
            ("UntagRole", ["TagKeys.member.1": "a"]), ("ListRoleTags", [:]),
            ("ListInstanceProfilesForRole", [:]),
        ]
        for (operation, parameters) in cases {
            var all: [(key: String, value: String)] = [("RoleName", "nobody")]
            for (name, value) in parameters { all.append((name, value)) }
            let answer = try world.wire.send(world.request(operation, all))
            #expect(answer.status == 404, "\(operation): \(answer.bodyText)")
            #expect(answer.bodyText.contains("<Code>NoSuchEntity</Code>"), "\(operation)")
            #expect(
                answer.bodyText.contains("The role with name nobody cannot be found."), "\(operation)")
        }
    }

    @Test("Roles are listed by name in pages, below a path")
    func pages() throws {
        let world = try IAMWorld()
        for name in ["c", "a", "b"] { try world.makeRole(name) }
        try world.send(
            "CreateRole",
            ["RoleName": "d", "Path": "/team/", "AssumeRolePolicyDocument": IAMWorld.trust])
        #expect(try world.pair("ListRoles", "all") == nil)
        #expect(try world.pair("ListRoles", "first", ["MaxItems": "2"]) == nil)
        #expect(try world.pair("ListRoles", "second", ["MaxItems": "2", "Marker": "Yg=="]) == nil)
        #expect(try world.pair("ListRoles", "path", ["PathPrefix": "/team"]) == nil)
        #expect(try world.pair("ListRoles", "refused-size", ["MaxItems": "0"]) == nil)
        #expect(try world.pair("ListRoles", "refused-marker", ["Marker": "%"]) == nil)
        #expect(try world.pair("ListRoles", "refused-path", ["PathPrefix": "team"]) == nil)
    }

    @Test("A role with policies or a profile cannot be deleted")
    func conflicts() throws {
        let world = try IAMWorld()
        try world.makeRole()
        let role: KeyValuePairs<String, String> = ["RoleName": "worker"]
        try world.send("AttachRolePolicy", ["RoleName": "worker", "PolicyArn": IAMWorld.basicExecution])
        #expect(try world.pair("DeleteRole", "refused-attached", role) == nil)
        try world.send("DetachRolePolicy", ["RoleName": "worker", "PolicyArn": IAMWorld.basicExecution])
        try world.send(
            "PutRolePolicy",
            ["RoleName": "worker", "PolicyName": "p", "PolicyDocument": IAMWorld.permissions])
        #expect(try world.pair("DeleteRole", "refused-inline", role) == nil)
        try world.send("DeleteRolePolicy", ["RoleName": "worker", "PolicyName": "p"])
        try world.send("CreateInstanceProfile", ["InstanceProfileName": "i"])
        try world.send("AddRoleToInstanceProfile", ["InstanceProfileName": "i", "RoleName": "worker"])
        #expect(try world.pair("DeleteRole", "refused-profile", role) == nil)
        try world.send("RemoveRoleFromInstanceProfile", ["InstanceProfileName": "i", "RoleName": "worker"])
        #expect(try world.send("DeleteRole", role).status == 200)
    }

    @Test("Tags come and go")
    func tags() throws {
        let world = try IAMWorld()
        try world.makeRole()
        #expect(
            try world.pair(
                "TagRole", "two",
                [
                    "RoleName": "worker", "Tags.member.1.Key": "b", "Tags.member.1.Value": "1",
                    "Tags.member.2.Key": "a", "Tags.member.2.Value": "2",
                ]) == nil)
        try world.send(
            "TagRole", ["RoleName": "worker", "Tags.member.1.Key": "B", "Tags.member.1.Value": "3"])
        #expect(try world.pair("ListRoleTags", "two", ["RoleName": "worker"]) == nil)
        #expect(try world.pair("ListRoleTags", "first", ["RoleName": "worker", "MaxItems": "1"]) == nil)
        #expect(
            try world.pair("UntagRole", "one", ["RoleName": "worker", "TagKeys.member.1": "b"]) == nil)
        #expect(try world.pair("ListRoleTags", "one", ["RoleName": "worker"]) == nil)
        for number in 0..<49 {
            try world.send(
                "TagRole",
                [
                    "RoleName": "worker", "Tags.member.1.Key": "k\(number)", "Tags.member.1.Value": "",
                ])
        }
        #expect(
            try world.pair(
                "TagRole", "refused-limit",
                ["RoleName": "worker", "Tags.member.1.Key": "more", "Tags.member.1.Value": ""]) == nil)
    }

    @Test("Operations that IAM has and Millrace has not are named")
    func unsupported() throws {
        let world = try IAMWorld()
        #expect(try world.pair("CreateUser", "unsupported", ["UserName": "u"]) == nil)
        #expect(
            try world.pair(
                "CreateServiceLinkedRole", "unsupported", ["AWSServiceName": "x.amazonaws.com"]) == nil)
        #expect(try world.pair("", "no-action") == nil)
    }
}
