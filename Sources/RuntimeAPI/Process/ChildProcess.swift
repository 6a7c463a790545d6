import CShim
import Glibc
import HTTP

/// What is to be started.
struct ChildSpecification {
    /// A path, absolute or relative to nothing: it is not looked up.
    var executable: String
    /// With the name of the program first.
    var arguments: [String]
    var environment: [String: String]
    var directory: String
}

/// Why a process could not be started.
enum ChildError: Error, Equatable, CustomStringConvertible {
    case cannotExecute(path: String, code: Int32)
    case noDirectory(path: String, code: Int32)
    /// Want of descriptors, memory or process slots.
    case system(code: Int32)
    /// The loop or the listener refused.
    case noAddress(HTTPError)

    var description: String {
        switch self {
        case .cannotExecute(let path, let code): "fork/exec \(path): \(errorText(code))"
        case .noDirectory(let path, let code): "chdir \(path): \(errorText(code))"
        case .system(let code): "fork: \(errorText(code))"
        case .noAddress(let error): error.description
        }
    }
}

/// The kernel's words for an error number, in lower case as Lambda prints them.
func errorText(_ code: Int32) -> String {
    let text = String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
}

/// One handler process, leader of its own process group, watched until it has ended and been reaped.
///
/// Confined to the engine loop; `loop` must be the thread that starts it, because the child dies with that thread.
final class ChildProcess {
    let identifier: Int32
    private let loop: EventLoop
    private let pidfd: Int32?
    private var onExit: ((ExitStatus) -> Void)?
    private var hasEnded = false
    /// Greatest resident size, known after the end.
    private(set) var memoryKilobytes: Int64 = 0

    /// Starts the process.
    ///
    /// - Parameters:
    ///   - descriptors: What it gets as 0, 1 and 2; all above 2. The caller closes its own copies.
    ///   - onExit: Called once on the loop when the process has ended; its group has been killed by then.
    init(
        _ child: ChildSpecification, descriptors: (Int32, Int32, Int32), loop: EventLoop,
        onExit: @escaping (ExitStatus) -> Void
    ) throws(ChildError) {
        self.loop = loop
        identifier = try ChildProcess.start(child, descriptors)
        let opened = millrace_pidfd_open(identifier)
        pidfd = opened >= 0 ? opened : nil
        self.onExit = onExit
        guard let pidfd else {
            poll()
            return
        }
        do {
            try loop.watch(pidfd, .readable) { [self] _ in ended() }
        } catch {
            // The descriptor cannot be watched; looking now and then does the same.
            poll()
        }
    }

    /// Sends a signal to the whole group. Does nothing once the leader has been reaped, when its number may be another's.
    func signalGroup(_ signal: Int32) {
        guard !hasEnded else { return }
        _ = kill(-identifier, signal)
    }

    /// Where pidfd_open is missing (kernels before 5.3, some sandboxes).
    private func poll() {
        loop.schedule(after: RuntimeLimits.exitPollInterval) { [self] in
            guard !hasEnded else { return }
            var info = siginfo_t()
            let flags = WEXITED | WNOHANG | WNOWAIT
            if waitid(P_PID, id_t(identifier), &info, flags) == 0 && info.si_signo == 0 {
                poll()
            } else {
                ended()
            }
        }
    }

    private func ended() {
        guard !hasEnded else { return }
        // While the leader is a zombie its number cannot be reused, so this reaches its own group only.
        _ = kill(-identifier, SIGKILL)
        var status: Int32 = 0
        let reaped = millrace_child_reap(identifier, &status, &memoryKilobytes)
        guard reaped != 0 else { return }
        hasEnded = true
        if let pidfd {
            loop.unwatch(pidfd)
            close(pidfd)
        }
        reapGroup(attempt: 1)
        let action = onExit
        onExit = nil
        // A negative answer means that somebody else reaped it, and the status is lost.
        action?(reaped > 0 ? ExitStatus(waitStatus: status) : .signal(SIGKILL))
    }

    /// Members of the group become ours where we are process 1 or a subreaper; they must not stay zombies.
    private func reapGroup(attempt: Int) {
        var status: Int32 = 0
        var memory: Int64 = 0
        var reaped: Int32 = 1
        while reaped > 0 { reaped = millrace_child_reap(-identifier, &status, &memory) }
        guard reaped == 0, attempt < RuntimeLimits.reapAttempts else { return }
        loop.schedule(after: RuntimeLimits.exitPollInterval) { [self] in reapGroup(attempt: attempt + 1) }
    }

    private static func start(
        _ child: ChildSpecification, _ descriptors: (Int32, Int32, Int32)
    ) throws(ChildError) -> Int32 {
        var arguments = child.arguments.map { strdup($0) }
        var environment = child.environment.map { strdup("\($0.key)=\($0.value)") }
        arguments.append(nil)
        environment.append(nil)
        defer { for text in arguments + environment { free(text) } }
        var step: Int32 = 0
        let result = child.executable.withCString { executable in
            child.directory.withCString { directory in
                arguments.withUnsafeBufferPointer { arguments in
                    environment.withUnsafeBufferPointer { environment in
                        var wanted = millrace_child(
                            executable: executable, arguments: arguments.baseAddress,
                            environment: environment.baseAddress, directory: directory,
                            descriptors: descriptors)
                        return millrace_child_start(&wanted, &step)
                    }
                }
            }
        }
        guard result < 0 else { return result }
        switch Int(step) {
        case Int(MILLRACE_CHILD_EXECUTE): throw .cannotExecute(path: child.executable, code: -result)
        case Int(MILLRACE_CHILD_DIRECTORY): throw .noDirectory(path: child.directory, code: -result)
        default: throw .system(code: -result)
        }
    }
}
