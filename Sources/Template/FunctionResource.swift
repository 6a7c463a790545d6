import EventModel
import Glibc

/// Functions, plain and serverless. Both write the same properties but for where the code is.
struct FunctionResource {
    let resource: DeclaredResource
    let resolver: Resolver
    let name: String
    /// Where relative folders start: the template's own folder, absolute.
    let folder: String
    let metadata: MillraceMetadata

    init(resource: DeclaredResource, resolver: Resolver, name: String, folder: String) {
        self.resource = resource
        self.resolver = resolver
        self.name = name
        self.folder = folder
        metadata = MillraceMetadata(of: resource, resolver)
    }

    /// Reads everything but `Events`, which the caller takes from the same reader and then finishes it.
    func function(_ reader: PropertyReader) -> FunctionDefinition? {
        reader.accept("FunctionName")
        let timeout = reader.integer("Timeout", in: 1...900) ?? 3
        let memory = reader.integer("MemorySize", in: 128...10_240) ?? 128
        let handler = self.handler(reader)
        let variables = environment(reader)
        // Nothing is permitted or denied here, so roles and policies are taken as read.
        let role = reader.text("Role")
        reader.accept("Policies", "PermissionsBoundary", "AssumeRolePolicyDocument")
        let description = reader.text("Description") ?? ""
        let architectures = reader.texts("Architectures") ?? []
        for architecture in architectures
        where architecture != "x86_64" && architecture != "arm64" {
            reader.problems.add(
                reader.place, "Architectures may hold x86_64 or arm64; handlers run on this machine.")
        }
        refuseWhatIsNotThere(reader)
        guard let handler else { return nil }
        let location = resolver.context.location
        var function = FunctionDefinition(
            name: name, location: location, handler: handler, timeoutSeconds: timeout,
            memoryMegabytes: memory,
            environment: variables, role: role ?? "arn:aws:iam::\(location.account):role/lambda-role",
            description: description, modifiedAt: resolver.context.now)
        architectures.first.map { function.architecture = $0 }
        return function
    }

    private func refuseWhatIsNotThere(_ reader: PropertyReader) {
        if let type = reader.text("PackageType"), type != "Zip" {
            reader.problems.add(
                reader.place, "PackageType \(type) is not supported; handlers run from a folder.")
        }
        reader.refuse("InlineCode", "put the code into a folder and name it with CodeUri")
        reader.refuse("ImageUri", "handlers run from a folder: CodeUri")
        reader.refuse("Layers", "put what the handler needs into its folder, or add layers by the API")
        reader.refuse(
            "ReservedConcurrentExecutions", "reserve it by the API: aws lambda put-function-concurrency")
        for key in ["DeadLetterQueue", "DeadLetterConfig", "EventInvokeConfig"] {
            reader.refuse(key, "functions are invoked by mappings only, not asynchronously")
        }
    }

    // MARK: - Handler

    private func handler(_ reader: PropertyReader) -> FunctionDefinition.Handler? {
        let command = metadata.command
        let runtime = reader.text("Runtime")
        let handler = reader.text("Handler")
        let code = codePath(reader, isRequired: command == nil)
        if let command { return code.map { .command(command, workingDirectory: $0) } }
        guard let runtime else {
            if !reader.has("Runtime") {
                reader.problems.add(
                    reader.place,
                    "\(resource.logicalID) needs a Runtime (python3.x, provided.*) or Metadata: {Millrace: {Command: […]}}."
                )
            }
            return nil
        }
        guard let code else { return nil }
        if runtime.hasPrefix("python3.") || runtime.hasPrefix("nodejs") {
            guard let handler else {
                if !reader.has("Handler") {
                    reader.problems.add(reader.place, "\(reader.what) needs Handler.")
                }
                return nil
            }
            guard handler.contains(".") else {
                reader.problems.add(reader.place, "Handler '\(handler)' has to be module.function.")
                return nil
            }
            return .runtime(identifier: runtime, handler: handler, codePath: code)
        }
        let brings = ["java", "ruby", "dotnet"].contains { runtime.hasPrefix($0) }
        guard runtime == "provided" || runtime.hasPrefix("provided.") || brings else {
            reader.problems.add(
                reader.value("Runtime")?.place ?? reader.place,
                "Runtime \(runtime) is not supported; python3.x, nodejs*, java*, ruby*, dotnet* and provided.* "
                    + "are, and any program by Metadata: {Millrace: {Command: […]}}.")
            return nil
        }
        return .runtime(identifier: runtime, handler: handler ?? "bootstrap", codePath: code)
    }

    private func codePath(_ reader: PropertyReader, isRequired: Bool) -> String? {
        let key = resource.kind == .serverlessFunction ? "CodeUri" : "Code"
        guard reader.has(key) else {
            guard isRequired else { return folder }
            reader.problems.add(
                reader.place, "\(reader.what) needs \(key), the folder that holds the handler.")
            return nil
        }
        guard let value = reader.value(key) else { return nil }
        guard let path = value.text, !path.contains("://") else {
            reader.problems.add(
                value.place,
                "\(key) has to be a local folder, such as \(key): ./handler; code elsewhere is not fetched.")
            return nil
        }
        let absolute = FilePath.absolute(path, from: folder)
        guard FilePath.isFolder(absolute) else {
            reader.problems.add(value.place, "\(key) '\(path)' is no folder (\(absolute)).")
            return nil
        }
        return absolute
    }

    private func environment(_ reader: PropertyReader) -> [String: String] {
        guard let environment = reader.object("Environment") else { return [:] }
        let variables = environment.textMap("Variables") ?? [:]
        environment.finish()
        for name in variables.keys.sorted() where FunctionLimits.reservedVariables.contains(name) {
            reader.problems.add(environment.place, "The variable \(name) is reserved for the Runtime API.")
        }
        let bytes = variables.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if bytes > FunctionLimits.environmentBytes {
            reader.problems.add(
                environment.place,
                "Environment holds \(bytes) bytes; \(FunctionLimits.environmentBytes) are allowed.")
        }
        return variables
    }
}

/// Paths as texts.
enum FilePath {
    /// Puts a relative path behind a folder and takes `.` and `..` out.
    static func absolute(_ path: String, from folder: String) -> String {
        let joined = path.hasPrefix("/") ? path : folder + "/" + path
        var parts: [Substring] = []
        for part in joined.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func workingDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
