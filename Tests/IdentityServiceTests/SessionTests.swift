import EventModel
import HTTP
import Testing
import WireTesting

@Suite("STS on the wire")
struct SessionTests {
    private let role: (key: String, value: String) = ("RoleArn", IdentityWorld.roleARN)

    @Test("Everybody without a session is the root user")
    func root() throws {
        #expect(try IdentityWorld().pair("GetCallerIdentity", "root") == nil)
    }

    @Test("A role that is there can be assumed")
    func assume() throws {
        let world = try IdentityWorld()
        #expect(
            try world.pair(
                "AssumeRole", "plain", ["RoleArn": IdentityWorld.roleARN, "RoleSessionName": "batch"]) == nil)
        #expect(
            try world.pair(
                "AssumeRole", "full",
                [
                    "RoleArn": IdentityWorld.roleARN, "RoleSessionName": "anna@example.org",
                    "DurationSeconds": "900", "ExternalId": "a:b/c", "SourceIdentity": "anna",
                    "Policy": #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
                    "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
                    "Tags.member.1.Key": "team", "Tags.member.1.Value": "a",
                    "TransitiveTagKeys.member.1": "team",
                ]) == nil)
    }

    @Test("What cannot become a session is refused in AWS's words")
    func refused() throws {
        let world = try IdentityWorld()
        let arn = IdentityWorld.roleARN
        let cases: [(String, KeyValuePairs<String, String>)] = [
            ("no-role", ["RoleSessionName": "batch"]),
            ("no-name", ["RoleArn": arn]),
            ("short-name", ["RoleArn": arn, "RoleSessionName": "b"]),
            ("odd-name", ["RoleArn": arn, "RoleSessionName": "a b"]),
            ("short", ["RoleArn": arn, "RoleSessionName": "batch", "DurationSeconds": "899"]),
            ("long", ["RoleArn": arn, "RoleSessionName": "batch", "DurationSeconds": "43201"]),
            ("over-maximum", ["RoleArn": arn, "RoleSessionName": "batch", "DurationSeconds": "7201"]),
            ("missing-role", ["RoleArn": arn + "s", "RoleSessionName": "batch"]),
            ("no-arn", ["RoleArn": "worker-worker-worker", "RoleSessionName": "batch"]),
            ("policy", ["RoleArn": arn, "RoleSessionName": "batch", "Policy": "{"]),
            (
                "missing-policy",
                [
                    "RoleArn": arn, "RoleSessionName": "batch",
                    "PolicyArns.member.1.arn": "arn:aws:iam::000000000000:policy/none",
                ]
            ),
            (
                "transitive",
                ["RoleArn": arn, "RoleSessionName": "batch", "TransitiveTagKeys.member.1": "team"]
            ),
            ("device", ["RoleArn": arn, "RoleSessionName": "batch", "TokenCode": "123456"]),
        ]
        for (name, parameters) in cases {
            #expect(try world.pair("AssumeRole", "refused-\(name)", parameters) == nil)
        }
    }

    @Test("A session's credentials say who it is")
    func identity() throws {
        let world = try IdentityWorld()
        let issued = try #require(
            try world.issue(
                "AssumeRole", ["RoleArn": IdentityWorld.roleARN, "RoleSessionName": "batch"]))
        #expect(issued.accessKeyID.hasPrefix("ASIA") && issued.accessKeyID.count == 20)
        #expect(issued.secret.count == 40)
        let answer = try world.wire.send(world.request("GetCallerIdentity", [], as: issued)).bodyText
        #expect(
            IdentityWorld.value(of: "Arn", in: answer)
                == "arn:aws:sts::000000000000:assumed-role/worker/batch")
        #expect(IdentityWorld.value(of: "UserId", in: answer) == "AROAEXAMPLEEXAMPLE123:batch")
        let forged = IdentityWorld.Issued(
            accessKeyID: issued.accessKeyID, secret: "", token: "AAAA" + issued.token.dropFirst(4))
        let other = try world.wire.send(world.request("GetCallerIdentity", [], as: forged)).bodyText
        #expect(IdentityWorld.value(of: "Arn", in: other) == "arn:aws:iam::000000000000:root")
    }

    @Test("A role assumed by a session lasts an hour at most")
    func chained() throws {
        let world = try IdentityWorld()
        let issued = try #require(
            try world.issue(
                "AssumeRole", ["RoleArn": IdentityWorld.roleARN, "RoleSessionName": "batch"]))
        let parameters: [(key: String, value: String)] = [
            role, ("RoleSessionName", "next"), ("DurationSeconds", "3601"),
        ]
        let answer = try world.wire.send(world.request("AssumeRole", parameters, as: issued))
        #expect(answer.status == 400)
        #expect(answer.bodyText.contains("1 hour session limit for roles assumed by role chaining"))
    }

    @Test("Tokens for the root user and for federated users")
    func tokens() throws {
        let world = try IdentityWorld()
        #expect(try world.pair("GetSessionToken", "plain") == nil)
        #expect(try world.pair("GetSessionToken", "long", ["DurationSeconds": "129600"]) == nil)
        #expect(try world.pair("GetSessionToken", "refused-short", ["DurationSeconds": "1"]) == nil)
        #expect(try world.pair("GetSessionToken", "refused-device", ["SerialNumber": "x"]) == nil)
        #expect(
            try world.pair("GetFederationToken", "plain", ["Name": "anna", "DurationSeconds": "900"]) == nil)
        #expect(try world.pair("GetFederationToken", "refused-name", ["Name": "a"]) == nil)
        let issued = try #require(try world.issue("GetSessionToken", [:]))
        let answer = try world.wire.send(world.request("GetSessionToken", [], as: issued))
        #expect(answer.status == 403)
        #expect(answer.bodyText.contains("Cannot call GetSessionToken with session credentials"))
    }

    @Test("A key's account is the one account; other operations are named")
    func others() throws {
        let world = try IdentityWorld()
        #expect(
            try world.pair("GetAccessKeyInfo", "any", ["AccessKeyId": "ASIAEXAMPLEEXAMPLE12"]) == nil)
        #expect(try world.pair("GetAccessKeyInfo", "refused-short", ["AccessKeyId": "AKIA"]) == nil)
        #expect(try world.pair("AssumeRoleWithSAML", "unsupported") == nil)
        #expect(try world.pair("AssumeRoleWithWebIdentity", "unsupported") == nil)
    }
}
