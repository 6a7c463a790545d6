import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    func createAlias(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        let arguments = try CallArguments(parsing: call.body)
        let name = try arguments.string("Name")
        guard let name else { throw .constraint(nil, "name", "Member must not be null") }
        guard AliasRequest.isName(name) else {
            throw .constraint(
                name, "name",
                "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")
        }
        let request = try AliasRequest(arguments)
        guard request.version != nil else {
            throw .constraint(nil, "functionVersion", "Member must not be null")
        }
        let revision = identifiers.next()
        write(call, status: 201) { writer throws(StoreError) in
            guard let family = writer.catalog.family(key) else {
                return .failure(.functionNotFound(key.arn))
            }
            guard family.aliases[name] == nil else {
                return .failure(.conflict("Alias already exists: \(key.arn(qualifier: name))"))
            }
            var alias = FunctionAlias(name: name, version: .latest, revisionID: revision)
            if let error = request.apply(to: &alias, of: family) { return .failure(error) }
            try writer.putAlias(alias, of: key)
            return .success(alias.encoded(key))
        }
    }

    func updateAlias(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        let name = call.pathParameters["Name"] ?? ""
        let arguments = try CallArguments(parsing: call.body)
        let request = try AliasRequest(arguments)
        let expected = try arguments.string("RevisionId")
        let revision = identifiers.next()
        write(call, status: 200) { writer throws(StoreError) in
            guard let family = writer.catalog.family(key) else {
                return .failure(.functionNotFound(key.arn))
            }
            guard var alias = family.aliases[name] else {
                return .failure(.missing("Alias not found: \(key.arn(qualifier: name))"))
            }
            guard expected == nil || expected == alias.revisionID else {
                return .failure(.revisionMismatch())
            }
            if let error = request.apply(to: &alias, of: family) { return .failure(error) }
            alias.revisionID = revision
            try writer.putAlias(alias, of: key)
            return .success(alias.encoded(key))
        }
    }

    func getAlias(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        let name = call.pathParameters["Name"] ?? ""
        guard let alias = try Self.family(key, in: store.catalog.snapshot).aliases[name] else {
            throw .missing("Cannot find alias arn: \(key.arn(qualifier: name))")
        }
        call.succeed(json: alias.encoded(key))
    }

    /// An alias that is not there is deleted already.
    func deleteAlias(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        let name = call.pathParameters["Name"] ?? ""
        write(call, status: 204) { writer throws(StoreError) in
            guard let family = writer.catalog.family(key) else {
                return .failure(.functionNotFound(key.arn))
            }
            if family.aliases[name] != nil { try writer.deleteAlias(name, of: key) }
            return .success([])
        }
    }

    func listAliases(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        var aliases = try Self.family(key, in: store.catalog.snapshot).aliases.values
            .sorted { $0.name < $1.name }
        if let text = call.parameters["FunctionVersion"], !text.isEmpty {
            let version = FunctionVersion(text)
            aliases = aliases.filter { alias in version.map { alias.names($0) } ?? false }
        }
        let page = try Self.page(aliases, call) { $0.name }
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("Aliases")
        json.beginArray()
        for alias in page.elements { alias.encode(key, to: &json) }
        json.endArray()
        if let next = page.next { json.member("NextMarker", next) }
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

/// What a create or an update says about an alias.
struct AliasRequest: Sendable {
    var version: String?
    private var description: String?
    /// `nil` when the request does not speak of weights; empty takes them away.
    private var weights: [(version: String, weight: Double)]?

    init(_ arguments: CallArguments) throws(AWSError) {
        version = try arguments.string("FunctionVersion")
        description = try arguments.string("Description")
        if let version, version != "$LATEST", FunctionVersion(version) == nil {
            throw .constraint(
                version, "functionVersion",
                #"Member must satisfy regular expression pattern: (\$LATEST|[0-9]+)"#)
        }
        if let description, description.unicodeScalars.count > 256 {
            throw .constraint(description, "description", "Member must have length less than or equal to 256")
        }
        guard let routing = try arguments.object("RoutingConfig") else { return }
        var weights: [(version: String, weight: Double)] = []
        for member in try routing.object("AdditionalVersionWeights")?.members.members ?? [] {
            guard let weight = member.value.doubleValue else {
                throw .serialization("The value of AdditionalVersionWeights can not be converted to Double")
            }
            weights.append((member.key, weight))
        }
        self.weights = weights
    }

    /// Letters, digits, `-` and `_`, at most 128, and not a number, which would be a version.
    static func isName(_ text: String) -> Bool {
        text.utf8.count <= 128 && LambdaService.isName(text)
            && !text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Changes an alias as the request says; the error says why it cannot be.
    func apply(to alias: inout FunctionAlias, of family: FunctionFamily) -> AWSError? {
        if let version {
            guard let known = FunctionVersion(version), family.definition(known) != nil else {
                return .functionNotFound(family.key.arn(qualifier: version))
            }
            alias.version = known
        }
        if let description { alias.description = description }
        if let weights {
            do throws(AWSError) {
                alias.additional = try additional(weights, beside: alias.version, of: family)
            } catch {
                return error
            }
        }
        if let additional = alias.additional, alias.version == .number(additional.number) {
            return .alreadyRouted(String(additional.number))
        }
        if alias.additional != nil, alias.version == .latest { return .latestIsNotDivided }
        return nil
    }

    private func additional(
        _ weights: [(version: String, weight: Double)], beside version: FunctionVersion,
        of family: FunctionFamily
    ) throws(AWSError) -> FunctionAlias.WeightedVersion? {
        guard weights.count <= 1 else {
            throw .invalidValue("Number of items in AdditionalVersionWeights cannot be greater than 1")
        }
        guard let (text, weight) = weights.first else { return nil }
        let shown = "{\(text)=\(weight)}"
        guard weight >= 0, weight <= 1 else {
            throw .constraint(
                shown, "routingConfig.additionalVersionWeights",
                "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must "
                    + "have value greater than or equal to 0.0, Member must not be null]")
        }
        guard text != version.description else { throw .alreadyRouted(text) }
        guard version != .latest else { throw .latestIsNotDivided }
        guard case .number(let number)? = FunctionVersion(text) else {
            throw .constraint(
                shown, "routingConfig.additionalVersionWeights",
                "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must "
                    + "have length greater than or equal to 1, Member must satisfy regular expression pattern: "
                    + "[0-9]+, Member must not be null]")
        }
        guard family.versions[number] != nil else {
            throw .functionNotFound(family.key.arn(qualifier: text))
        }
        return FunctionAlias.WeightedVersion(number: number, weight: weight)
    }
}

extension AWSError {
    fileprivate static func alreadyRouted(_ version: String) -> AWSError {
        .invalidValue(
            "Invalid function version \(version). Function version \(version) is already included in routing "
                + "configuration.")
    }

    fileprivate static var latestIsNotDivided: AWSError {
        .invalidValue("$LATEST is not supported for an alias pointing to more than 1 version")
    }
}

extension FunctionAlias {
    func encode(_ key: FunctionKey, to json: inout JSONWriter) {
        json.beginObject()
        json.member("AliasArn", key.arn(qualifier: name).description)
        json.member("Name", name)
        json.member("FunctionVersion", version.description)
        json.member("Description", description)
        if let additional {
            json.key("RoutingConfig")
            json.beginObject()
            json.key("AdditionalVersionWeights")
            json.beginObject()
            json.key(escaping: String(additional.number))
            json.value(additional.weight)
            json.endObject()
            json.endObject()
        }
        json.member("RevisionId", revisionID)
        json.endObject()
    }

    func encoded(_ key: FunctionKey) -> [UInt8] {
        var json = JSONWriter(capacity: 512)
        encode(key, to: &json)
        return json.bytes
    }
}
