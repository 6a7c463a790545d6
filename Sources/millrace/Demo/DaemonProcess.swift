import CShim
import Glibc

/// A daemon of this same program, started as a process of its own group.
final class DaemonProcess {
    let pid: pid_t
    let address: String
    let logFile: String

    /// Starts `millrace serve` and waits until it is ready.
    ///
    /// - Parameter logFile: Where its log lines go.
    init(arguments: [String], logFile: String) throws(CommandFailure) {
        self.logFile = logFile
        var ends: (reading: Int32, writing: Int32) = (-1, -1)
        let isPiped = withUnsafeMutableBytes(of: &ends) {
            pipe($0.bindMemory(to: Int32.self).baseAddress) == 0
        }
        guard isPiped else {
            throw CommandFailure("No pipe can be made: \(String(cString: strerror(errno))).")
        }
        defer { close(ends.reading) }
        do {
            pid = try Self.spawn(["millrace", "serve"] + arguments, output: ends.writing, logFile: logFile)
        } catch {
            close(ends.writing)
            throw error
        }
        close(ends.writing)
        let line = Self.firstLine(ends.reading)
        guard let address = line.split(separator: " ").first(where: { $0.hasPrefix("http") }) else {
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            throw CommandFailure(
                "The daemon did not start:\n\(Self.content(logFile))")
        }
        self.address = String(address)
    }

    /// Asks it to drain and waits for its end.
    func stop() {
        kill(pid, SIGTERM)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    }

    private static func spawn(
        _ words: [String], output: Int32, logFile: String
    ) throws(CommandFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(
            &actions, STDERR_FILENO, logFile, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        _ = millrace_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A process group of its own: Ctrl-C in this terminal is for the demo, which then stops the daemon in order.
        _ = millrace_spawn_own_group(&attributes)
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, pointers, environ)
        guard result == 0 else {
            throw CommandFailure("The daemon cannot be started: \(String(cString: strerror(result))).")
        }
        return pid
    }

    /// Up to the first line end, or until the writer is gone.
    private static func firstLine(_ descriptor: Int32) -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 4_096 {
            let count = read(descriptor, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1, byte != UInt8(ascii: "\n") else { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// The end of the log, for a message.
    private static func content(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}

/// A folder for one run.
struct TemporaryFolder {
    let path: String

    init() throws(CommandFailure) {
        var template = Array("/tmp/millrace-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure("No folder can be made in /tmp: \(String(cString: strerror(errno))).")
        }
        path = template.withUnsafeBufferPointer { pointer in
            pointer.baseAddress.map { String(cString: $0) } ?? ""
        }
    }

    /// Removes it with all it holds. What cannot be removed is left, it is in /tmp.
    func remove() { Self.remove(path) }

    private static func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                // A link is removed, never followed.
                if entry.pointee.d_type == UInt8(DT_DIR) {
                    remove("\(path)/\(name)")
                } else {
                    unlink("\(path)/\(name)")
                }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}
