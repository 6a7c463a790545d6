import AWSWire
import ByteCoding
import EventModel
import EventStore

/// Permissions of layers are kept and shown; nothing here asks them.
extension LambdaService {
    func addLayerVersionPermission(_ call: ServiceCall) throws(AWSError) {
        let key = try layerKey(call)
        let number = try Self.layerNumber(call)
        let arn = key.arn(version: number)
        let expected = call.parameters["RevisionId"].flatMap { $0.isEmpty ? nil : $0 }
        let statement = try PolicyStatement(
            layer: CallArguments(parsing: call.body), resource: arn, revision: expected)
        let revision = identifiers.next()
        write(call, status: 201) { writer throws(StoreError) in
            guard var layer = writer.catalog.layer(key)?.versions[number] else {
                return .failure(.missing("Layer version \(arn) does not exist."))
            }
            var policy = layer.policy ?? ResourcePolicy(revisionID: "")
            if let expected = statement.revision, expected != policy.revisionID {
                return .failure(.revisionMismatch("GetLayerPolicy"))
            }
            if let error = policy.add(statement, newRevision: revision) { return .failure(error) }
            layer.policy = policy
            try writer.updateLayer(layer)
            var json = JSONWriter(capacity: 512)
            json.beginObject()
            json.member("Statement", statement.text)
            json.member("RevisionId", revision)
            json.endObject()
            return .success(json.bytes)
        }
    }

    func removeLayerVersionPermission(_ call: ServiceCall) throws(AWSError) {
        let key = try layerKey(call)
        let number = try Self.layerNumber(call)
        let id = call.pathParameters["StatementId"] ?? ""
        let expected = call.parameters["RevisionId"].flatMap { $0.isEmpty ? nil : $0 }
        let revision = identifiers.next()
        write(call, status: 204) { writer throws(StoreError) in
            guard var layer = writer.catalog.layer(key)?.versions[number] else {
                return .failure(.missing("Layer version \(key.arn(version: number)) does not exist."))
            }
            guard var policy = layer.policy else {
                return .failure(.missing("No policy is associated with the given resource."))
            }
            if let expected, expected != policy.revisionID {
                return .failure(.revisionMismatch("GetLayerPolicy"))
            }
            if let error = policy.remove(id, newRevision: revision) { return .failure(error) }
            layer.policy = policy.statements.isEmpty ? nil : policy
            try writer.updateLayer(layer)
            return .success([])
        }
    }

    func getLayerVersionPolicy(_ call: ServiceCall) throws(AWSError) {
        let layer: LayerVersionDefinition
        do throws(AWSError) {
            layer = try layerVersion(call)
        } catch {
            guard error == .layerNotFound else { throw error }
            let arn = try layerKey(call).arn(version: Self.layerNumber(call))
            throw .missing("Layer version \(arn) does not exist.")
        }
        guard let policy = layer.policy else {
            throw .missing("No policy is associated with the given resource.")
        }
        call.succeed(json: policy.encoded)
    }
}
