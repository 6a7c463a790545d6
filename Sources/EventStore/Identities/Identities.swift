package import EventModel
import SQLite

/// A name within an account; IAM does not tell names apart by case.
struct IdentityName: Hashable, Sendable {
    let account: String
    let name: String

    init(account: String, name: String) {
        self.account = account
        self.name = name.lowercased()
    }
}

/// What IAM keeps.
struct Identities: Sendable {
    var roles: [IdentityName: RoleDefinition] = [:]
    var policies: [IdentityName: ManagedPolicyDefinition] = [:]
    var profiles: [IdentityName: InstanceProfileDefinition] = [:]
}

// MARK: - Lookup

extension CatalogSnapshot {
    package func role(named name: String, account: String) -> RoleDefinition? {
        all.identities.roles[IdentityName(account: account, name: name)]
    }

    package func roles(account: String) -> [RoleDefinition] {
        all.identities.roles.values.filter { $0.account == account }.sorted { $0.name < $1.name }
    }

    package func managedPolicy(named name: String, account: String) -> ManagedPolicyDefinition? {
        all.identities.policies[IdentityName(account: account, name: name)]
    }

    /// `nil` too for a policy of AWS: Millrace keeps none of those.
    package func managedPolicy(arn: String) -> ManagedPolicyDefinition? {
        guard let parts = ARN(arn), let name = parts.resource.split(separator: "/").last,
            let policy = managedPolicy(named: String(name), account: parts.account), policy.arn == arn
        else { return nil }
        return policy
    }

    package func managedPolicies(account: String) -> [ManagedPolicyDefinition] {
        all.identities.policies.values.filter { $0.account == account }.sorted { $0.name < $1.name }
    }

    package func instanceProfile(named name: String, account: String) -> InstanceProfileDefinition? {
        all.identities.profiles[IdentityName(account: account, name: name)]
    }

    package func instanceProfiles(account: String) -> [InstanceProfileDefinition] {
        all.identities.profiles.values.filter { $0.account == account }.sorted { $0.name < $1.name }
    }

    /// The profiles that hold a role.
    package func instanceProfiles(of role: RoleDefinition) -> [InstanceProfileDefinition] {
        instanceProfiles(account: role.account).filter { $0.roleName == role.name }
    }
}

// MARK: - Change

extension StoreWriter {
    /// Stores a role, replacing one of that name.
    package func putRole(_ role: RoleDefinition) throws(StoreError) {
        let name = IdentityName(account: role.account, name: role.name)
        try put(.role, name, IdentityCodec.text(role))
        changeDefinitions { $0.identities.roles[name] = role }
    }

    package func removeRole(_ role: RoleDefinition) throws(StoreError) {
        let name = IdentityName(account: role.account, name: role.name)
        try remove(.role, name)
        changeDefinitions { $0.identities.roles[name] = nil }
    }

    /// Stores a managed policy, replacing one of that name.
    package func putManagedPolicy(_ policy: ManagedPolicyDefinition) throws(StoreError) {
        let name = IdentityName(account: policy.account, name: policy.name)
        try put(.policy, name, IdentityCodec.text(policy))
        changeDefinitions { $0.identities.policies[name] = policy }
    }

    package func removeManagedPolicy(_ policy: ManagedPolicyDefinition) throws(StoreError) {
        let name = IdentityName(account: policy.account, name: policy.name)
        try remove(.policy, name)
        changeDefinitions { $0.identities.policies[name] = nil }
    }

    /// Stores an instance profile, replacing one of that name.
    package func putInstanceProfile(_ profile: InstanceProfileDefinition) throws(StoreError) {
        let name = IdentityName(account: profile.account, name: profile.name)
        try put(.profile, name, IdentityCodec.text(profile))
        changeDefinitions { $0.identities.profiles[name] = profile }
    }

    package func removeInstanceProfile(_ profile: InstanceProfileDefinition) throws(StoreError) {
        let name = IdentityName(account: profile.account, name: profile.name)
        try remove(.profile, name)
        changeDefinitions { $0.identities.profiles[name] = nil }
    }

    private func put(_ kind: IdentityKind, _ name: IdentityName, _ text: String) throws(StoreError) {
        try run("INSERT OR REPLACE INTO identity (account, kind, name, definition) VALUES (?1, ?2, ?3, ?4)") {
            statement in
            statement.bind(1, name.account)
            statement.bind(2, kind.rawValue)
            statement.bind(3, name.name)
            statement.bind(4, text)
        }
    }

    private func remove(_ kind: IdentityKind, _ name: IdentityName) throws(StoreError) {
        try run("DELETE FROM identity WHERE account = ?1 AND kind = ?2 AND name = ?3") { statement in
            statement.bind(1, name.account)
            statement.bind(2, kind.rawValue)
            statement.bind(3, name.name)
        }
    }
}

/// The kinds of rows; their numbers stand in files.
private enum IdentityKind: Int64 {
    case role = 1
    case policy = 2
    case profile = 3
}

// MARK: - At the start

extension LoadedState {
    mutating func loadIdentities(_ connection: Connection) throws(StoreError) {
        credentialKey = try storeErrors { () throws(SQLiteError) in try Self.credentialKey(connection) }
        let rows = try storeErrors { () throws(SQLiteError) in
            try connection.prepare("SELECT account, kind, definition FROM identity")
        }
        while try storeErrors({ () throws(SQLiteError) in try rows.step() }) {
            let account = rows.text(0)
            switch IdentityKind(rawValue: rows.int(1)) {
            case .role:
                let role = try IdentityCodec.role(rows.text(2), account: account)
                definitions.identities.roles[IdentityName(account: account, name: role.name)] = role
            case .policy:
                let policy = try IdentityCodec.policy(rows.text(2), account: account)
                definitions.identities.policies[IdentityName(account: account, name: policy.name)] = policy
            case .profile:
                let profile = try IdentityCodec.profile(rows.text(2), account: account)
                definitions.identities.profiles[IdentityName(account: account, name: profile.name)] = profile
            case nil: throw .corrupt("the table identity has a row of the unknown kind \(rows.int(1))")
            }
        }
    }

    /// Made once per data directory from the system's randomness.
    private static func credentialKey(_ connection: Connection) throws(SQLiteError) -> [UInt8] {
        let known = try connection.prepare("SELECT key FROM credential_key")
        if try known.step() { return known.array(0) }
        var random = SystemRandomNumberGenerator()
        var fresh: [UInt8] = []
        for _ in 0..<32 { fresh.append(UInt8.random(in: 0...255, using: &random)) }
        let insert = try connection.prepare("INSERT INTO credential_key (id, key) VALUES (1, ?1)")
        insert.bind(1, fresh)
        try insert.run()
        return fresh
    }
}

extension Schema {
    /// Roles, policies and instance profiles; and the secret that temporary credentials are derived from.
    static let identities = """
        CREATE TABLE identity (
            account TEXT NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
            PRIMARY KEY (account, kind, name)) STRICT, WITHOUT ROWID;
        CREATE TABLE credential_key (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL) STRICT;
        """
}
