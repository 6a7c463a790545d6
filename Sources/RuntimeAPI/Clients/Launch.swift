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

extension Launch {
    /// Finds the program of a runtime.
    ///
    /// - Parameters:
    ///   - path: `PATH` for interpreters.
    ///   - pythonClient: Absolute path of our own runtime client.
    /// - Throws: When the bootstrap or the interpreter is missing, or the runtime is none we know.
    static func find(
        identifier: String, handler: String, codePath: String, path: String, pythonClient: String
    ) throws(LaunchError) -> Launch {
        if identifier.hasPrefix("provided") {
            let bootstrap = codePath + "/bootstrap"
            guard access(bootstrap, F_OK) == 0 else {
                throw LaunchError(reason: "Couldn't find valid bootstrap(s): [\(bootstrap)]")
            }
            return Launch(
                executable: bootstrap, arguments: [bootstrap], directory: codePath, runtime: identifier)
        }
        guard identifier.hasPrefix("python3") else {
            throw LaunchError(
                reason: "Runtime \(identifier) is not supported; use python3.x or provided.al2023")
        }
        // pyenv has a shim for every version that is installed, but it runs only for the selected one, so a shim says
        // nothing about its version; the one for python3 runs whatever is selected.
        let exact = search(identifier, in: path, where: { !$0.hasSuffix("/shims") })
        guard let interpreter = exact ?? search("python3", in: path) else {
            throw LaunchError(reason: "Couldn't find \(identifier) or python3 in PATH \(path)")
        }
        return Launch(
            executable: interpreter, arguments: [interpreter, "-u", pythonClient, handler],
            directory: codePath,
            runtime: identifier)
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
