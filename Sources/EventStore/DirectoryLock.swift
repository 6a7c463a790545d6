import Glibc

/// Keeps a second daemon off a data directory; the kernel lets go of it however the process ends.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// Creates the directory with its parents when it is not there, and takes its lock.
    ///
    /// - Throws: `.locked`, `.readOnly`, `.full`, `.io`.
    init(directory: String) throws(StoreError) {
        try DirectoryLock.makeDirectory(directory)
        let path = directory + "/lock"
        // Handlers must not inherit it, they would keep the lock.
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw .system(errno, path: path) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            defer { Glibc.close(opened) }
            guard code == EWOULDBLOCK else { throw .system(code, path: path) }
            throw .locked(directory: directory, pid: DirectoryLock.pid(in: opened))
        }
        descriptor = opened
        try writePID(path)
    }

    deinit { Glibc.close(descriptor) }

    private func writePID(_ path: String) throws(StoreError) {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            throw .system(errno, path: path)
        }
    }

    private static func pid(in descriptor: Int32) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes.prefix(count).prefix { $0 != 10 }, as: UTF8.self))
    }

    private static func makeDirectory(_ directory: String) throws(StoreError) {
        var path = directory.hasPrefix("/") ? "/" : ""
        for part in directory.split(separator: "/") {
            path += (path.isEmpty || path.hasSuffix("/") ? "" : "/") + part
            if mkdir(path, 0o755) != 0 {
                let code = errno
                var status = stat()
                let isThere = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
                guard isThere else { throw .system(code == EEXIST ? ENOTDIR : code, path: path) }
            }
        }
    }
}
