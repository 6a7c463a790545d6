import EventModel
import Glibc

/// What is run for a function that speaks the Runtime API.
struct Launch: Equatable {
    let executable: String
    let arguments: [String]
    let directory: String
    /// For the INIT_START line.
    let runtime: String
}

/// Why there is nothing to run, in Lambda's words where it has some.
struct LaunchError: Error, Equatable {
    let reason: String
}

/// Where programs are looked for.
struct ProgramSearch {
    let codePath: String
    let layersPath: String?
    /// `PATH` for interpreters.
    let path: String
    /// The folder of our own runtime clients, absolute.
    let clients: String

    /// The first executable file of that name in `PATH`.
    func program(_ name: String, where isWanted: (Substring) -> Bool = { _ in true }) -> String? {
        Launch.search(name, in: path, where: isWanted)
    }

    /// A file of the code, or else of the layers.
    func file(_ name: String) -> String? {
        ([codePath] + (layersPath.map { [$0] } ?? [])).map { "\($0)/\(name)" }
            .first { access($0, F_OK) == 0 }
    }
}

extension Launch {
    /// Finds the program of a runtime.
    ///
    /// Any version of an interpreter does when the exact one is not there: what a laptop has.
    /// - Throws: When the bootstrap or the interpreter is missing, or the runtime is none we know.
    static func find(
        identifier: String, handler: String, _ search: ProgramSearch
    ) throws(LaunchError) -> Launch {
        func launch(_ program: String, _ arguments: [String]) -> Launch {
            Launch(
                executable: program, arguments: [program] + arguments, directory: search.codePath,
                runtime: identifier)
        }
        if identifier.hasPrefix("provided") {
            guard let bootstrap = search.file("bootstrap") else {
                let places = [search.codePath] + (search.layersPath.map { [$0] } ?? [])
                let tried = places.map { "\($0)/bootstrap" }.joined(separator: " ")
                throw LaunchError(reason: "Couldn't find valid bootstrap(s): [\(tried)]")
            }
            return launch(bootstrap, [])
        }
        if identifier.hasPrefix("python3") {
            let interpreter = try python(identifier, search)
            return launch(interpreter, ["-u", RuntimeClients.pythonPath(in: search.clients), handler])
        }
        if identifier.hasPrefix("nodejs") {
            guard let node = search.program("node") else {
                throw .missing("node", for: identifier, "Node.js 18 or later (Debian: nodejs)", search)
            }
            return launch(node, [RuntimeClients.nodePath(in: search.clients), handler])
        }
        return try compiled(identifier, handler, search, launch)
    }

    private static func python(_ identifier: String, _ search: ProgramSearch) throws(LaunchError) -> String {
        // pyenv has a shim for every version that is installed, but it runs only for the selected one, so a shim says
        // nothing about its version; the one for python3 runs whatever is selected.
        let exact = search.program(identifier, where: { !$0.hasSuffix("/shims") })
        guard let interpreter = exact ?? search.program("python3") else {
            throw LaunchError(
                reason: "Couldn't find \(identifier) or python3 in PATH \(search.path); "
                    + "install Python 3 (Debian: python3-minimal)")
        }
        return interpreter
    }

    /// Runtimes whose clients AWS publishes as packages: they run when code, layers or machine bring them along.
    private static func compiled(
        _ identifier: String, _ handler: String, _ search: ProgramSearch,
        _ launch: (String, [String]) -> Launch
    ) throws(LaunchError) -> Launch {
        let known = ["java", "ruby", "dotnet"].contains { identifier.hasPrefix($0) }
        guard known else {
            throw LaunchError(
                reason: "Runtime \(identifier) is not supported; use python3.x, nodejs20.x or provided.al2023"
            )
        }
        if let bootstrap = search.file("bootstrap") { return launch(bootstrap, [handler]) }
        if identifier.hasPrefix("ruby") {
            guard let client = search.program("aws_lambda_ric") else {
                throw .missing(
                    "aws_lambda_ric", for: identifier,
                    "Ruby and AWS's runtime client (gem install aws_lambda_ric), or put a bootstrap into the package",
                    search)
            }
            return launch(client, [handler])
        }
        if identifier.hasPrefix("java") {
            guard let java = search.program("java") else {
                throw .missing(
                    "java", for: identifier, "a Java runtime (Debian: default-jre-headless)", search)
            }
            guard hasJavaClient(search) else {
                throw LaunchError(
                    reason:
                        "Couldn't find aws-lambda-java-runtime-interface-client in lib/ of the package of "
                        + "runtime \(identifier); add that dependency, or put a bootstrap into the package")
            }
            let places = ["\(search.codePath)", "\(search.codePath)/lib/*"]
            let layers = search.layersPath.map { ["\($0)/java/lib/*"] } ?? []
            return launch(
                java,
                [
                    "-cp", (places + layers).joined(separator: ":"),
                    "com.amazonaws.services.lambda.runtime.api.client.AWSLambda", handler,
                ])
        }
        throw LaunchError(
            reason:
                "Couldn't find a bootstrap in the package of runtime \(identifier); build it self-contained with "
                + "Amazon.Lambda.RuntimeSupport, or use provided.al2023")
    }

    private static func hasJavaClient(_ search: ProgramSearch) -> Bool {
        let folders = ["\(search.codePath)/lib"] + (search.layersPath.map { ["\($0)/java/lib"] } ?? [])
        return folders.contains { path in
            guard let folder = opendir(path) else { return false }
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name.hasPrefix("aws-lambda-java-runtime-interface-client") { return true }
            }
            return false
        }
    }

    /// The first executable file of that name in a `PATH`.
    static func search(
        _ name: String, in path: String, where isWanted: (Substring) -> Bool = { _ in true }
    ) -> String? {
        for folder in path.split(separator: ":") where isWanted(folder) {
            let candidate = "\(folder)/\(name)"
            var status = stat()
            guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            if access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }
}

extension LaunchError {
    /// A program that has to be installed.
    fileprivate static func missing(
        _ program: String, for identifier: String, _ what: String, _ search: ProgramSearch
    ) -> LaunchError {
        LaunchError(
            reason:
                "Couldn't find \(program) for runtime \(identifier) in PATH \(search.path); install \(what)")
    }
}
