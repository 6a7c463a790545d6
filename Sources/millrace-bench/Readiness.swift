import CShim
import Glibc

/// Which of many sockets have something to read: `poll` would look at all of them each time.
final class Readiness {
    private let descriptor: Int32
    private var events = [millrace_event](repeating: millrace_event(), count: 256)

    init() throws(BenchError) {
        descriptor = millrace_epoll_create()
        guard descriptor >= 0 else { throw BenchError("no epoll: \(String(cString: strerror(-descriptor)))") }
    }

    deinit { close(descriptor) }

    /// - Parameter token: What `wait` names the socket by.
    func add(_ socket: Socket, token: Int) throws(BenchError) {
        let code = millrace_epoll_control(
            descriptor, EPOLL_CTL_ADD, socket.descriptor, EPOLLIN.rawValue, UInt64(token))
        guard code >= 0 else { throw BenchError("epoll: \(String(cString: strerror(-code)))") }
    }

    /// The tokens of sockets that can be read, at most 256; none when nothing came in time.
    func wait(seconds: Double) throws(BenchError) -> [Int] {
        let count = millrace_epoll_wait(descriptor, &events, 256, Int64(seconds * 1_000_000_000))
        guard count >= 0 else { throw BenchError("epoll: \(String(cString: strerror(-count)))") }
        return events[..<Int(count)].map { Int($0.token) }
    }
}
