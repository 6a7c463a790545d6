import EventModel

/// The variables of a handler process (invocation.md §6). Pure.
///
/// Two differ from Lambda: `LAMBDA_TASK_ROOT` and `LAMBDA_RUNTIME_DIR` are the real folders, since nothing is mounted at
/// `/var/task`, and `AWS_ENDPOINT_URL` leads SDKs back to the daemon.
enum EnvironmentVariables {
    /// - Parameters:
    ///   - address: `host:port` of the Runtime API; `nil` for a command.
    ///   - stream: Name of the log stream.
    static func make(
        for function: FunctionDefinition, configuration: FunctionHostConfiguration, address: String?,
        stream: String
    ) -> [String: String] {
        var variables = configuration.inheritedEnvironment
        if variables["PATH"] == nil { variables["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
        variables["LANG"] = "en_US.UTF-8"
        variables["TZ"] = ":UTC"
        // Users may replace those above, but not what tells a function who and where it is.
        variables.merge(function.environment) { $1 }
        let reserved: [String: String] = [
            "AWS_REGION": function.location.region,
            "AWS_DEFAULT_REGION": function.location.region,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": String(function.memoryMegabytes),
            "AWS_LAMBDA_FUNCTION_VERSION": function.version.description,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/\(function.name)",
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_ACCESS_KEY_ID": configuration.accessKey,
            "AWS_ACCESS_KEY": configuration.accessKey,
            "AWS_SECRET_ACCESS_KEY": configuration.secretKey,
            "AWS_SESSION_TOKEN": "test",
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000",
            "LAMBDA_RUNTIME_DIR": configuration.runtimeDirectory,
        ]
        variables.merge(reserved) { $1 }
        if variables["AWS_ENDPOINT_URL"] == nil { variables["AWS_ENDPOINT_URL"] = configuration.endpointURL }
        switch function.handler {
        case .runtime(let identifier, let handler, let codePath):
            variables["_HANDLER"] = handler
            variables["LAMBDA_TASK_ROOT"] = codePath
            variables["AWS_EXECUTION_ENV"] =
                identifier.hasPrefix("provided") ? nil : "AWS_Lambda_\(identifier)"
        case .command(let words, let directory):
            variables["_HANDLER"] = words.first ?? ""
            variables["LAMBDA_TASK_ROOT"] = directory
        }
        variables["AWS_LAMBDA_RUNTIME_API"] = address
        if let layers = function.layersPath { addLayers(layers, function.handler, to: &variables) }
        return variables
    }

    /// Makes runtimes and loaders look into the layers, in the places under `/opt` where Lambda's look.
    private static func addLayers(
        _ folder: String, _ handler: FunctionDefinition.Handler, to variables: inout [String: String]
    ) {
        func add(_ name: String, _ paths: [String], first: Bool) {
            let before = variables[name].map { [$0] } ?? []
            variables[name] = (first ? paths + before : before + paths).joined(separator: ":")
        }
        add("PATH", ["\(folder)/bin"], first: true)
        add("LD_LIBRARY_PATH", ["\(folder)/lib"], first: false)
        guard case .runtime(let identifier, _, _) = handler else { return }
        if identifier.hasPrefix("python") {
            let packages = "\(folder)/python/lib/\(identifier)/site-packages"
            add("PYTHONPATH", [packages, "\(folder)/python"], first: false)
        } else if identifier.hasPrefix("nodejs") {
            let number = identifier.dropFirst("nodejs".count).prefix { $0 != "." }
            let modules = "\(folder)/nodejs/node\(number)/node_modules"
            add("NODE_PATH", [modules, "\(folder)/nodejs/node_modules"], first: false)
        } else if identifier.hasPrefix("ruby") {
            add("RUBYLIB", ["\(folder)/ruby/lib"], first: false)
        }
    }

    /// `YYYY/MM/DD/[version]<32 hex digits>`.
    static func logStream(
        at moment: Timestamp, _ version: FunctionVersion = .latest,
        using dice: inout some RandomNumberGenerator
    ) -> String {
        let (year, month, day) = moment.civilDate
        let number = UInt128(truncatingIfNeeded: dice.next()) << 64 | UInt128(truncatingIfNeeded: dice.next())
        let date = "\(year)/\(padded(month, 2))/\(padded(day, 2))"
        return "\(date)/[\(version)]\(padded(number, 32, radix: 16))"
    }

    /// An X-Ray header that follows from the request ID, so that retries of one batch share their trace.
    static func traceID(at moment: Timestamp, requestID: String) -> String {
        let digits = String(decoding: requestID.utf8.filter { $0 != UInt8(ascii: "-") }, as: UTF8.self)
        let filled = digits + String(repeating: "0", count: max(0, 32 - digits.utf8.count))
        let seconds = padded(moment.millisecondsSinceEpoch / 1_000, 8, radix: 16)
        return "Root=1-\(seconds)-\(filled.prefix(24));Parent=\(filled.suffix(16));Sampled=0"
    }

    private static func padded(_ number: some BinaryInteger, _ width: Int, radix: Int = 10) -> String {
        let digits = String(number, radix: radix)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
