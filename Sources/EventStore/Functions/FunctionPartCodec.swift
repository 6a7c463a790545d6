import ByteCoding
import EventModel

/// What belongs to a function, by the `kind` of its row; each kind is written and read here and nowhere else.
enum FunctionPart {
    /// A published version; the qualifier is its number.
    static let version = "version"
    /// The greatest number that was given; no qualifier.
    static let counter = "counter"
    static let alias = "alias"
    /// The qualifier is empty for the function itself.
    static let policy = "policy"
    static let tags = "tags"
    static let reserved = "reserved"

    static func text(_ alias: FunctionAlias) -> String {
        var members: [(String, JSONValue)] = [
            ("version", .string(alias.version.description)), ("description", .string(alias.description)),
            ("revisionID", .string(alias.revisionID)),
        ]
        if let additional = alias.additional {
            members.append(("additional", JSONValue(additional.number)))
            members.append(("weight", .number(additional.weight.description)))
        }
        return JSONValue(members: members).text
    }

    static func text(_ policy: ResourcePolicy) -> String { value(policy).text }

    static func value(_ policy: ResourcePolicy) -> JSONValue {
        let statements = policy.statements.map {
            JSONValue(members: [("id", .string($0.id)), ("text", .string($0.text))])
        }
        return JSONValue(members: [
            ("revisionID", .string(policy.revisionID)), ("statements", .array(statements)),
        ])
    }

    static func policy(_ json: StoredJSON) -> ResourcePolicy {
        let statements = (json.value["statements"]?.arrayValue ?? []).map { value in
            let statement = StoredJSON(value)
            return ResourcePolicy.Statement(
                id: statement.string("id", or: ""), text: statement.string("text", or: "{}"))
        }
        return ResourcePolicy(statements: statements, revisionID: json.string("revisionID", or: ""))
    }

    /// Puts one row into the family that it belongs to.
    ///
    /// - Throws: `.corrupt` for a kind that nobody wrote.
    static func add(
        kind: String, qualifier: String, _ text: String, to family: inout FunctionFamily,
        in directory: String
    ) throws(StoreError) {
        let owner = "the \(kind) \(qualifier) of function \(family.latest.name)"
        switch kind {
        case version:
            let definition = try FunctionCodec.function(text, in: directory)
            guard case .number(let number) = definition.version else {
                throw .corrupt("\(owner) has no number")
            }
            family.versions[number] = definition
        case counter: family.lastVersion = try StoredJSON(text: text, of: owner).int("last", or: 0)
        case alias: family.aliases[qualifier] = try alias(text, qualifier, owner)
        case policy: family.policies[qualifier] = policy(try StoredJSON(text: text, of: owner))
        case tags: family.tags = try StoredJSON(text: text, of: owner).strings("tags")
        case reserved: family.reservedConcurrency = try StoredJSON(text: text, of: owner).int("count")
        default: throw .corrupt("\(owner) is of no known kind")
        }
    }

    private static func alias(
        _ text: String, _ name: String, _ owner: String
    ) throws(StoreError) -> FunctionAlias {
        let json = try StoredJSON(text: text, of: owner)
        guard let version = FunctionVersion(json.string("version", or: "")) else {
            throw .corrupt("\(owner) names no version")
        }
        return FunctionAlias(
            name: name, version: version,
            additional: json.int("additional").map {
                FunctionAlias.WeightedVersion(number: $0, weight: json.value["weight"]?.doubleValue ?? 0)
            },
            description: json.string("description", or: ""), revisionID: json.string("revisionID", or: ""))
    }
}

/// A layer's version as the file keeps it.
enum LayerCodec {
    static func text(_ layer: LayerVersionDefinition) -> String {
        var members: [(String, JSONValue)] = [
            ("code", FunctionCodec.value(layer.code)), ("description", .string(layer.description)),
            ("runtimes", .array(layer.compatibleRuntimes.map { .string($0) })),
            ("architectures", .array(layer.compatibleArchitectures.map { .string($0) })),
            ("createdAt", JSONValue(layer.createdAt)),
        ]
        if let license = layer.license { members.append(("license", .string(license))) }
        if let policy = layer.policy { members.append(("policy", FunctionPart.value(policy))) }
        return JSONValue(members: members).text
    }

    static func layer(_ text: String, key: LayerKey, number: Int) throws(StoreError) -> LayerVersionDefinition
    {
        let json = try StoredJSON(text: text, of: "layer \(key.name)")
        guard let code = json.member("code") else { throw .corrupt("layer \(key.name) has no code") }
        func texts(_ name: String) -> [String] {
            (json.value[name]?.arrayValue ?? []).compactMap(\.stringValue)
        }
        var layer = LayerVersionDefinition(
            key: key, number: number, code: try code.package(of: "layer \(key.name)"),
            description: json.string("description", or: ""), compatibleRuntimes: texts("runtimes"),
            compatibleArchitectures: texts("architectures"), license: json.string("license"),
            createdAt: json.timestamp("createdAt") ?? Timestamp(millisecondsSinceEpoch: 0))
        layer.policy = json.member("policy").map { FunctionPart.policy($0) }
        return layer
    }
}
