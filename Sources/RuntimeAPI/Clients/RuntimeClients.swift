import Glibc

/// Our runtime clients, carried in the binary and written to the runtime directory at start.
enum RuntimeClients {
    static func pythonPath(in directory: String) -> String { "\(directory)/millrace_runtime.py" }
    static func nodePath(in directory: String) -> String { "\(directory)/millrace_runtime.mjs" }

    /// Makes the directory and writes each client, at once or not at all.
    static func write(to directory: String) throws(RuntimeAPIError) {
        try makeDirectories(directory)
        try write(PythonClient.source, to: pythonPath(in: directory), directory)
        try write(NodeClient.source, to: nodePath(in: directory), directory)
    }

    private static func write(
        _ source: String, to target: String, _ directory: String
    ) throws(RuntimeAPIError) {
        let draft = "\(target).\(getpid())"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .runtimeDirectory(path: directory, reason: errorText(errno)) }
        var bytes = Array(source.utf8)[...]
        var failure: Int32 = 0
        while !bytes.isEmpty && failure == 0 {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 { bytes = bytes.dropFirst(written) } else if errno != EINTR { failure = errno }
        }
        close(descriptor)
        if failure == 0 && rename(draft, target) != 0 { failure = errno }
        if failure != 0 {
            unlink(draft)
            throw .runtimeDirectory(path: directory, reason: errorText(failure))
        }
    }

    private static func makeDirectories(_ directory: String) throws(RuntimeAPIError) {
        var path = directory.hasPrefix("/") ? "" : "."
        for part in directory.split(separator: "/") {
            path += "/\(part)"
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
                throw .runtimeDirectory(path: directory, reason: errorText(errno))
            }
        }
    }
}
