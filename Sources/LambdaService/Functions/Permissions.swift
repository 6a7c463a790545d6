import AWSWire
import ByteCoding
import EventModel
import EventStore

/// Permissions are kept and shown; nothing here asks them.
extension LambdaService {
    func addPermission(_ call: ServiceCall) throws(AWSError) {
        let reference = try reference(call)
        if reference.qualifier == "$LATEST" {
            throw .invalidValue("We currently do not support adding policies for $LATEST.")
        }
        let statement = try PolicyStatement(
            CallArguments(parsing: call.body), resource: reference.arn)
        let revision = identifiers.next()
        changePolicy(call, reference, status: 201) { policy in
            var changed = policy ?? ResourcePolicy(revisionID: "")
            if let expected = statement.revision, expected != changed.revisionID {
                return .failure(.revisionMismatch("GetPolicy"))
            }
            if let error = changed.add(statement, newRevision: revision) { return .failure(error) }
            var json = JSONWriter(capacity: 512)
            json.beginObject()
            json.member("Statement", statement.text)
            json.endObject()
            return .success((changed, json.bytes))
        }
    }

    func removePermission(_ call: ServiceCall) throws(AWSError) {
        let reference = try reference(call)
        let id = call.pathParameters["StatementId"] ?? ""
        let expected = call.parameters["RevisionId"].flatMap { $0.isEmpty ? nil : $0 }
        let revision = identifiers.next()
        changePolicy(call, reference, status: 204) { policy in
            guard var changed = policy else {
                return .failure(.missing("No policy is associated with the given resource."))
            }
            if let expected, expected != changed.revisionID {
                return .failure(.revisionMismatch("GetPolicy"))
            }
            if let error = changed.remove(id, newRevision: revision) { return .failure(error) }
            return .success((changed.statements.isEmpty ? nil : changed, []))
        }
    }

    func getPolicy(_ call: ServiceCall) throws(AWSError) {
        let reference = try reference(call)
        let catalog = store.catalog.snapshot
        _ = try Self.definition(reference, in: catalog)
        let policies = catalog.family(reference.key)?.policies
        guard let policy = policies?[reference.qualifier ?? ""] else {
            throw .missing("The resource you requested does not exist.")
        }
        call.succeed(json: policy.encoded)
    }

    private func changePolicy(
        _ call: ServiceCall, _ reference: FunctionReference, status: Int,
        _ change: @escaping @Sendable (ResourcePolicy?) -> Result<(ResourcePolicy?, [UInt8]), AWSError>
    ) {
        write(call, status: status) { writer throws(StoreError) in
            guard let family = writer.catalog.family(reference.key) else {
                return .failure(.functionNotFound(reference))
            }
            guard family.has(qualifier: reference.qualifier) else {
                let isAlias = reference.qualifier.map { FunctionVersion($0) == nil } ?? false
                return .failure(
                    isAlias
                        ? .missing("Cannot find alias arn: \(reference.arn)") : .functionNotFound(reference))
            }
            let qualifier = reference.qualifier ?? ""
            switch change(family.policies[qualifier]) {
            case .failure(let error): return .failure(error)
            case .success((let policy, let json)):
                try writer.putPolicy(policy, of: reference.key, qualifier: qualifier)
                return .success(json)
            }
        }
    }
}
