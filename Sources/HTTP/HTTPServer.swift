/// Serves HTTP/1.1 on an event loop. Costs nothing but its listener while nobody is connected.
package final class HTTPServer: @unchecked Sendable {
    /// - Parameter handler: runs on the loop for each request; answers through the responder, then or later.
    package init(
        loop: EventLoop, limits: HTTPLimits = HTTPLimits(),
        handler: @escaping @Sendable (HTTPRequest, HTTPResponder) -> Void
    ) { fatalError("pending") }

    /// Starts to listen; from any thread, also before the loop is started.
    ///
    /// - Parameters:
    ///   - host: an address or a name that resolves.
    ///   - port: 0 lets the kernel choose.
    /// - Returns: the port.
    package func listen(host: String, port: UInt16) throws(HTTPError) -> UInt16 { fatalError("pending") }

    /// Closes the listeners and idle connections; requests under way are answered and their connections closed.
    package func stopAccepting() { fatalError("pending") }

    /// Calls the action, on the loop, once no request is under way.
    package func drained(_ action: @escaping @Sendable () -> Void) { fatalError("pending") }

    /// Closes everything at once. Parked requests see their client leave.
    package func close() { fatalError("pending") }
}
