import Glibc
import Synchronization

/// Ctrl-C for the verbs of the command line: the first asks for an orderly end, the second ends at once.
enum Interruption {
    private static let flag = Atomic<Bool>(false)

    static var wasAskedFor: Bool { flag.load(ordering: .relaxed) }

    static func watch() {
        let handler: @Sendable @convention(c) (Int32) -> Void = { _ in
            // Only what is safe in a signal handler: one atomic, and the way out.
            if Interruption.flag.exchange(true, ordering: .relaxed) { _exit(130) }
        }
        signal(SIGINT, handler)
        signal(SIGTERM, handler)
    }
}
