/// The way back to one request's client. A responder that is let go without an answer answers 500.
package final class HTTPResponder: Sendable {
    /// A responder that belongs to no connection and hands its answer to a closure: for tests of handlers.
    package init(recording answer: @escaping @Sendable (HTTPResponse) -> Void) { fatalError("pending") }

    /// Answers. From any thread; later calls do nothing. On the loop's thread the answer is written at once.
    package func respond(_ response: HTTPResponse) { fatalError("pending") }

    /// Calls the action if the client leaves before it is answered, at once if it left already. On the loop's thread.
    ///
    /// A client that closes only its sending half counts as gone as soon as an action is set.
    package func onDisconnect(_ action: @escaping @Sendable () -> Void) { fatalError("pending") }

    /// False once the client is known to have left. From any thread.
    package var isConnected: Bool { fatalError("pending") }
}
