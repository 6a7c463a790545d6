import Glibc

/// A blocking loopback TCP connection.
final class Socket {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    static func connect(host: String = "127.0.0.1", port: UInt16) throws(BenchError) -> Socket {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = try loopback(host, port)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw .system("connect to \(host):\(port)")
        }
        return Socket(descriptor: descriptor)
    }

    /// Listens on a free port and hands over the descriptor and the port.
    static func listen() throws(BenchError) -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = try loopback("127.0.0.1", 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                (raw: UnsafeMutablePointer<sockaddr>) in
                bind(descriptor, raw, length) == 0 && Glibc.listen(descriptor, 16) == 0
                    && getsockname(descriptor, raw, &length) == 0
            }
        }
        guard code else { throw .system("listen") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private static func loopback(_ host: String, _ port: UInt16) throws(BenchError) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            throw BenchError("\(host) is no address")
        }
        return address
    }

    func write(_ bytes: [UInt8]) throws(BenchError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                send(
                    descriptor, raw.baseAddress?.advanced(by: sent), raw.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw .system("send") }
            sent += count
        }
    }

    /// Reads what is there into the buffer, from `offset`; 0 at the end of the stream.
    func read(into buffer: inout [UInt8], at offset: Int) throws(BenchError) -> Int {
        let count = buffer.withUnsafeMutableBytes { raw in
            recv(descriptor, raw.baseAddress?.advanced(by: offset), raw.count - offset, 0)
        }
        guard count >= 0 else { throw .system("receive") }
        return count
    }
}
