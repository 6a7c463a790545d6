import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    func publishLayerVersion(_ call: ServiceCall) throws(AWSError) {
        let key = try layerKey(call)
        try work(call) { [self] installer throws(AWSError) in
            let arguments = try CallArguments(parsing: call.body)
            let facts = try LayerFacts(arguments)
            guard let content = try arguments.object("Content") else {
                throw .constraint(nil, "content", "Member must not be null")
            }
            let package = try installer.install(archive(CodeSource(content, of: "PublishLayerVersion")))
            let now = now()
            write(call, status: 201, installer) { [self] writer throws(StoreError) in
                let layer = try writer.publishLayer(
                    { number in
                        LayerVersionDefinition(
                            key: key, number: number, code: package, description: facts.description,
                            compatibleRuntimes: facts.runtimes, compatibleArchitectures: facts.architectures,
                            license: facts.license, createdAt: now)
                    }, as: key)
                return .success(encoded(layer, call))
            }
        }
    }

    /// The layer that the path names, by its name or its ARN.
    func layerKey(_ call: ServiceCall) throws(AWSError) -> LayerKey {
        let text = call.pathParameters["LayerName"] ?? ""
        var name = text
        var location = call.location
        if let arn = ARN(text), arn.service == "lambda", arn.resource.hasPrefix("layer:") {
            name = String(arn.resource.dropFirst("layer:".count))
            location = Location(account: arn.account, region: arn.region)
        }
        guard Self.isName(name), name.utf8.count <= 140 else {
            throw .constraint(
                text, "layerName",
                "Member must satisfy regular expression pattern: (arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:"
                    + #"\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+"#)
        }
        return LayerKey(location: location, name: name)
    }

    /// The layers that a function's request names; each has to be there.
    func resolvedLayers(
        _ names: [String], in location: Location
    ) throws(AWSError) -> [FunctionLayer] {
        let catalog = store.catalog.snapshot
        var layers: [FunctionLayer] = []
        var seen: [LayerKey: String] = [:]
        for name in names {
            guard let reference = LayerReference(name) else {
                throw .invalidValue("Layer version \(name) does not exist.")
            }
            guard reference.key.location.region == location.region else {
                throw .invalidValue(
                    "Layers are not in the same region as the function. Layers are expected to be in region "
                        + "\(location.region).")
            }
            guard let layer = catalog.layer(reference) else {
                throw .invalidValue("Layer version \(name) does not exist.")
            }
            if let other = seen.updateValue(name, forKey: reference.key) {
                throw .invalidValue(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. "
                        + "\(other) and \(name) are versions of the same layer.")
            }
            layers.append(FunctionLayer(arn: layer.arn, code: layer.code))
        }
        return layers
    }
}

/// What a request says about a new version of a layer.
struct LayerFacts: Sendable {
    let description: String
    let runtimes: [String]
    let architectures: [String]
    let license: String?

    init(_ arguments: CallArguments) throws(AWSError) {
        description = try arguments.string("Description") ?? ""
        runtimes = try arguments.strings("CompatibleRuntimes") ?? []
        architectures = try arguments.strings("CompatibleArchitectures") ?? []
        license = try arguments.string("LicenseInfo")
        guard description.unicodeScalars.count <= 256 else {
            throw .constraint(description, "description", "Member must have length less than or equal to 256")
        }
        if let license, license.unicodeScalars.count > 512 {
            throw .constraint(license, "licenseInfo", "Member must have length less than or equal to 512")
        }
        let known = FunctionLimits.runtimes + FunctionLimits.retiredRuntimes
        try Self.check(runtimes, "compatibleRuntimes", most: 15, known)
        try Self.check(architectures, "compatibleArchitectures", most: 2, ["x86_64", "arm64"])
    }

    private static func check(
        _ values: [String], _ member: String, most: Int, _ known: [String]
    ) throws(AWSError) {
        let shown = "[\(values.joined(separator: ", "))]"
        guard values.count <= most else {
            throw .constraint(shown, member, "Member must have length less than or equal to \(most)")
        }
        guard values.allSatisfy({ known.contains($0) }) else {
            throw .constraint(
                shown, member,
                "Member must satisfy constraint: [Member must satisfy enum value set: "
                    + "[\(known.joined(separator: ", "))], Member must not be null]")
        }
    }
}
