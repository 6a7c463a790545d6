import Synchronization

/// The way back to one request's client. A responder that is let go without an answer answers 500.
package final class HTTPResponder: Sendable {
    private enum Way: Sendable {
        case connection(HTTPConnection, request: UInt64)
        case http2(HTTP2Stream)
        case recording(Recording)
    }

    /// What a responder without a connection knows.
    private final class Recording: Sendable {
        let answer: @Sendable (HTTPResponse) -> Void
        let stream: (@Sendable (RecordedStream) -> Void)?
        /// nil once the client "left".
        let disconnectActions = Mutex<[@Sendable () -> Void]?>([])

        init(
            answer: @escaping @Sendable (HTTPResponse) -> Void,
            stream: (@Sendable (RecordedStream) -> Void)?
        ) {
            self.answer = answer
            self.stream = stream
        }
    }

    private let way: Way
    private let isAnswered = Atomic(false)

    init(_ connection: HTTPConnection, request: UInt64) {
        way = .connection(connection, request: request)
    }

    init(_ stream: HTTP2Stream) {
        way = .http2(stream)
    }

    /// A responder that belongs to no connection and hands its answer to a closure: for tests of handlers.
    ///
    /// - Parameter stream: gets the streamed answer, as soon as it begins; without it, streaming is a bug.
    package init(
        recording answer: @escaping @Sendable (HTTPResponse) -> Void,
        stream: (@Sendable (RecordedStream) -> Void)? = nil
    ) {
        way = .recording(Recording(answer: answer, stream: stream))
    }

    deinit {
        if isAnswered.load(ordering: .relaxed) { return }
        let text = [UInt8]("The request was let go without an answer.".utf8)
        let response = HTTPResponse(status: 500, body: .bytes(text))
        switch way {
        case .connection(let connection, let request): connection.post(response, to: request)
        case .http2(let stream): stream.connection.post(response, to: stream)
        case .recording: break
        }
    }

    /// Answers. From any thread; later calls do nothing. On the loop's thread the answer is written at once.
    package func respond(_ response: HTTPResponse) {
        if isAnswered.exchange(true, ordering: .relaxed) {
            assertionFailure("a request is answered once")
            return
        }
        switch way {
        case .connection(let connection, let request): connection.post(response, to: request)
        case .http2(let stream): stream.connection.post(response, to: stream)
        case .recording(let recording): recording.answer(response)
        }
    }

    /// Begins an answer that is written piece by piece, and sends its head. Once, instead of `respond`, on the loop.
    ///
    /// The length needs no header: HTTP/1.1 clients get chunks. An action of `onDisconnect` stays in force until the
    /// answer is finished or the writer gets an action of its own. A writer for a client that has left writes nothing.
    package func beginStream(status: Int, headers: [(String, String)] = []) -> HTTPStreamWriter {
        precondition(!isAnswered.exchange(true, ordering: .relaxed), "a request is answered once")
        switch way {
        case .connection(let connection, let request):
            connection.beginStream(status: status, headers: headers, of: request)
            return HTTPStreamWriter(.connection(connection, request: request))
        case .http2(let stream):
            stream.connection.beginStream(status: status, headers: headers, of: stream)
            return HTTPStreamWriter(.http2(stream))
        case .recording(let recording):
            guard let announce = recording.stream else {
                preconditionFailure("this recording responder takes no streams")
            }
            let stream = RecordedStream(RecordedStream.Head(status: status, headers: headers))
            // Its client leaves through `RecordedStream.disconnect`.
            for action in recording.disconnectActions.withLock({ $0 }) ?? [] {
                stream.setDisconnectAction(action)
            }
            announce(stream)
            return HTTPStreamWriter(.recording(stream))
        }
    }

    /// Calls the action if the client leaves before it is answered, at once if it left already. On the loop's thread.
    ///
    /// A client that closes only its sending half counts as gone as soon as an action is set: long polls must not
    /// hand messages to the dead. Without an action such a client still gets its answer.
    package func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        if isAnswered.load(ordering: .relaxed) { return }
        switch way {
        case .connection(let connection, let request): connection.setDisconnectAction(action, for: request)
        case .http2(let stream): stream.connection.setDisconnectAction(action, for: stream)
        case .recording(let recording):
            let isGone = recording.disconnectActions.withLock { actions in
                actions?.append(action)
                return actions == nil
            }
            if isGone { action() }
        }
    }

    /// False once the client is known to have left. From any thread.
    package var isConnected: Bool {
        switch way {
        case .connection(let connection, _): connection.isConnected.load(ordering: .relaxed)
        case .http2(let stream): stream.isConnected.load(ordering: .relaxed)
        case .recording(let recording): recording.disconnectActions.withLock { $0 != nil }
        }
    }

    /// Lets the client of a recording responder leave; for tests of handlers.
    package func disconnect() {
        guard case .recording(let recording) = way else {
            preconditionFailure("a client with a connection leaves by itself")
        }
        let actions = recording.disconnectActions.withLock { actions in
            defer { actions = nil }
            return actions ?? []
        }
        if isAnswered.load(ordering: .relaxed) { return }
        for action in actions { action() }
    }
}
