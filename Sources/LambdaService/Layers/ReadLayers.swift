import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    /// Lists layers; with `find=LayerVersion` the same path is `GetLayerVersionByArn`.
    func listLayers(_ call: ServiceCall) throws(AWSError) {
        if call.parameters["find"] == "LayerVersion" { return try getLayerVersionByARN(call) }
        let filter = LayerFilter(call)
        let layers = store.catalog.snapshot.layers(in: call.location).compactMap { layer in
            filter.newest(of: layer.family).map { (key: layer.key, newest: $0) }
        }
        let page = try Self.page(layers, call) { $0.key.name }
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("Layers")
        json.beginArray()
        for layer in page.elements {
            json.beginObject()
            json.member("LayerName", layer.key.name)
            json.member("LayerArn", layer.key.arn.description)
            json.key("LatestMatchingVersion")
            layer.newest.encodeEntry(to: &json)
            json.endObject()
        }
        json.endArray()
        if let next = page.next { json.member("NextMarker", next) }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    /// Newest first; a layer that is not there has no versions.
    func listLayerVersions(_ call: ServiceCall) throws(AWSError) {
        let key = try layerKey(call)
        let filter = LayerFilter(call)
        let versions = (store.catalog.snapshot.layer(key)?.versions.values.filter { filter.takes($0) } ?? [])
            .sorted { $0.number > $1.number }
        let page = try Self.page(versions, call) { String($0.number) }
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("LayerVersions")
        json.beginArray()
        for version in page.elements { version.encodeEntry(to: &json) }
        json.endArray()
        if let next = page.next { json.member("NextMarker", next) }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func getLayerVersion(_ call: ServiceCall) throws(AWSError) {
        call.succeed(json: encoded(try layerVersion(call), call))
    }

    private func getLayerVersionByARN(_ call: ServiceCall) throws(AWSError) {
        let text = call.parameters["Arn"] ?? ""
        guard let reference = LayerReference(text) else {
            throw .constraint(
                text, "arn",
                "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|"
                    + #"(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|"#
                    + "(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)")
        }
        guard let layer = store.catalog.snapshot.layer(reference) else { throw .layerNotFound }
        call.succeed(json: encoded(layer, call))
    }

    /// What is deleted already is deleted; functions that use it keep it.
    func deleteLayerVersion(_ call: ServiceCall) throws(AWSError) {
        let key = try layerKey(call)
        let number = try Self.layerNumber(call)
        write(call, status: 204, CodeInstaller(store)) { writer throws(StoreError) in
            if writer.catalog.layer(key)?.versions[number] != nil {
                try writer.deleteLayer(number, of: key)
            }
            return .success([])
        }
    }

    func layerVersion(_ call: ServiceCall) throws(AWSError) -> LayerVersionDefinition {
        let key = try layerKey(call)
        let number = try Self.layerNumber(call)
        guard let layer = store.catalog.snapshot.layer(key)?.versions[number] else { throw .layerNotFound }
        return layer
    }

    static func layerNumber(_ call: ServiceCall) throws(AWSError) -> Int {
        let text = call.pathParameters["VersionNumber"] ?? ""
        guard let number = Int(text) else {
            throw .serialization("VersionNumber is no whole number: \(text)")
        }
        guard number >= 1 else { throw .invalidValue("Layer Version Cannot be less than 1.") }
        return number
    }
}

extension AWSError {
    static var layerNotFound: AWSError { .missing("The resource you requested does not exist.") }
}

/// Which versions of layers a list shows.
private struct LayerFilter {
    private let runtime: String?
    private let architecture: String?

    init(_ call: ServiceCall) {
        runtime = call.parameters["CompatibleRuntime"]
        architecture = call.parameters["CompatibleArchitecture"]
    }

    func takes(_ layer: LayerVersionDefinition) -> Bool {
        (runtime.map { layer.compatibleRuntimes.contains($0) } ?? true)
            && (architecture.map { layer.compatibleArchitectures.contains($0) } ?? true)
    }

    func newest(of family: LayerFamily) -> LayerVersionDefinition? {
        family.versions.values.filter { takes($0) }.max { $0.number < $1.number }
    }
}

extension LayerVersionDefinition {
    /// As lists show it.
    func encodeEntry(to json: inout JSONWriter) {
        json.beginObject()
        json.member("LayerVersionArn", arn.description)
        encodeFacts(to: &json)
        json.endObject()
    }

    fileprivate func encodeFacts(to json: inout JSONWriter) {
        json.key("Version")
        json.value(number)
        json.member("Description", description)
        json.member("CreatedDate", createdAt.lambdaDate)
        if !compatibleRuntimes.isEmpty { json.list("CompatibleRuntimes", compatibleRuntimes) }
        if let license { json.member("LicenseInfo", license) }
        if !compatibleArchitectures.isEmpty { json.list("CompatibleArchitectures", compatibleArchitectures) }
    }
}

extension LambdaService {
    /// As publishing and `GetLayerVersion` answer.
    func encoded(_ layer: LayerVersionDefinition, _ call: ServiceCall) -> [UInt8] {
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("Content")
        json.beginObject()
        json.member("Location", location(of: layer.code, call))
        json.member("CodeSha256", layer.code.sha256)
        json.key("CodeSize")
        json.value(layer.code.size)
        json.endObject()
        json.member("LayerArn", layer.key.arn.description)
        json.member("LayerVersionArn", layer.arn.description)
        layer.encodeFacts(to: &json)
        json.endObject()
        return json.bytes
    }
}
