/// Why the event loop or a server could not do what it was told.
package enum HTTPError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel refused a call that should work, mostly for want of descriptors or memory.
    case system(call: String, code: Int32)
    /// The host is no address and no name that resolves.
    case unknownHost(String)
    /// Listening failed: in use, not ours, or not allowed.
    case cannotListen(host: String, port: UInt16, code: Int32)

    package var description: String { fatalError("pending") }
}
