import Glibc

/// What a function host is told at start; the defaults are the documented ones.
package struct FunctionHostConfiguration: Sendable {
    /// Invocations at once over all functions, Lambda's account limit (1,000 there; a laptop starts smaller).
    package var concurrencyLimit = 100
    /// Length of the init phase before it is started again under the function's timeout (invocation.md §6).
    package var initTimeout = Duration.seconds(10)
    /// How long an idle environment is kept warm (our own bound; Lambda does not promise one).
    package var idleTimeout = Duration.seconds(600)
    /// From SIGTERM to SIGKILL at shutdown (our own; Lambda gives a runtime 300 ms).
    package var terminationGrace = Duration.milliseconds(300)
    /// Environments that may be in their init phase at once, so that a burst does not time all of them out.
    package var simultaneousStarts = 8
    /// Where the runtime clients are written; made if missing. Absolute.
    package let runtimeDirectory: String
    /// `AWS_ENDPOINT_URL` for handlers: `http://127.0.0.1:4566`.
    package let endpointURL: String
    /// What handlers sign with; any pair does while the daemon verifies nothing.
    package var accessKey = "test"
    package var secretKey = "test"
    /// What handlers get of the daemon's own environment, nothing else; `PATH` also finds interpreters.
    package var inheritedEnvironment: [String: String]

    package init(runtimeDirectory: String, endpointURL: String) {
        self.runtimeDirectory = runtimeDirectory
        self.endpointURL = endpointURL
        inheritedEnvironment = FunctionHostConfiguration.basicEnvironment()
    }

    /// `PATH` and `LD_LIBRARY_PATH` of this process.
    private static func basicEnvironment() -> [String: String] {
        var basic: [String: String] = [:]
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let value = getenv(name) { basic[name] = String(cString: value) }
        }
        return basic
    }
}

/// Why a function host could not start.
package enum RuntimeAPIError: Error, Equatable, CustomStringConvertible {
    case runtimeDirectory(path: String, reason: String)
    case system(call: String, code: Int32)

    package var description: String {
        switch self {
        case .runtimeDirectory(let path, let reason):
            "The runtime directory \(path) cannot be written: \(reason)."
        case .system(let call, let code): "The call \(call) failed: \(errorText(code))."
        }
    }
}
