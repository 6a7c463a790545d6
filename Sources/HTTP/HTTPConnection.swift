import Glibc
import Synchronization

/// One client: reads its requests one at a time, hands them on, writes the answers in the same order.
///
/// A request that follows while one is being answered waits in `pending`, and in the socket once `pending` is full,
/// so that a client which sends without reading slows itself down.
///
/// `@unchecked Sendable`: confined to `loop`; every entry point from outside goes there or has
/// `precondition(loop.isCurrent)`. `isConnected` is atomic.
final class HTTPConnection: ServerConnection, @unchecked Sendable {
    enum Phase: Equatable {
        /// Reading a request or waiting for one.
        case receiving
        /// A handler has the request.
        case handling(Exchange)
        /// The answer is being written piece by piece.
        case streaming(Exchange)
        /// The answer does not fit into the socket yet.
        case sending(closesAfter: Bool)
        /// The last answer is written; reads and forgets, so that the client gets to see it.
        case lingering
        case closed

        /// The request that is being answered, if any.
        var request: UInt64? {
            switch self {
            case .handling(let exchange), .streaming(let exchange): exchange.request
            case .receiving, .sending, .lingering, .closed: nil
            }
        }

        var isStreaming: Bool {
            if case .streaming = self { true } else { false }
        }
    }

    /// What an answer must know of its request.
    struct Exchange: Equatable {
        let request: UInt64
        let keepsAlive: Bool
        let isOldVersion: Bool
        let isHead: Bool
    }

    /// How much of further requests is read while one is answered.
    static let pendingBytesMax = 64 * 1024
    /// How long and how far a refused client is listened to.
    static let lingerTime = Duration.seconds(2)
    static let lingerBytesMax = 16 * 1024 * 1024

    let socket: Int32
    let loop: EventLoop
    let server: HTTPServer
    let peer: PeerAddress
    let isConnected = Atomic(true)

    var phase = Phase.receiving
    var parser: RequestParser
    var output = OutputQueue()
    /// Read while a request was being answered.
    var pending: [UInt8] = []
    /// The client sends nothing more.
    var isReadClosed = false
    /// Answers wait for the end of the round, so that pipelined ones leave together.
    var isConsuming = false
    var requestCount: UInt64 = 0
    var disconnectAction: (@Sendable () -> Void)?
    /// Called when a streamed answer has room again, if `wantsDrain`.
    var drainAction: (@Sendable () -> Void)?
    var wantsDrain = false
    var hasSentContinue = false
    /// What follows cannot be read as requests any more.
    var hasRefused = false
    /// How many requests came before the one whose arrival `deadline` bounds.
    var requestCountOfDeadline = UInt64.max
    /// The beginning of the first request as long as it could be the preface of HTTP/2; nil from then on.
    var firstBytes: [UInt8]? = []
    /// Bytes counted in the server's sum.
    var heldBytes = 0
    var lingeredBytes = 0
    /// When the server gives up waiting for the client, on the loop's monotonic clock; `Int64.max` for never.
    var deadline = Int64.max

    init(socket: Int32, peer: PeerAddress, server: HTTPServer) {
        self.socket = socket
        self.peer = peer
        self.server = server
        loop = server.loop
        parser = RequestParser(limits: server.limits)
    }

    deinit {
        // Reached with an open socket only if the loop ended first.
        if phase != .closed { Glibc.close(socket) }
    }

    func open() throws(HTTPError) {
        try loop.watch(socket, [.readable, .readClosed]) { [self] in handle($0) }
        setDeadline(server.idleNanoseconds)
    }

    private func handle(_ events: PollEvents) {
        if events.contains(.writable), phase != .closed { flush() }
        switch phase {
        case .closed: return
        case .receiving, .lingering:
            if events.contains(.readable) { read() } else if events.contains(.closed) { close() }
        case .handling, .streaming, .sending:
            if events.contains(.closed) {
                close()
            } else if events.contains(.readable), pending.count < Self.pendingBytesMax {
                read()
            } else if events.contains(.readClosed) {
                readingEnded()
            }
        }
    }

    /// Whether nothing would be lost by closing.
    var isIdle: Bool {
        phase == .receiving && parser.isBetweenRequests && pending.isEmpty && output.isEmpty && !isConsuming
    }

    func drain() {
        if isIdle { close() }
    }

    /// Closes the socket and tells whoever waits on behalf of this client.
    func close() {
        precondition(loop.isCurrent, "a connection belongs to its loop")
        if phase == .closed { return }
        phase = .closed
        isConnected.store(false, ordering: .relaxed)
        loop.unwatch(socket)
        Glibc.close(socket)
        output.removeAll()
        drainAction = nil
        pending = []
        countHeldBytes()
        server.remove(self)
        fireDisconnectAction()
    }

    func fireDisconnectAction() {
        guard let action = disconnectAction else { return }
        disconnectAction = nil
        action()
    }

    /// Moves the deadline; nil for never.
    func setDeadline(_ nanosecondsFromNow: Int64?) {
        guard let nanosecondsFromNow else {
            deadline = .max
            return
        }
        deadline = loop.wakeTime + nanosecondsFromNow
        server.noteDeadline(deadline)
    }

    /// Called by the server some time after the deadline.
    func deadlineExpired() {
        switch phase {
        case .receiving where !parser.isBetweenRequests: refuse(.timedOut)
        case .receiving, .sending, .lingering: close()
        case .streaming where !output.isEmpty: close()
        case .handling, .streaming, .closed: deadline = .max
        }
    }

    /// Asks the kernel for what the phase can use.
    func updateInterest() {
        switch phase {
        case .receiving, .lingering: loop.change(socket, isReadClosed ? [] : [.readable, .readClosed])
        case .handling, .streaming:
            // Answers to earlier requests may still be on their way out.
            var events: PollEvents = output.isEmpty ? [] : .writable
            if !isReadClosed {
                events.insert(.readClosed)
                if pending.count < Self.pendingBytesMax { events.insert(.readable) }
            }
            loop.change(socket, events)
        case .sending: loop.change(socket, .writable)
        case .closed: break
        }
    }
}
