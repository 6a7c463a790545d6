import CNGHTTP2
import Glibc

/// One client that speaks HTTP/2 in clear text, known by the preface it sent first. nghttp2 knows the protocol.
///
/// Nothing of ours runs inside of a call of the library but the callbacks of `HTTP2Callbacks`, which only note what
/// happened; handlers run when the library has returned, so they may answer and close as they like.
///
/// `@unchecked Sendable`: confined to `loop`; every entry point from outside goes there or has
/// `precondition(loop.isCurrent)`.
final class HTTP2Connection: ServerConnection, @unchecked Sendable {
    enum Phase {
        case open
        /// Everything is sent; reads and forgets, so that the client gets to see it.
        case lingering
        case closed
    }

    /// What a client sends first (RFC 9113 §3.4).
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// How much is taken from the library before the socket took what came earlier.
    static let outputBytesMax = 256 * 1024
    /// How much of one body may be on its way to us: 1 MiB; of all bodies of a connection: 16 MiB.
    static let streamWindowBytes: UInt32 = 1024 * 1024
    static let connectionWindowBytes: Int32 = 16 * 1024 * 1024

    let socket: Int32
    let loop: EventLoop
    let server: HTTPServer
    let peer: PeerAddress

    var phase = Phase.open
    /// nil once closed.
    var session: OpaquePointer?
    var streams: [Int32: HTTP2Stream] = [:]
    var output = OutputQueue()
    /// When the socket last took something while more is waiting.
    var outputTime: Int64 = 0
    var idleTime: Int64 = 0
    var lingeredBytes = 0
    private(set) var deadline = Int64.max
    /// Streams whose writers wait for room.
    var drainWaiters: [HTTP2Stream] = []
    /// Answers wait for the end of the round, so that they leave together.
    var isGathering = false

    // What the callbacks noted.
    var isInLibrary = false
    var ready: [HTTP2Stream] = []
    var ended: [HTTP2Stream] = []
    var refusals: [Int] = []

    init(socket: Int32, peer: PeerAddress, server: HTTPServer) {
        self.socket = socket
        self.peer = peer
        self.server = server
        loop = server.loop
    }

    deinit {
        // Reached with an open socket only if the loop ended first.
        if phase != .closed { Glibc.close(socket) }
        if let session { nghttp2_session_del(session) }
    }

    /// Starts to speak.
    ///
    /// - Parameter bytes: what came in so far, from the preface on.
    func open(with bytes: [UInt8]) throws(HTTPError) {
        precondition(loop.isCurrent, "a connection belongs to its loop")
        var session: OpaquePointer?
        let context = Unmanaged.passUnretained(self).toOpaque()
        let code = nghttp2_session_server_new2(
            &session, HTTP2Callbacks.table, context, HTTP2Callbacks.options)
        guard code == 0 else { throw .system(call: "nghttp2_session_server_new2", code: ENOMEM) }
        self.session = session
        try loop.watch(socket, [.readable, .readClosed]) { [self] in handle($0) }
        sendSettings()
        idleTime = loop.wakeTime
        noteIdle()
        bytes.withUnsafeBufferPointer { feed($0) }
    }

    private func sendSettings() {
        var settings: [nghttp2_settings_entry] = []
        func add(_ id: nghttp2_settings_id, _ value: UInt32) {
            settings.append(nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: value))
        }
        add(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, UInt32(server.limits.streamsMax))
        add(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, Self.streamWindowBytes)
        add(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(server.limits.headBytesMax))
        // Nobody sends priorities any more, and a tree of them costs memory.
        add(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1)
        let code = nghttp2_submit_settings(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
        precondition(code == 0, "settings of ours are valid: error \(code)")
        let window = nghttp2_session_set_local_window_size(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Self.connectionWindowBytes)
        precondition(window == 0, "a window of ours is valid: error \(window)")
    }

    /// Closes the socket and tells whoever waits on behalf of this client.
    func close() {
        precondition(loop.isCurrent, "a connection belongs to its loop")
        precondition(!isInLibrary, "callbacks close nothing")
        if phase == .closed { return }
        if phase == .open { sayGoodbye() }
        phase = .closed
        loop.unwatch(socket)
        Glibc.close(socket)
        nghttp2_session_del(session)
        session = nil
        output.removeAll()
        drainWaiters = []
        let left = streams.values
        streams = [:]
        for stream in left { end(stream) }
        server.remove(self)
        tellEnded()
    }

    /// Tells the client that the connection ends, if its socket takes it at once.
    private func sayGoodbye() {
        let code = nghttp2_session_terminate_session(session, UInt32(NGHTTP2_NO_ERROR.rawValue))
        // Whoever is gone or does not read misses nothing but the goodbye.
        if code == 0, fill() != nil { _ = output.write(to: socket) }
    }

    func drain() {
        if phase != .open { return }
        let last = nghttp2_session_get_last_proc_stream_id(session)
        let code = nghttp2_submit_goaway(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, UInt32(NGHTTP2_NO_ERROR.rawValue), nil, 0)
        // Only for want of memory.
        if code == 0 { pump() } else { close() }
    }
}

// MARK: - Deadlines

extension HTTP2Connection {
    /// Sees to it that `deadlineExpired` is called soon after the time.
    func note(_ time: Int64) {
        if time >= deadline { return }
        deadline = time
        server.noteDeadline(time)
    }

    func noteIdle() {
        if let idle = server.idleNanoseconds { note(idleTime + idle) }
    }

    func deadlineExpired() {
        precondition(loop.isCurrent, "a connection belongs to its loop")
        deadline = .max
        let now = loop.wakeTime
        if phase == .lingering || (!output.isEmpty && outputTime + server.writeNanoseconds <= now) {
            close()
            return
        }
        if !output.isEmpty { note(outputTime + server.writeNanoseconds) }
        if streams.isEmpty, let idle = server.idleNanoseconds {
            if idleTime + idle <= now { drain() } else { note(idleTime + idle) }
        }
        for stream in Array(streams.values) { look(at: stream, now) }
        pump()
    }

    private func look(at stream: HTTP2Stream, _ now: Int64) {
        if stream.isRequestOpen {
            if stream.startTime + server.requestNanoseconds > now {
                note(stream.startTime + server.requestNanoseconds)
            } else if stream.state == .receiving {
                stream.startTime = now
                note(now + server.requestNanoseconds)
                refuse(stream, .timedOut)
            } else {
                reset(stream, NGHTTP2_CANCEL)
                return
            }
        }
        if !stream.pending.isEmpty {
            if stream.progressTime + server.writeNanoseconds > now {
                note(stream.progressTime + server.writeNanoseconds)
            } else {
                reset(stream, NGHTTP2_CANCEL)
            }
        }
    }
}
