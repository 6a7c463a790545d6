import CShim
import Glibc

/// A client that sends exactly the bytes it is told to and waits at most ten seconds for an answer.
final class RawClient {
    struct Response: Equatable {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let socket: Int32
    private var received: [UInt8] = []

    /// - Parameter receiveBuffer: bytes the kernel keeps for us; small for a client that reads slowly.
    init(port: UInt16, receiveBuffer: Int32? = nil) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close(socket) }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// False if the server does not take it all.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var position = 0
        while position < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    socket, $0.baseAddress?.advanced(by: position), bytes.count - position,
                    Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            position += count
        }
        return true
    }

    func closeSendingHalf() { shutdown(socket, Int32(SHUT_WR)) }

    /// Leaves without a goodbye: the server gets a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        // The descriptor stays ours, so that no other test gets its number before `deinit`.
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_UNSPEC)
        _ = connect(socket, &address, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// The next response; nil at the end of the connection or when time is up. Chunks are joined.
    func receive(isHead: Bool = false) -> Response? {
        guard let head = receiveHead() else { return nil }
        if isHead { return head }
        var body: [UInt8] = []
        if head.headers["transfer-encoding"] == "chunked" {
            while true {
                guard let chunk = receiveChunk() else { return nil }
                if chunk.isEmpty { break }
                body += chunk
            }
        } else {
            let length = head.headers["content-length"].flatMap { Int($0) } ?? 0
            while received.count < length { guard fill() else { return nil } }
            body = Array(received[..<length])
            received.removeFirst(length)
        }
        return Response(status: head.status, headers: head.headers, body: body)
    }

    /// The next chunk of a streamed answer, empty for the last; nil at the end of the connection.
    func receiveChunk() -> [UInt8]? {
        guard let line = take(through: [13, 10]) else { return nil }
        guard let length = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) else {
            return nil
        }
        while received.count < length + 2 { guard fill() else { return nil } }
        defer { received.removeFirst(length + 2) }
        return Array(received[..<length])
    }

    /// Whatever comes next; empty at the end of the connection or when time is up.
    func receiveBytes() -> [UInt8] {
        if received.isEmpty { _ = fill() }
        defer { received = [] }
        return received
    }

    /// Everything up to the end of the connection.
    func receiveToEnd() -> [UInt8] {
        while fill() {}
        defer { received = [] }
        return received
    }

    /// The next head without what follows it.
    func receiveHead() -> Response? {
        guard let head = take(through: [13, 10, 13, 10]) else { return nil }
        let lines = String(decoding: head.dropLast(4), as: UTF8.self).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        return Response(status: status, headers: headers, body: [])
    }

    /// Whether the server has closed and nothing is left to read.
    func isAtEnd() -> Bool { received.isEmpty && !fill() }

    private func take(through end: [UInt8]) -> [UInt8]? {
        var place = 0
        while true {
            while place + end.count <= received.count {
                if received[place..<place + end.count].elementsEqual(end) {
                    let count = place + end.count
                    defer { received.removeFirst(count) }
                    return Array(received[..<count])
                }
                place += 1
            }
            guard fill() else { return nil }
        }
    }

    private func fill() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 256 * 1024)
        let count = recv(socket, &bytes, bytes.count, 0)
        if count > 0 { received += bytes[..<count] }
        return count > 0
    }
}
