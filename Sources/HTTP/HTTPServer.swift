import CShim
import Glibc

/// Serves HTTP/1.1, and HTTP/2 in clear text with prior knowledge, on an event loop. Costs nothing but its listener while nobody is connected.
///
/// The loop keeps a listening server alive until `stopAccepting` or `close`.
/// `@unchecked Sendable`: all that changes is confined to `loop`; entry points from other threads go there first.
package final class HTTPServer: @unchecked Sendable {
    /// How many connections one wake-up accepts, so that others get their turn.
    private static let acceptedAtOnce = 64
    /// How long to wait for descriptors or memory to come free before accepting again.
    private static let acceptPause = Duration.milliseconds(100)
    /// Deadlines are seen at most this late, 0.5 s, for the sake of few wake-ups.
    private static let sweepSlackNanoseconds: Int64 = 500_000_000
    /// Sweeps are at least this far apart: 0.1 s.
    private static let sweepIntervalNanoseconds: Int64 = 100_000_000

    let loop: EventLoop
    let limits: HTTPLimits
    let handler: @Sendable (HTTPRequest, HTTPResponder) -> Void
    let requestNanoseconds: Int64
    let writeNanoseconds: Int64
    let idleNanoseconds: Int64?

    // Confined to the loop from here on.
    /// Called with the status when a request is refused before the handler could see it. Set before listening.
    package var onRefusal: ((_ status: Int) -> Void)?
    private(set) var isDraining = false
    /// The sum of what the connections hold of incomplete requests.
    var heldBytes = 0
    private var listeners: [Int32] = []
    private var isAcceptingPaused = false
    private var connections: [Int32: any ServerConnection] = [:]
    private var drainActions: [@Sendable () -> Void] = []
    /// When the connections' deadlines are looked at next; `Int64.max` for never.
    private var sweepTime = Int64.max
    private var sweepTimer: TimerToken?

    /// - Parameter handler: runs on the loop for each request; answers through the responder, then or later.
    package init(
        loop: EventLoop, limits: HTTPLimits = HTTPLimits(),
        handler: @escaping @Sendable (HTTPRequest, HTTPResponder) -> Void
    ) {
        self.loop = loop
        self.limits = limits
        self.handler = handler
        requestNanoseconds = limits.requestTimeout.nanosecondsFromZero
        writeNanoseconds = limits.writeTimeout.nanosecondsFromZero
        idleNanoseconds = limits.idleTimeout?.nanosecondsFromZero
    }

    /// Starts to listen; from any thread, also before the loop is started.
    ///
    /// - Parameters:
    ///   - host: an address or a name that resolves.
    ///   - port: 0 lets the kernel choose.
    /// - Returns: the port.
    @discardableResult
    package func listen(host: String, port: UInt16) throws(HTTPError) -> UInt16 {
        let (socket, port) = try ListeningSocket.open(host: host, port: port)
        onLoop { [self] in startAccepting(socket) }
        return port
    }

    /// Closes the listeners and idle connections; requests under way are answered and their connections closed.
    package func stopAccepting() {
        onLoop { [self] in
            isDraining = true
            closeListeners()
            for connection in Array(connections.values) { connection.drain() }
            checkDrained()
        }
    }

    /// Calls the action, on the loop, once `stopAccepting` was called and the last connection is gone.
    package func drained(_ action: @escaping @Sendable () -> Void) {
        onLoop { [self] in
            drainActions.append(action)
            checkDrained()
        }
    }

    /// Closes everything at once. Parked requests see their client leave.
    package func close() {
        onLoop { [self] in
            isDraining = true
            closeListeners()
            for connection in Array(connections.values) { connection.close() }
            checkDrained()
        }
    }

    private func onLoop(_ work: @escaping @Sendable () -> Void) {
        if loop.isCurrent { work() } else { loop.execute(work) }
    }

    private func checkDrained() {
        guard isDraining, connections.isEmpty else { return }
        let actions = drainActions
        drainActions = []
        for action in actions { action() }
    }
}

// MARK: - Accepting

extension HTTPServer {
    private func startAccepting(_ socket: Int32) {
        if isDraining {
            Glibc.close(socket)
            return
        }
        do {
            try loop.watch(socket, .readable) { [self] _ in accept(from: socket) }
            listeners.append(socket)
        } catch {
            // The kernel has no memory for one more entry: the port closes, and clients see that it does.
            Glibc.close(socket)
        }
    }

    private func accept(from listener: Int32) {
        for _ in 0..<Self.acceptedAtOnce {
            guard connections.count < limits.connectionsMax else {
                pauseAccepting()
                return
            }
            var address = sockaddr_storage()
            let socket = millrace_accept(listener, &address)
            if socket == -EAGAIN { return }
            if socket == -EMFILE || socket == -ENFILE || socket == -ENOMEM || socket == -ENOBUFS {
                pauseAccepting()
                loop.schedule(after: Self.acceptPause) { [self] in resumeAccepting() }
                return
            }
            // Other errors belong to a client that left while it waited.
            if socket < 0 { continue }
            open(socket, ListeningSocket.peer(address))
        }
    }

    private func open(_ socket: Int32, _ peer: PeerAddress) {
        let connection = HTTPConnection(socket: socket, peer: peer, server: self)
        do {
            connections[socket] = connection
            try connection.open()
        } catch {
            // No memory in the kernel: for this client it looks like a server that is too busy. `deinit` closes.
            connections[socket] = nil
        }
    }

    private func pauseAccepting() {
        isAcceptingPaused = true
        for listener in listeners { loop.change(listener, []) }
    }

    private func resumeAccepting() {
        guard isAcceptingPaused else { return }
        isAcceptingPaused = false
        for listener in listeners { loop.change(listener, .readable) }
    }

    private func closeListeners() {
        for listener in listeners {
            loop.unwatch(listener)
            Glibc.close(listener)
        }
        listeners = []
    }

    /// A client turned out to speak HTTP/2: the same socket with somebody else behind it.
    func replace(_ connection: HTTPConnection, with bytes: [UInt8]) {
        let successor = HTTP2Connection(socket: connection.socket, peer: connection.peer, server: self)
        do {
            connections[connection.socket] = successor
            try successor.open(with: bytes)
        } catch {
            // No memory: the client sees the end of its connection. `deinit` closes.
            connections[connection.socket] = nil
            checkDrained()
        }
    }

    func remove(_ connection: some ServerConnection) {
        connections[connection.socket] = nil
        resumeAccepting()
        checkDrained()
    }
}

// MARK: - Deadlines

extension HTTPServer {
    /// Sees to it that a sweep comes soon after the deadline.
    func noteDeadline(_ deadline: Int64) {
        if deadline >= sweepTime - Self.sweepSlackNanoseconds { return }
        scheduleSweep(deadline)
    }

    private func scheduleSweep(_ time: Int64) {
        if let sweepTimer { loop.cancel(sweepTimer) }
        sweepTime = max(time, loop.wakeTime + Self.sweepIntervalNanoseconds)
        sweepTimer = loop.schedule(after: .nanoseconds(sweepTime - loop.wakeTime)) { [self] in sweep() }
    }

    private func sweep() {
        sweepTimer = nil
        sweepTime = .max
        let now = loop.wakeTime
        var next = Int64.max
        for connection in Array(connections.values) {
            if connection.deadline <= now { connection.deadlineExpired() }
            next = min(next, connection.deadline)
        }
        if next < .max { scheduleSweep(min(next, sweepTime)) }
    }
}
