// Optimized builds count sigset_t to the shim, which includes its header too.
import CShim
import Glibc

/// `millrace serve`: the daemon.
enum ServeCommand {
    /// Runs until a signal ends it. The result is the exit code of the process.
    static func run(_ arguments: [String]) -> Int32 {
        let configuration: ServeConfiguration
        do throws(UsageError) {
            switch try ServeConfiguration.read(
                arguments: arguments, environment: ProcessEnvironment.variables)
            {
            case .help(let text):
                StandardOutput.write(text)
                return 0
            case .serve(let read): configuration = read
            }
        } catch {
            StandardError.write("millrace serve: \(error)\n")
            return 2
        }
        // Events and bodies of megabytes come and go; without this each of them is mapped and unmapped anew.
        millrace_tune_malloc()
        let raised = millrace_raise_descriptor_limit()
        if raised < 0 {
            StandardError.write(
                "millrace: the limit of open files cannot be raised (\(String(cString: strerror(-raised))))\n"
            )
        }
        // Before any thread exists, so that all of them inherit it and only this one takes the signals.
        let signals = SignalSet(SIGTERM, SIGINT)
        signals.block()
        signal(SIGPIPE, SIG_IGN)
        do throws(DaemonError) {
            let daemon = try Daemon(configuration)
            try daemon.start()
            StandardOutput.write(daemon.readyLine)
            signals.wait()
            StandardError.write("millrace: draining; a second signal ends at once\n")
            daemon.drain(timeout: configuration.drainTimeout) { code in exit(code) }
            signals.wait()
            daemon.killHandlers()
            _exit(130)
        } catch {
            StandardError.write("millrace serve: \(error)\n")
            return 1
        }
    }
}

/// Signals that one thread waits for while every other ignores them.
struct SignalSet {
    private var set = sigset_t()

    init(_ signals: Int32...) {
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
    }

    func block() {
        var copy = set
        pthread_sigmask(SIG_BLOCK, &copy, nil)
    }

    /// Waits for the next of them.
    func wait() {
        var copy = set
        var number: Int32 = 0
        while sigwait(&copy, &number) != 0 {}
    }
}
