import ByteCoding
import EventModel

/// Roles, policies and instance profiles as the file keeps them.
enum IdentityCodec {
    static func text(_ role: RoleDefinition) -> String {
        JSONValue(members: [
            ("name", .string(role.name)), ("path", .string(role.path)), ("id", .string(role.id)),
            ("createdAt", JSONValue(role.createdAt)), ("trustPolicy", .string(role.trustPolicy)),
            ("description", optional(role.description)),
            ("maxSessionSeconds", JSONValue(role.maxSessionSeconds)),
            ("permissionsBoundary", optional(role.permissionsBoundary)),
            ("attachedPolicies", .array(role.attachedPolicies.map { .string($0) })),
            ("inlinePolicies", JSONValue(role.inlinePolicies)), ("tags", JSONValue(role.tags)),
        ]).text
    }

    static func role(_ text: String, account: String) throws(StoreError) -> RoleDefinition {
        let json = try StoredJSON(text: text, of: "a role")
        let facts = try Facts(json, "a role")
        guard let trustPolicy = json.string("trustPolicy") else {
            throw .corrupt("the role \(facts.name) has no trust policy")
        }
        var role = RoleDefinition(
            name: facts.name, path: facts.path, account: account, id: facts.id, createdAt: facts.createdAt,
            trustPolicy: trustPolicy, description: json.string("description"),
            maxSessionSeconds: json.int(
                "maxSessionSeconds", or: IdentityLimits.shortestMaxSessionSeconds),
            permissionsBoundary: json.string("permissionsBoundary"), tags: json.strings("tags"))
        role.attachedPolicies = (json.value["attachedPolicies"]?.arrayValue ?? []).compactMap(\.stringValue)
        role.inlinePolicies = json.strings("inlinePolicies")
        return role
    }

    static func text(_ policy: ManagedPolicyDefinition) -> String {
        let versions = policy.versions.map { version in
            JSONValue(members: [
                ("number", JSONValue(version.number)), ("document", .string(version.document)),
                ("createdAt", JSONValue(version.createdAt)),
            ])
        }
        return JSONValue(members: [
            ("name", .string(policy.name)), ("path", .string(policy.path)), ("id", .string(policy.id)),
            ("description", optional(policy.description)), ("createdAt", JSONValue(policy.createdAt)),
            ("updatedAt", JSONValue(policy.updatedAt)), ("versions", .array(versions)),
            ("defaultVersion", JSONValue(policy.defaultVersion)),
            ("lastVersion", JSONValue(policy.lastVersion)), ("tags", JSONValue(policy.tags)),
        ]).text
    }

    static func policy(_ text: String, account: String) throws(StoreError) -> ManagedPolicyDefinition {
        let json = try StoredJSON(text: text, of: "a policy")
        let facts = try Facts(json, "a policy")
        var policy = ManagedPolicyDefinition(
            name: facts.name, path: facts.path, account: account, id: facts.id, document: "",
            description: json.string("description"), createdAt: facts.createdAt, tags: json.strings("tags"))
        policy.versions = []
        for element in json.value["versions"]?.arrayValue ?? [] {
            let version = StoredJSON(element)
            guard let number = version.int("number"), let document = version.string("document") else {
                throw .corrupt("a version of the policy \(facts.name) lacks its number or text")
            }
            policy.versions.append(
                .init(
                    number: number, document: document,
                    createdAt: version.timestamp("createdAt") ?? facts.createdAt))
        }
        policy.updatedAt = json.timestamp("updatedAt") ?? facts.createdAt
        policy.defaultVersion = json.int("defaultVersion", or: 1)
        policy.lastVersion = json.int("lastVersion", or: policy.versions.last?.number ?? 1)
        return policy
    }

    static func text(_ profile: InstanceProfileDefinition) -> String {
        JSONValue(members: [
            ("name", .string(profile.name)), ("path", .string(profile.path)), ("id", .string(profile.id)),
            ("createdAt", JSONValue(profile.createdAt)), ("roleName", optional(profile.roleName)),
            ("tags", JSONValue(profile.tags)),
        ]).text
    }

    static func profile(_ text: String, account: String) throws(StoreError) -> InstanceProfileDefinition {
        let json = try StoredJSON(text: text, of: "an instance profile")
        let facts = try Facts(json, "an instance profile")
        return InstanceProfileDefinition(
            name: facts.name, path: facts.path, account: account, id: facts.id, createdAt: facts.createdAt,
            roleName: json.string("roleName"), tags: json.strings("tags"))
    }

    private static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    /// What all of them have.
    private struct Facts {
        let name: String
        let path: String
        let id: String
        let createdAt: Timestamp

        init(_ json: StoredJSON, _ what: String) throws(StoreError) {
            guard let name = json.string("name"), let id = json.string("id"),
                let createdAt = json.timestamp("createdAt")
            else { throw .corrupt("\(what) lacks its name, ID or date") }
            self.name = name
            self.id = id
            self.createdAt = createdAt
            path = json.string("path", or: "/")
        }
    }
}
