import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    /// Most functions in one answer (Lambda API reference, `ListFunctions`).
    private static let functionsMax = 50

    func listFunctions(_ call: ServiceCall) throws(AWSError) {
        let limit = try Self.pageSize(call, most: 10_000, page: Self.functionsMax)
        if let version = call.parameters["FunctionVersion"], version != "ALL" {
            throw AWSError(
                "ValidationException",
                "1 validation error detected: Value '\(version)' at 'functionVersion' failed to satisfy "
                    + "constraint: Member must satisfy enum value set: [ALL]")
        }
        var functions = store.catalog.snapshot.functions(in: call.location)
        if let marker = call.parameters["Marker"], !marker.isEmpty {
            let last = Base64.decode(marker).map { String(decoding: $0, as: UTF8.self) }
            functions = functions.filter { function in last.map { $0 < function.name } ?? false }
        }
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("Functions")
        json.beginArray()
        for function in functions.prefix(limit) { function.encode(function.arn, to: &json) }
        json.endArray()
        if functions.count > limit {
            json.key("NextMarker")
            json.value(Base64.encode(Array(functions[limit - 1].name.utf8)))
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func getFunction(_ call: ServiceCall) throws(AWSError) {
        let (function, arn) = try function(named: call)
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("Configuration")
        function.encode(arn, to: &json)
        json.key("Code")
        json.beginObject()
        if case .runtime(_, _, let codePath) = function.handler {
            json.key("RepositoryType")
            json.value("Local")
            json.key("Location")
            json.value("file://\(codePath)")
        }
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func getFunctionConfiguration(_ call: ServiceCall) throws(AWSError) {
        let (function, arn) = try function(named: call)
        var json = JSONWriter(capacity: 1_024)
        function.encode(arn, to: &json)
        call.succeed(json: json.bytes)
    }

    /// The function that the path and `Qualifier` name, and its ARN as it is shown: with a qualifier when one was
    /// given.
    private func function(named call: ServiceCall) throws(AWSError) -> (FunctionDefinition, ARN) {
        let text = call.pathParameters["FunctionName"] ?? ""
        guard var reference = FunctionReference(parsing: text, in: call.location) else {
            throw AWSError("InvalidParameterValueException", "The function name \(text) is invalid.")
        }
        if let qualifier = call.parameters["Qualifier"], !qualifier.isEmpty {
            reference = FunctionReference(
                name: reference.name, qualifier: qualifier, location: reference.location)
        }
        return (try function(reference), reference.arn)
    }

    func function(_ reference: FunctionReference) throws(AWSError) -> FunctionDefinition {
        guard reference.isLatest,
            let function = store.catalog.function(named: reference.name, in: reference.location)
        else {
            throw AWSError(
                "ResourceNotFoundException", "Function not found: \(reference.arn)", status: 404)
        }
        return function
    }
}
