import Glibc

/// Why the event loop or a server could not do what it was told.
package enum HTTPError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel refused a call that should work, mostly for want of descriptors or memory.
    case system(call: String, code: Int32)
    /// The host is no address and no name that resolves.
    case unknownHost(String)
    /// Listening failed: in use, not ours, or not allowed.
    case cannotListen(host: String, port: UInt16, code: Int32)

    package var description: String {
        switch self {
        case .system(let call, let code):
            "The system call \(call) failed: \(Self.message(code))."
        case .unknownHost(let host):
            "\"\(host)\" is neither an address nor a name that resolves to one."
        case .cannotListen(let host, let port, let code) where code == EADDRINUSE:
            "Port \(port) of \(host) is in use (\(Self.message(code))). Stop what listens there or choose another port."
        case .cannotListen(let host, let port, let code):
            "Cannot listen on port \(port) of \(host): \(Self.message(code))."
        }
    }

    private static func message(_ code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}
