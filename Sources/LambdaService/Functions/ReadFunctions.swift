import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    func listFunctions(_ call: ServiceCall) throws(AWSError) {
        if let version = call.parameters["FunctionVersion"], version != "ALL" {
            throw .constraint(version, "functionVersion", "Member must satisfy enum value set: [ALL]")
        }
        let isAll = call.parameters["FunctionVersion"] != nil
        let families = store.catalog.snapshot.families(in: call.location)
        let all = families.flatMap { isAll ? $0.allVersions : [$0.latest] }
        let page = try Self.page(all, call) { $0.qualifiedARN.description }
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.key("Functions")
        json.beginArray()
        for function in page.elements {
            function.encode(isAll ? function.qualifiedARN : function.arn, .listed, to: &json)
        }
        json.endArray()
        if let next = page.next { json.member("NextMarker", next) }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func getFunction(_ call: ServiceCall) throws(AWSError) {
        let reference = try reference(call)
        let catalog = store.catalog.snapshot
        let function = try Self.definition(reference, in: catalog)
        let family = try Self.family(reference.key, in: catalog)
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("Configuration")
        function.encode(reference.arn, .settled, to: &json)
        json.key("Code")
        json.beginObject()
        json.member("RepositoryType", "S3")
        json.member("Location", location(of: function, call))
        json.endObject()
        if !family.tags.isEmpty {
            json.key("Tags")
            json.map(family.tags)
        }
        if let count = family.reservedConcurrency {
            json.key("Concurrency")
            json.beginObject()
            json.key("ReservedConcurrentExecutions")
            json.value(count)
            json.endObject()
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func getFunctionConfiguration(_ call: ServiceCall) throws(AWSError) {
        let reference = try reference(call)
        let function = try Self.definition(reference, in: store.catalog.snapshot)
        call.succeed(json: function.configuration(reference.arn))
    }

    /// Code signing is not there, so no function has a configuration of it.
    func getFunctionCodeSigningConfig(_ call: ServiceCall) throws(AWSError) {
        _ = try Self.family(functionKey(call), in: store.catalog.snapshot)
        call.succeed(json: Array("{}".utf8))
    }

    /// Deletes a function with everything, or one version. Mappings that name it stay and fail (esm-api.md §5).
    func deleteFunction(_ call: ServiceCall) throws(AWSError) {
        let reference = try reference(call)
        if reference.qualifier == "$LATEST" {
            throw .invalidValue("$LATEST version cannot be deleted without deleting the function.")
        }
        write(call, status: 204, CodeInstaller(store)) { writer throws(StoreError) in
            guard let family = writer.catalog.family(reference.key) else {
                return .failure(.functionNotFound(reference.key.arn))
            }
            guard let qualifier = reference.qualifier else {
                try writer.deleteFunction(reference.key)
                return .success([])
            }
            guard let version = FunctionVersion(qualifier), case .number(let number) = version else {
                return .failure(.invalidValue("Deletion of aliases is not currently supported."))
            }
            let aliases = family.aliases.values.filter { $0.names(version) }.map(\.name).sorted()
            guard aliases.isEmpty else {
                return .failure(
                    .conflict(
                        "Unable to delete version because the following aliases reference it: "
                            + "[\(aliases.joined(separator: ", "))]"))
            }
            // A version that is not there is deleted already.
            if family.versions[number] != nil {
                try writer.deleteFunctionVersion(number, of: reference.key)
            }
            return .success([])
        }
    }
}

// MARK: - The account

extension LambdaService {
    func getAccountSettings(_ call: ServiceCall) throws(AWSError) {
        let catalog = store.catalog.snapshot
        let families = catalog.families(in: call.location)
        let layers = catalog.layers(in: call.location)
        let codeBytes =
            families.flatMap(\.allVersions).reduce(0) { $0 + ($1.code?.size ?? 0) }
            + layers.flatMap(\.family.versions.values).reduce(0) { $0 + $1.code.size }
        let reserved = families.reduce(0) { $0 + ($1.reservedConcurrency ?? 0) }
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key("AccountLimit")
        json.beginObject()
        for (name, value): (StaticString, Int) in [
            ("TotalCodeSize", FunctionLimits.accountCodeBytes),
            ("CodeSizeUnzipped", FunctionLimits.unzippedBytes),
            ("CodeSizeZipped", FunctionLimits.zippedBytes), ("ConcurrentExecutions", concurrencyLimit),
            ("UnreservedConcurrentExecutions", concurrencyLimit - reserved),
        ] {
            json.key(name)
            json.value(value)
        }
        json.endObject()
        json.key("AccountUsage")
        json.beginObject()
        json.key("TotalCodeSize")
        json.value(codeBytes)
        json.key("FunctionCount")
        json.value(families.count)
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }
}
