import CShim
import Glibc

/// Sockets that listen, and what addresses look like.
enum ListeningSocket {
    /// Connections that wait to be accepted; the kernel takes the smaller of this and its own limit.
    private static let backlog: Int32 = 4096

    /// Opens a socket that listens; returns the port it got.
    static func open(host: String, port: UInt16) throws(HTTPError) -> (socket: Int32, port: UInt16) {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let list else { throw .unknownHost(host) }
        defer { freeaddrinfo(list) }
        var code: Int32 = 0
        var candidate: UnsafeMutablePointer<addrinfo>? = list
        while let address = candidate {
            let socket = listen(address.pointee)
            if socket >= 0 { return (socket, localPort(socket)) }
            code = -socket
            candidate = address.pointee.ai_next
        }
        throw .cannotListen(host: host, port: port, code: code)
    }

    /// A descriptor, or the negated error.
    private static func listen(_ address: addrinfo) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let socket = Glibc.socket(address.ai_family, type, 0)
        if socket < 0 { return -errno }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, size)
        // Accepted sockets inherit it: answers leave at once.
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
        if bind(socket, address.ai_addr, address.ai_addrlen) == 0, Glibc.listen(socket, backlog) == 0 {
            return socket
        }
        let code = errno
        Glibc.close(socket)
        return -code
    }

    private static func localPort(_ socket: Int32) -> UInt16 {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(socket, $0, &size)
            }
        }
        return peer(address).port
    }

    static func peer(_ address: sockaddr_storage) -> PeerAddress {
        withUnsafeBytes(of: address) { bytes in
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            let isNew = Int32(address.ss_family) == AF_INET6
            // Port at 2 in both; the address at 4, or at 8 behind the flow label.
            let port = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
            inet_ntop(
                Int32(address.ss_family), bytes.baseAddress?.advanced(by: isNew ? 8 : 4), &text,
                socklen_t(text.count))
            let length = text.firstIndex(of: 0) ?? text.count
            let characters = text[..<length].map { UInt8(bitPattern: $0) }
            return PeerAddress(address: String(decoding: characters, as: UTF8.self), port: port)
        }
    }
}
