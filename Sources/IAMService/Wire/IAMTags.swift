import AWSWire
import EventModel
import EventStore

/// What can have tags.
enum TaggedKind {
    case role
    case policy
    case profile
}

/// One thing with tags, found by name or ARN.
private enum Tagged: Sendable {
    case role(String)
    case policy(String)
    case profile(String)

    init(_ kind: TaggedKind, _ call: ServiceCall) throws(AWSError) {
        switch kind {
        case .role: self = .role(try call.roleName())
        case .policy: self = .policy(try call.policyARN())
        case .profile: self = .profile(try call.profileName())
        }
    }

    func tags(in snapshot: CatalogSnapshot, _ account: String) throws(AWSError) -> [String: String] {
        switch self {
        case .role(let name): try snapshot.existingRole(name, account).tags
        case .policy(let arn): try snapshot.existingPolicy(arn).tags
        case .profile(let name): try snapshot.existingProfile(name, account).tags
        }
    }

    func change(
        in snapshot: CatalogSnapshot, _ account: String,
        _ edit: (inout [String: String]) throws(AWSError) -> Void
    ) throws(AWSError) -> Decision {
        switch self {
        case .role(let name):
            var role = try snapshot.existingRole(name, account)
            try edit(&role.tags)
            return Decision(.put(role))
        case .policy(let arn):
            var policy = try snapshot.existingPolicy(arn)
            try edit(&policy.tags)
            return Decision(.putPolicy(policy))
        case .profile(let name):
            var profile = try snapshot.existingProfile(name, account)
            try edit(&profile.tags)
            return Decision(.putProfile(profile))
        }
    }
}

extension IAMService {
    /// A key that differs from one that is there by case alone replaces it, as IAM's keys have no case.
    func tag(_ call: ServiceCall, _ kind: TaggedKind) throws(AWSError) {
        let tagged = try Tagged(kind, call)
        let added = try call.tags()
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            try tagged.change(in: snapshot, account) { tags throws(AWSError) in
                let names = Set(added.keys.map { $0.lowercased() })
                tags = tags.filter { !names.contains($0.key.lowercased()) }
                tags.merge(added) { $1 }
                guard tags.count <= IdentityLimits.tagsPerResource else {
                    throw .limitExceeded("The number of tags has reached the maximum limit.")
                }
            }
        }
    }

    func untag(_ call: ServiceCall, _ kind: TaggedKind) throws(AWSError) {
        let tagged = try Tagged(kind, call)
        let keys = call.constraint.list("TagKeys")
        for (index, key) in keys.enumerated() {
            try QueryConstraint.checkLength(key, at: "tagKeys.\(index + 1).member", 1...128)
        }
        let names = Set(keys.map { $0.lowercased() })
        let account = call.location.account
        change(call) { snapshot, _ throws(AWSError) in
            try tagged.change(in: snapshot, account) { tags throws(AWSError) in
                tags = tags.filter { !names.contains($0.key.lowercased()) }
            }
        }
    }

    func listTags(_ call: ServiceCall, _ kind: TaggedKind) throws(AWSError) {
        let tags = try Tagged(kind, call).tags(in: snapshot, call.location.account)
        let page = try Page(tags.keys.sorted(), of: call, by: { $0 })
        call.succeed { xml in
            xml.tags(tags.filter { page.elements.contains($0.key) })
            page.writeEnd(&xml)
        }
    }
}
