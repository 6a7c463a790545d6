import Glibc

/// A program that runs beside the test, its output in two files.
final class ChildProgram {
    enum Ending: Equatable, CustomStringConvertible {
        case code(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .code(let code): "exit code \(code)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    let identifier: pid_t
    private(set) var ending: Ending?

    /// - Parameters:
    ///   - environment: All it gets.
    ///   - output: File for standard output, emptied; `errors` likewise.
    init(
        _ executable: String, _ arguments: [String], environment: [String: String], output: String,
        errors: String
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, errors, flags, 0o644)
        // Sockets of other tests in this process must not stay open in a daemon. Closing what is not open does no harm.
        for descriptor in Int32(3)..<512 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var child = pid_t()
        let code = posix_spawn(&child, executable, &actions, nil, &words, &variables)
        guard code == 0 else {
            throw HarnessError("cannot start \(executable): \(String(cString: strerror(code)))")
        }
        identifier = child
    }

    deinit {
        guard !hasEnded() else { return }
        kill(identifier, SIGKILL)
        var status: Int32 = 0
        waitpid(identifier, &status, 0)
    }

    /// Does nothing once the end has been seen, when the number may be another's.
    func signal(_ number: Int32) {
        if ending == nil { kill(identifier, number) }
    }

    func hasEnded() -> Bool {
        guard ending == nil else { return true }
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return false }
        let signal = status & 0x7f
        ending = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
        return true
    }

    func wait(within limit: Duration = Waiting.patience) throws -> Ending {
        try Waiting.until("process \(identifier) to end", within: limit) { hasEnded() }
        guard let ending else { throw HarnessError("process \(identifier) ended without a status") }
        return ending
    }
}

/// Processes by number, as /proc shows them.
enum ProcessTable {
    /// A zombie counts as gone: it runs no more, and who reaps it depends on where the tests run.
    static func isRunning(_ identifier: Int) -> Bool {
        let text = Files.text("/proc/\(identifier)/stat")
        guard let name = text.lastIndex(of: ")") else { return false }
        let state = text[text.index(after: name)...].drop { $0 == " " }.first
        return state != "Z" && state != "X"
    }
}
