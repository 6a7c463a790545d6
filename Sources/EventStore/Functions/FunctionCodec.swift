import ByteCoding
package import EventModel

/// A function, or a version of one, as the file keeps it.
package enum FunctionCodec {
    package static func text(_ function: FunctionDefinition) -> String {
        var members: [(String, JSONValue)] = [
            ("name", .string(function.name)),
            ("account", .string(function.location.account)),
            ("region", .string(function.location.region)),
            ("timeoutSeconds", JSONValue(function.timeoutSeconds)),
            ("memoryMegabytes", JSONValue(function.memoryMegabytes)),
            ("environment", JSONValue(function.environment)),
            ("role", .string(function.role)),
            ("description", .string(function.description)),
            ("architecture", .string(function.architecture)),
            ("modifiedAt", JSONValue(function.modifiedAt)),
            ("revisionID", .string(function.revisionID)),
            ("version", .string(function.version.description)),
        ]
        switch function.handler {
        case .runtime(let identifier, let handler, let codePath):
            members.append(("runtime", .string(identifier)))
            members.append(("handler", .string(handler)))
            members.append(("codePath", .string(codePath)))
        case .command(let words, let workingDirectory):
            members.append(("command", .array(words.map { .string($0) })))
            members.append(("workingDirectory", .string(workingDirectory)))
        }
        if let code = function.code { members.append(("code", value(code))) }
        if let path = function.layersPath {
            members.append(("layersFolder", .string(CodeFiles.name(ofPath: path))))
            members.append(("layers", .array(function.layers.map { value($0) })))
        }
        return JSONValue(members: members).text
    }

    static func value(_ code: CodePackage) -> JSONValue {
        JSONValue(members: [("digest", .string(code.digest)), ("size", JSONValue(code.size))])
    }

    private static func value(_ layer: FunctionLayer) -> JSONValue {
        JSONValue(members: [("arn", .string(layer.arn.description)), ("code", value(layer.code))])
    }

    /// - Parameter directory: The data directory, absolute: uploaded code lies there now, wherever it was.
    package static func function(_ text: String, in directory: String) throws(StoreError)
        -> FunctionDefinition
    {
        let json = try StoredJSON(text: text, of: "a function")
        guard let name = json.string("name"), let handler = handler(json) else {
            throw .corrupt("a function lacks its name or handler")
        }
        var function = FunctionDefinition(
            name: name,
            location: Location(
                account: json.string("account", or: Limits.defaultAccount),
                region: json.string("region", or: Limits.defaultRegion)),
            handler: handler, timeoutSeconds: json.int("timeoutSeconds", or: 3),
            memoryMegabytes: json.int("memoryMegabytes", or: 128), environment: json.strings("environment"),
            role: json.string("role", or: ""), description: json.string("description", or: ""),
            modifiedAt: json.timestamp("modifiedAt") ?? Timestamp(millisecondsSinceEpoch: 0))
        function.architecture = json.string("architecture", or: "x86_64")
        function.revisionID = json.string("revisionID", or: "")
        function.version = FunctionVersion(json.string("version", or: "$LATEST")) ?? .latest
        let files = CodeFiles(directory: directory)
        if let code = json.member("code") {
            let package = try code.package(of: name)
            function.code = package
            function.codePath = files.path(of: package)
        }
        if let folder = json.string("layersFolder") { function.layersPath = files.path(named: folder) }
        for value in json.value["layers"]?.arrayValue ?? [] {
            let layer = StoredJSON(value)
            guard let arn = ARN(layer.string("arn", or: "")), let code = layer.member("code") else {
                throw .corrupt("the function \(name) has a layer without ARN or code")
            }
            function.layers.append(FunctionLayer(arn: arn, code: try code.package(of: name)))
        }
        return function
    }

    private static func handler(_ json: StoredJSON) -> FunctionDefinition.Handler? {
        if let words = json.value["command"]?.arrayValue, let folder = json.string("workingDirectory") {
            return .command(words.compactMap(\.stringValue), workingDirectory: folder)
        }
        guard let identifier = json.string("runtime"), let codePath = json.string("codePath") else {
            return nil
        }
        return .runtime(identifier: identifier, handler: json.string("handler", or: ""), codePath: codePath)
    }
}

extension StoredJSON {
    func package(of owner: String) throws(StoreError) -> CodePackage {
        guard let digest = string("digest"), CodeFiles.isDigest(digest) else {
            throw .corrupt("the code of \(owner) has no digest")
        }
        return CodePackage(digest: digest, size: int("size", or: 0))
    }
}
