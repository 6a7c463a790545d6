import Glibc

/// Whole files by path.
enum Files {
    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw HarnessError("cannot write \(path): \(reason)") }
        let bytes = Array(text.utf8)
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count else {
            throw HarnessError("cannot write \(path): \(reason)")
        }
    }

    /// The bytes from an offset on; none for a file that is not there yet.
    static func bytes(_ path: String, from offset: Int = 0) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        fseek(file, offset, SEEK_SET)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var count = fread(&chunk, 1, chunk.count, file)
        while count > 0 {
            bytes += chunk[..<count]
            count = fread(&chunk, 1, chunk.count, file)
        }
        return bytes
    }

    static func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }

    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o755) == 0 else { throw HarnessError("cannot make \(path): \(reason)") }
    }

    /// Names in a folder, sorted, without `.` and `..`.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file or a folder with all it holds. What cannot be removed stays: the system clears its folder.
    static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in names(in: path) { remove("\(path)/\(name)") }
        rmdir(path)
    }

    static var reason: String { String(cString: strerror(errno)) }
}

/// A folder of its own for one test, removed when the test lets go of it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let template = strdup("/tmp/millrace-e2e-XXXXXX")
        defer { free(template) }
        guard let template, let made = mkdtemp(template) else {
            throw HarnessError("no temporary folder: \(Files.reason)")
        }
        path = String(cString: made)
    }

    deinit { Files.remove(path) }
}
