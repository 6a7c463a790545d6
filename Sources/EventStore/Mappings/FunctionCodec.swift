import ByteCoding
package import EventModel

/// A function as the file keeps it.
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
            ("modifiedAt", JSONValue(function.modifiedAt)),
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
        return JSONValue(members: members).text
    }

    package static func function(_ text: String) throws(StoreError) -> FunctionDefinition {
        let json = try StoredJSON(text: text, of: "a function")
        guard let name = json.string("name"), let handler = handler(json) else {
            throw .corrupt("a function lacks its name or handler")
        }
        return FunctionDefinition(
            name: name,
            location: Location(
                account: json.string("account", or: Limits.defaultAccount),
                region: json.string("region", or: Limits.defaultRegion)),
            handler: handler, timeoutSeconds: json.int("timeoutSeconds", or: 3),
            memoryMegabytes: json.int("memoryMegabytes", or: 128), environment: json.strings("environment"),
            role: json.string("role", or: ""), description: json.string("description", or: ""),
            modifiedAt: json.timestamp("modifiedAt") ?? Timestamp(millisecondsSinceEpoch: 0))
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
