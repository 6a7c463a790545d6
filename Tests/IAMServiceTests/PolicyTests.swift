import EventStore
import HTTP
import Testing
import WireTesting

@Suite("Policies on the wire")
struct PolicyTests {
    private let arn = IAMWorld.policyARN("reading")

    @Test("A managed policy lives with its versions")
    func life() throws {
        let world = try IAMWorld()
        let permissions = IAMWorld.permissions
        #expect(
            try world.pair(
                "CreatePolicy", "full",
                [
                    "PolicyName": "reading", "PolicyDocument": permissions, "Description": "Reads",
                    "Tags.member.1.Key": "a", "Tags.member.1.Value": "b",
                ]) == nil)
        #expect(
            try world.pair(
                "CreatePolicy", "refused-taken", ["PolicyName": "READING", "PolicyDocument": permissions])
                == nil)
        #expect(try world.pair("GetPolicy", "full", ["PolicyArn": arn]) == nil)
        world.wire.clock.advance(by: .seconds(60))
        let other = permissions.replacing("sqs:", with: "kinesis:")
        #expect(
            try world.pair(
                "CreatePolicyVersion", "default",
                ["PolicyArn": arn, "PolicyDocument": other, "SetAsDefault": "true"]) == nil)
        #expect(
            try world.pair(
                "CreatePolicyVersion", "other", ["PolicyArn": arn, "PolicyDocument": other]) == nil)
        #expect(try world.pair("ListPolicyVersions", "three", ["PolicyArn": arn]) == nil)
        #expect(
            try world.pair("ListPolicyVersions", "first", ["PolicyArn": arn, "MaxItems": "1"]) == nil)
        #expect(
            try world.pair("GetPolicyVersion", "first", ["PolicyArn": arn, "VersionId": "v1"]) == nil)
        #expect(
            try world.pair("GetPolicyVersion", "missing", ["PolicyArn": arn, "VersionId": "v9"]) == nil)
        #expect(
            try world.pair("GetPolicyVersion", "refused-form", ["PolicyArn": arn, "VersionId": "9"]) == nil)
        #expect(
            try world.pair("SetDefaultPolicyVersion", "third", ["PolicyArn": arn, "VersionId": "v3"]) == nil)
        #expect(
            try world.pair("SetDefaultPolicyVersion", "missing", ["PolicyArn": arn, "VersionId": "v9"])
                == nil)
        #expect(
            try world.pair(
                "DeletePolicyVersion", "refused-default", ["PolicyArn": arn, "VersionId": "v3"]) == nil)
        #expect(try world.pair("DeletePolicy", "refused-versions", ["PolicyArn": arn]) == nil)
        #expect(
            try world.pair("DeletePolicyVersion", "free", ["PolicyArn": arn, "VersionId": "v1"]) == nil)
        #expect(
            try world.pair("DeletePolicyVersion", "missing", ["PolicyArn": arn, "VersionId": "v1"]) == nil)
        try world.send("DeletePolicyVersion", ["PolicyArn": arn, "VersionId": "v2"])
        #expect(try world.pair("DeletePolicy", "free", ["PolicyArn": arn]) == nil)
        #expect(try world.pair("GetPolicy", "missing", ["PolicyArn": arn]) == nil)
    }

    @Test("A policy has five versions at most, and numbers do not come back")
    func versions() throws {
        let world = try IAMWorld()
        try world.makePolicy()
        let another: KeyValuePairs<String, String> = [
            "PolicyArn": arn, "PolicyDocument": IAMWorld.permissions,
        ]
        for _ in 0..<4 { try world.send("CreatePolicyVersion", another) }
        #expect(try world.pair("CreatePolicyVersion", "refused-limit", another) == nil)
        try world.send("DeletePolicyVersion", ["PolicyArn": arn, "VersionId": "v5"])
        #expect(
            try world.send("CreatePolicyVersion", another).bodyText.contains("<VersionId>v6</VersionId>"))
    }

    @Test(
        "A document of the wrong form is refused in IAM's words",
        arguments: [
            ("json", "{"), ("empty", "{}"), ("array", "[]"),
            ("version", #"{"Version":"2020-01-01","Statement":[]}"#),
            ("member", #"{"Statment":[]}"#), ("no-statements", #"{"Statement":[]}"#),
            ("effect", #"{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}"#),
            ("no-effect", #"{"Statement":{"Action":"*","Resource":"*"}}"#),
            ("no-action", #"{"Statement":{"Effect":"Allow","Resource":"*"}}"#),
            ("vendor", #"{"Statement":{"Effect":"Allow","Action":"Send","Resource":"*"}}"#),
            ("no-resource", #"{"Statement":{"Effect":"Allow","Action":"*"}}"#),
            ("resource", #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"queue"}}"#),
            (
                "principal",
                #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}"#
            ),
            (
                "sid",
                #"{"Statement":{"Sid":"a-b","Effect":"Allow","Action":"*","Resource":"*"}}"#
            ),
            (
                "double-sid",
                #"{"Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},"#
                    + #"{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]}"#
            ),
        ])
    func malformed(name: String, document: String) throws {
        let world = try IAMWorld()
        #expect(
            try world.pair(
                "CreatePolicy", "malformed-\(name)", ["PolicyName": "p", "PolicyDocument": document]) == nil)
        #expect(world.wire.store.catalog.snapshot.managedPolicies(account: IAMWorld.account).isEmpty)
    }

    @Test("Policies are attached and detached; those of AWS without being kept")
    func attachment() throws {
        let world = try IAMWorld()
        try world.makeRole()
        try world.makePolicy()
        #expect(
            try world.pair("AttachRolePolicy", "own", ["RoleName": "worker", "PolicyArn": arn]) == nil)
        #expect(
            try world.pair(
                "AttachRolePolicy", "of-aws", ["RoleName": "worker", "PolicyArn": IAMWorld.basicExecution])
                == nil)
        try world.send("AttachRolePolicy", ["RoleName": "worker", "PolicyArn": arn])
        let missing = IAMWorld.policyARN("missing")
        #expect(
            try world.pair("AttachRolePolicy", "missing", ["RoleName": "worker", "PolicyArn": missing])
                == nil)
        #expect(
            try world.pair(
                "AttachRolePolicy", "refused-arn",
                ["RoleName": "worker", "PolicyArn": "arn:aws:sqs:us-east-1:000000000000:q"]) == nil)
        #expect(try world.pair("ListAttachedRolePolicies", "two", ["RoleName": "worker"]) == nil)
        #expect(
            try world.pair(
                "ListAttachedRolePolicies", "path", ["RoleName": "worker", "PathPrefix": "/service-role/"])
                == nil)
        #expect(try world.pair("ListEntitiesForPolicy", "own", ["PolicyArn": arn]) == nil)
        #expect(
            try world.pair("ListEntitiesForPolicy", "users", ["PolicyArn": arn, "EntityFilter": "User"])
                == nil)
        #expect(try world.pair("ListEntitiesForPolicy", "missing", ["PolicyArn": missing]) == nil)
        #expect(try world.pair("GetPolicy", "attached", ["PolicyArn": arn]) == nil)
        #expect(
            try world.pair("GetPolicy", "unsupported-of-aws", ["PolicyArn": IAMWorld.basicExecution]) == nil)
        #expect(try world.pair("DeletePolicy", "refused-attached", ["PolicyArn": arn]) == nil)
        #expect(
            try world.pair("DetachRolePolicy", "own", ["RoleName": "worker", "PolicyArn": arn]) == nil)
        #expect(
            try world.pair("DetachRolePolicy", "missing", ["RoleName": "worker", "PolicyArn": arn]) == nil)
        #expect(
            try world.pair(
                "PutRolePermissionsBoundary", "own", ["RoleName": "worker", "PermissionsBoundary": arn])
                == nil)
        #expect(try world.send("DeletePolicy", ["PolicyArn": arn]).status == 409)
    }

    @Test("A role takes ten managed policies")
    func attachmentLimit() throws {
        let world = try IAMWorld()
        try world.makeRole()
        for number in 0..<10 {
            try world.send(
                "AttachRolePolicy",
                ["RoleName": "worker", "PolicyArn": "arn:aws:iam::aws:policy/P\(number)"])
        }
        #expect(
            try world.pair(
                "AttachRolePolicy", "refused-limit",
                ["RoleName": "worker", "PolicyArn": "arn:aws:iam::aws:policy/P10"]) == nil)
    }

    @Test("Policies are listed by scope, path and use")
    func lists() throws {
        let world = try IAMWorld()
        try world.makeRole()
        try world.makePolicy("reading")
        try world.makePolicy("writing")
        try world.send("AttachRolePolicy", ["RoleName": "worker", "PolicyArn": arn])
        #expect(try world.pair("ListPolicies", "all") == nil)
        #expect(try world.pair("ListPolicies", "attached", ["OnlyAttached": "true"]) == nil)
        #expect(try world.pair("ListPolicies", "of-aws", ["Scope": "AWS"]) == nil)
        #expect(
            try world.pair("ListPolicies", "boundaries", ["PolicyUsageFilter": "PermissionsBoundary"])
                == nil)
        #expect(try world.pair("ListPolicies", "first", ["Scope": "Local", "MaxItems": "1"]) == nil)
        #expect(try world.pair("ListPolicies", "refused-scope", ["Scope": "Mine"]) == nil)
    }

    @Test("Inline policies belong to their role")
    func inline() throws {
        let world = try IAMWorld()
        try world.makeRole()
        let permissions = IAMWorld.permissions
        #expect(
            try world.pair(
                "PutRolePolicy", "new",
                ["RoleName": "worker", "PolicyName": "p", "PolicyDocument": permissions]) == nil)
        #expect(try world.pair("GetRolePolicy", "there", ["RoleName": "worker", "PolicyName": "p"]) == nil)
        #expect(
            try world.pair("GetRolePolicy", "missing", ["RoleName": "worker", "PolicyName": "q"]) == nil)
        #expect(try world.pair("ListRolePolicies", "one", ["RoleName": "worker"]) == nil)
        #expect(
            try world.pair(
                "PutRolePolicy", "refused-form",
                ["RoleName": "worker", "PolicyName": "p", "PolicyDocument": IAMWorld.trust]) == nil)
        let long = permissions.replacing("\"*\"", with: "\"arn:\(String(repeating: "x", count: 10_240))\"")
        let answer = try world.send(
            "PutRolePolicy", ["RoleName": "worker", "PolicyName": "long", "PolicyDocument": long])
        #expect(answer.status == 409)
        #expect(
            answer.bodyText.contains("Maximum policy size of 10240 bytes exceeded for role worker"))
        #expect(
            try world.pair("DeleteRolePolicy", "there", ["RoleName": "worker", "PolicyName": "p"]) == nil)
        #expect(
            try world.pair("DeleteRolePolicy", "missing", ["RoleName": "worker", "PolicyName": "p"]) == nil)
    }

    @Test("A managed policy has tags")
    func tags() throws {
        let world = try IAMWorld()
        try world.makePolicy()
        #expect(
            try world.pair(
                "TagPolicy", "one", ["PolicyArn": arn, "Tags.member.1.Key": "a", "Tags.member.1.Value": "b"])
                == nil)
        #expect(try world.pair("ListPolicyTags", "one", ["PolicyArn": arn]) == nil)
        #expect(try world.pair("UntagPolicy", "one", ["PolicyArn": arn, "TagKeys.member.1": "a"]) == nil)
        #expect(try world.pair("ListPolicyTags", "none", ["PolicyArn": arn]) == nil)
        #expect(
            try world.pair("ListPolicyTags", "missing", ["PolicyArn": IAMWorld.policyARN("other")]) == nil)
    }
}
