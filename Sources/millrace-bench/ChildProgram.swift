import Glibc

/// A process started by the bench: this same program in another role, or the daemon.
final class ChildProgram {
    let pid: pid_t
    private var isRunning = true

    /// Where this program lies.
    static let ownPath: String = {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    convenience init(arguments: [String]) throws(BenchError) {
        try self.init(path: Self.ownPath, arguments: arguments, output: nil)
    }

    /// Starts a program; `output` is a file that takes both of its outputs.
    init(path: String, arguments: [String], output: String?) throws(BenchError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output {
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        let words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, nil, words, environ)
        guard code == 0 else { throw BenchError("cannot start \(path): \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    deinit { stop() }

    func stop(signal: Int32 = SIGTERM) {
        guard isRunning else { return }
        isRunning = false
        kill(pid, signal)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Waits until the process ends by itself.
    func wait() {
        guard isRunning else { return }
        isRunning = false
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Seconds of processor time that the process has used, user and system.
    var cpuSeconds: Double {
        let fields = readText("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            return 0
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory in MiB.
    var residentMegabytes: Double {
        for line in readText("/proc/\(pid)/status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return (Double(line.split(separator: " ").dropFirst().first ?? "") ?? 0) / 1_024
        }
        return 0
    }
}

/// The text of a small file; empty when it cannot be read.
func readText(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes.append(contentsOf: buffer.prefix(count))
    }
}

func writeText(_ text: String, to path: String) throws(BenchError) {
    guard let file = fopen(path, "w") else { throw .system("write \(path)") }
    defer { fclose(file) }
    guard fputs(text, file) >= 0 else { throw .system("write \(path)") }
}
