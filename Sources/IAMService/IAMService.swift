package import AWSWire
import Digest
import EventModel
package import EventStore
package import HTTP

/// IAM as bookkeeping: roles, managed and inline policies, instance profiles.
///
/// Everything that set-up code written for AWS makes is kept, checked for its form and shown again. Nothing of it is
/// evaluated: whoever may talk to Millrace may do everything.
package final class IAMService: @unchecked Sendable {
    // Confined to `loop`: `handle` is the only entry point and preconditions it; what runs on the writer thread gets
    // values only.
    let store: EventStore
    let loop: EventLoop
    private let randomBytes: @Sendable (Int) -> [UInt8]

    /// - Parameters:
    ///   - loop: The loop of the server that calls.
    ///   - randomBytes: Makes what unique IDs are made of.
    package init(
        store: EventStore, loop: EventLoop,
        randomBytes: @escaping @Sendable (Int) -> [UInt8] = { RandomBytes.make(count: $0) }
    ) {
        self.store = store
        self.loop = loop
        self.randomBytes = randomBytes
    }

    package func register(on router: inout ServiceRouter) {
        router.register(queryVersion: "2010-05-08", of: .iam) { [self] call in handle(call) }
    }

    private func handle(_ call: ServiceCall) {
        precondition(loop.isCurrent, "IAM is confined to its loop")
        do throws(AWSError) {
            if try performOnRoles(call) { return }
            if try performOnPolicies(call) { return }
            if try performOnProfiles(call) { return }
            if call.operation.isEmpty {
                throw AWSError("MissingAction", "The request must contain the parameter Action.")
            }
            call.failUnknownOperation()
        } catch {
            call.fail(error)
        }
    }

    /// False when the operation is not about roles.
    private func performOnRoles(_ call: ServiceCall) throws(AWSError) -> Bool {
        switch call.operation {
        case "CreateRole": try createRole(call)
        case "GetRole": try getRole(call)
        case "ListRoles": try listRoles(call)
        case "UpdateRole": try updateRole(call)
        case "UpdateRoleDescription": try updateRoleDescription(call)
        case "UpdateAssumeRolePolicy": try updateAssumeRolePolicy(call)
        case "DeleteRole": try deleteRole(call)
        case "PutRolePermissionsBoundary": try putRolePermissionsBoundary(call)
        case "DeleteRolePermissionsBoundary": try deleteRolePermissionsBoundary(call)
        case "AttachRolePolicy": try attachRolePolicy(call)
        case "DetachRolePolicy": try detachRolePolicy(call)
        case "ListAttachedRolePolicies": try listAttachedRolePolicies(call)
        case "PutRolePolicy": try putRolePolicy(call)
        case "GetRolePolicy": try getRolePolicy(call)
        case "DeleteRolePolicy": try deleteRolePolicy(call)
        case "ListRolePolicies": try listRolePolicies(call)
        case "TagRole": try tag(call, .role)
        case "UntagRole": try untag(call, .role)
        case "ListRoleTags": try listTags(call, .role)
        default: return false
        }
        return true
    }

    /// False when the operation is not about managed policies.
    private func performOnPolicies(_ call: ServiceCall) throws(AWSError) -> Bool {
        switch call.operation {
        case "CreatePolicy": try createPolicy(call)
        case "GetPolicy": try getPolicy(call)
        case "ListPolicies": try listPolicies(call)
        case "DeletePolicy": try deletePolicy(call)
        case "CreatePolicyVersion": try createPolicyVersion(call)
        case "GetPolicyVersion": try getPolicyVersion(call)
        case "ListPolicyVersions": try listPolicyVersions(call)
        case "SetDefaultPolicyVersion": try setDefaultPolicyVersion(call)
        case "DeletePolicyVersion": try deletePolicyVersion(call)
        case "ListEntitiesForPolicy": try listEntitiesForPolicy(call)
        case "TagPolicy": try tag(call, .policy)
        case "UntagPolicy": try untag(call, .policy)
        case "ListPolicyTags": try listTags(call, .policy)
        default: return false
        }
        return true
    }

    /// False when the operation is not about instance profiles.
    private func performOnProfiles(_ call: ServiceCall) throws(AWSError) -> Bool {
        switch call.operation {
        case "CreateInstanceProfile": try createInstanceProfile(call)
        case "GetInstanceProfile": try getInstanceProfile(call)
        case "ListInstanceProfiles": try listInstanceProfiles(call)
        case "ListInstanceProfilesForRole": try listInstanceProfilesForRole(call)
        case "DeleteInstanceProfile": try deleteInstanceProfile(call)
        case "AddRoleToInstanceProfile": try addRoleToInstanceProfile(call)
        case "RemoveRoleFromInstanceProfile": try removeRoleFromInstanceProfile(call)
        case "TagInstanceProfile": try tag(call, .profile)
        case "UntagInstanceProfile": try untag(call, .profile)
        case "ListInstanceProfileTags": try listTags(call, .profile)
        default: return false
        }
        return true
    }
}

// MARK: - What operations share

/// What an operation decided: the one thing that changes in the store, and the answer.
struct Decision: Sendable {
    enum Change: Sendable {
        case none
        case put(RoleDefinition)
        case remove(RoleDefinition)
        case putPolicy(ManagedPolicyDefinition)
        case removePolicy(ManagedPolicyDefinition)
        case putProfile(InstanceProfileDefinition)
        case removeProfile(InstanceProfileDefinition)
    }

    let change: Change
    /// Writes the members of the result; `nil` for operations without one.
    let result: (@Sendable (inout XMLWriter) -> Void)?

    init(_ change: Change, result: (@Sendable (inout XMLWriter) -> Void)? = nil) {
        self.change = change
        self.result = result
    }
}

extension IAMService {
    var snapshot: CatalogSnapshot { store.catalog.snapshot }

    func makeID(_ prefix: String) -> String {
        UniqueID.text(prefix, random: randomBytes(UniqueID.byteCount))
    }

    /// Decides on the writer thread, with what the store then holds, and answers after the commit.
    func change(
        _ call: ServiceCall,
        _ decide: @escaping @Sendable (CatalogSnapshot, Timestamp) throws(AWSError) -> Decision
    ) {
        store.submit(mayRunHere: loop.isQuiet) { writer throws(StoreError) -> Result<Decision, AWSError> in
            let decision: Decision
            do throws(AWSError) {
                decision = try decide(writer.catalog, writer.now)
            } catch {
                return .failure(error)
            }
            switch decision.change {
            case .none: break
            case .put(let role): try writer.putRole(role)
            case .remove(let role): try writer.removeRole(role)
            case .putPolicy(let policy): try writer.putManagedPolicy(policy)
            case .removePolicy(let policy): try writer.removeManagedPolicy(policy)
            case .putProfile(let profile): try writer.putInstanceProfile(profile)
            case .removeProfile(let profile): try writer.removeInstanceProfile(profile)
            }
            return .success(decision)
        } completion: { [loop] outcome in
            loop.execute {
                switch outcome {
                case .success(.success(let decision)): call.succeed(query: decision.result)
                case .success(.failure(let error)): call.fail(error)
                case .failure(let error): call.fail(error.iamError)
                }
            }
        }
    }
}
