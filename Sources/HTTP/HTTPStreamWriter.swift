import Synchronization

/// An answer that is written piece by piece while the request lasts: HTTP/1.1 chunks or HTTP/2 DATA frames.
///
/// Confined to the loop of its server: every entry point has `precondition(loop.isCurrent)`. A writer that is let go
/// before `finish` cuts its answer off in a way that the client sees. Once the client has left, writing does nothing.
/// A writer of a recording responder has no loop, and belongs to one thread at a time.
package final class HTTPStreamWriter: @unchecked Sendable {
    enum Way {
        case connection(HTTPConnection, request: UInt64)
        case http2(HTTP2Stream)
        case recording(RecordedStream)
    }

    /// From here on `write` asks to wait for `onDrain`: 256 KiB.
    package static let highWaterBytes = 256 * 1024
    /// Down to here the client must have read before `onDrain` is called: 64 KiB.
    package static let lowWaterBytes = 64 * 1024

    private let way: Way
    private var isFinished = false

    init(_ way: Way) { self.way = way }

    deinit {
        if isFinished { return }
        // The last user may be on any thread.
        switch way {
        case .connection(let connection, let request): connection.abandonStream(of: request)
        case .http2(let stream): stream.connection.abandon(stream)
        case .recording: break
        }
    }

    /// Sends the bytes on at once, as far as the client takes them, and keeps the rest.
    ///
    /// - Returns: whether to go on writing; false at `highWaterBytes`, then `onDrain` says when to go on. What is
    ///   written all the same is kept, up to `HTTPLimits.streamBytesMax`; beyond that the client is given up.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool { write(bytes[...]) }

    @discardableResult
    package func write(_ bytes: ArraySlice<UInt8>) -> Bool {
        precondition(!isFinished, "a finished answer takes no more bytes")
        switch way {
        case .connection(let connection, let request): return connection.writeToStream(bytes, of: request)
        case .http2(let stream): return stream.connection.write(bytes, to: stream)
        case .recording(let stream): return stream.write(bytes)
        }
    }

    /// Ends the answer; what is still kept is sent. Nothing may be written after it; a second call does nothing.
    package func finish() {
        if isFinished { return }
        isFinished = true
        switch way {
        case .connection(let connection, let request): connection.finishStream(of: request)
        case .http2(let stream): stream.connection.finish(stream)
        case .recording(let stream): stream.finish()
        }
    }

    /// Bytes that the client's socket has not taken yet; 0 once the client has left.
    package var pendingBytes: Int {
        switch way {
        case .connection(let connection, let request): connection.pendingBytes(of: request)
        case .http2(let stream): stream.pending.count
        case .recording(let stream): stream.pendingBytes
        }
    }

    /// Calls the action each time the client has read down to `lowWaterBytes` after `write` returned false. Replaces an
    /// earlier action; runs on the loop, never inside of `write`.
    package func onDrain(_ action: @escaping @Sendable () -> Void) {
        switch way {
        case .connection(let connection, let request): connection.setDrainAction(action, for: request)
        case .http2(let stream): if stream.state != .closed { stream.drainAction = action }
        case .recording(let stream): stream.setDrainAction(action)
        }
    }

    /// Calls the action once if the client leaves before `finish`, at once if it left already. Replaces an earlier
    /// action, also that of the responder. A client that closes its sending half counts as gone, as for long polls.
    package func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        if isFinished { return }
        switch way {
        case .connection(let connection, let request): connection.setDisconnectAction(action, for: request)
        case .http2(let stream): stream.connection.setDisconnectAction(action, for: stream)
        case .recording(let stream): stream.setDisconnectAction(action)
        }
    }

    /// False once the client is known to have left.
    package var isConnected: Bool {
        switch way {
        case .connection(let connection, _): connection.isConnected.load(ordering: .relaxed)
        case .http2(let stream): stream.isConnected.load(ordering: .relaxed)
        case .recording(let stream): stream.isConnected
        }
    }
}
