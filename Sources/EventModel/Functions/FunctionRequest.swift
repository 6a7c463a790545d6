import ByteCoding

/// The settings that a create or an update of a function names; `nil` for what it leaves out.
package struct FunctionRequest: Equatable, Sendable {
    package var functionName: String?
    package var runtime: String?
    package var handler: String?
    package var role: String?
    package var description: String?
    package var timeout: Int?
    package var memorySize: Int?
    package var variables: [String: String]?
    package var layers: [String]?
    package var architectures: [String]?
    package var packageType: String?
    package var tags: [String: String]?
    /// AWS's settings that nothing here acts on, by the name of the member that asks for one.
    package var unsupported: [String] = []

    package init() {}
}

// MARK: - Model constraints

extension FunctionRequest {
    /// Refuses a request with the list of its broken constraints, in the order of the API model.
    package func checkConstraints(isCreate: Bool) throws(ConfigurationError) {
        var checker = ConstraintChecker()
        if isCreate {
            if role == nil { checker.violated(nil, "role", "Member must not be null") }
            if functionName == nil { checker.violated(nil, "functionName", "Member must not be null") }
        }
        checker.check(role, "role", matches: Self.rolePattern)
        checker.check(functionName, "functionName", lengthIn: 1...140)
        checker.check(functionName, "functionName", matches: Self.functionNamePattern)
        checker.check(packageType, "packageType", oneOf: ["Image", "Zip"])
        checker.check(handler, "handler", lengthIn: 0...128)
        checker.check(handler, "handler", matches: #"[^\s]+"#)
        checker.check(description, "description", lengthIn: 0...256)
        checker.check(timeout, "timeout", in: 1...900)
        checker.check(memorySize, "memorySize", in: 128...10_240)
        checkArchitectures(&checker)
        checkLayers(&checker)
        checkVariables(&checker)
        try checker.finish()
    }

    private func checkArchitectures(_ checker: inout ConstraintChecker) {
        guard let architectures else { return }
        let shown = "[\(architectures.joined(separator: ", "))]"
        if architectures.count > 1 {
            checker.violated(shown, "architectures", "Member must have length less than or equal to 1")
        }
        if architectures.contains(where: { $0 != "x86_64" && $0 != "arm64" }) {
            checker.violated(
                shown, "architectures",
                "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], "
                    + "Member must not be null]")
        }
    }

    private func checkLayers(_ checker: inout ConstraintChecker) {
        guard let layers, layers.contains(where: { LayerReference($0) == nil || $0.utf8.count > 140 }) else {
            return
        }
        checker.violated(
            "[\(layers.joined(separator: ", "))]", "layers",
            "Member must satisfy constraint: [Member must have length less than or equal to 140, "
                + "Member must have length greater than or equal to 1, Member must satisfy regular "
                + "expression pattern: \(Self.layerPattern), Member must not be null]")
    }

    private func checkVariables(_ checker: inout ConstraintChecker) {
        guard let variables, variables.keys.contains(where: { !Self.isVariableName($0) }) else { return }
        checker.violated(
            "{\(variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", "))}",
            "environment.variables",
            "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: "
                + "[a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]")
    }

    /// `[a-zA-Z]([a-zA-Z0-9_])+`, or one of the reserved names, which are refused in words of their own.
    private static func isVariableName(_ name: String) -> Bool {
        if FunctionLimits.reservedVariables.contains(name) { return true }
        guard let first = name.utf8.first, isLetter(first), name.utf8.count >= 2 else { return false }
        return name.utf8.allSatisfy {
            isLetter($0) || $0 == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static let rolePattern = #"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"#
    private static let functionNamePattern =
        #"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"#
        + #"(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"#
    private static let layerPattern =
        #"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)"#
        + "|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)"
}

// MARK: - What the model does not say

extension FunctionRequest {
    /// Refuses what breaks a rule of Lambda's, then what Millrace does not enforce.
    package func checkRules(isCreate: Bool) throws(ConfigurationError) {
        if let variables { try Self.checkEnvironment(variables) }
        if let layers, layers.count > FunctionLimits.layers {
            throw .invalid("Cannot reference more than \(FunctionLimits.layers) layers.")
        }
        if packageType == "Image" {
            throw .notSupported(
                "container images (PackageType Image); handlers run from a zip file or a folder")
        }
        if isCreate, runtime == nil || handler == nil {
            throw .invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        }
        if let runtime { try Self.checkRuntime(runtime) }
        if let tags, tags.count > FunctionLimits.tags {
            throw .invalid("Tag count exceeds the limit of \(FunctionLimits.tags).")
        }
        if let first = unsupported.first { throw .notSupported(first) }
    }

    package static func checkRuntime(_ runtime: String) throws(ConfigurationError) {
        if FunctionLimits.runtimes.contains(runtime) { return }
        if FunctionLimits.retiredRuntimes.contains(runtime) {
            throw .invalid(
                "The runtime parameter of \(runtime) is no longer supported for creating or updating AWS Lambda "
                    + "functions. We recommend you use a supported runtime while creating or updating functions."
            )
        }
        let set = FunctionLimits.runtimes.joined(separator: ", ")
        throw .invalid(
            "Value \(runtime) at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
                + "[\(set)] or be a valid ARN")
    }

    private static func checkEnvironment(_ variables: [String: String]) throws(ConfigurationError) {
        let reserved = variables.keys.filter { FunctionLimits.reservedVariables.contains($0) }.sorted()
        let beginning =
            "Lambda was unable to configure your environment variables because the environment variables"
        guard reserved.isEmpty else {
            throw .invalid(
                "\(beginning) you have provided contains reserved keys that are currently not supported for "
                    + "modification. Reserved keys used in this request: \(reserved.joined(separator: ", "))")
        }
        let measured = JSONValue.object(
            JSONObject(variables.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) })
        ).text
        guard measured.utf8.count <= FunctionLimits.environmentBytes else {
            throw .invalid(
                "\(beginning) you have provided exceeded the 4KB limit. String measured: \(measured)")
        }
    }
}

// MARK: - Taking the settings over

extension FunctionRequest {
    /// Puts what the request names into a definition; what it leaves out stays. Code and layers are the caller's.
    package func apply(to function: inout FunctionDefinition) throws(ConfigurationError) {
        switch function.handler {
        case .runtime(let oldRuntime, let oldHandler, let path):
            function.handler = .runtime(
                identifier: runtime ?? oldRuntime, handler: handler ?? oldHandler, codePath: path)
        case .command where runtime != nil || handler != nil:
            throw .invalid(
                "The function \(function.name) runs a command that its template names; it has no Runtime and Handler."
            )
        case .command: break
        }
        role.map { function.role = $0 }
        description.map { function.description = $0 }
        timeout.map { function.timeoutSeconds = $0 }
        memorySize.map { function.memoryMegabytes = $0 }
        variables.map { function.environment = $0 }
        architectures?.first.map { function.architecture = $0 }
    }
}
