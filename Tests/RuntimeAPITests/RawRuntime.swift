import Dispatch
import Glibc
import Testing

/// A runtime made of one blocking socket: says exactly what a test wants said, right or wrong.
///
/// What waits does so on a queue of its own, because tests share a few threads. `@unchecked`: a test makes one call
/// at a time.
final class RawRuntime: @unchecked Sendable {
    struct Answer: Equatable {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
        var requestID: String { headers["lambda-runtime-aws-request-id"] ?? "" }
    }

    /// A bootstrap that only tells where its Runtime API is; the test plays the runtime.
    static let bootstrap = "#!/bin/sh\necho \"API $AWS_LAMBDA_RUNTIME_API\"\nexec sleep 1000\n"

    private let socket: Int32
    /// A number closed twice would be somebody else's the second time.
    private var isOpen = true
    private var buffer: [UInt8] = []
    private let queue = DispatchQueue(label: "raw-runtime")

    /// - Parameter address: `127.0.0.1:port`.
    init(_ address: String) throws {
        let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        target.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(socket)
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    func sendNext() { send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n") }

    func next() async throws -> Answer {
        sendNext()
        return try await receive()
    }

    func post(_ path: String, _ body: [UInt8], headers: String = "") async throws -> Answer {
        let head =
            "POST /2018-06-01/runtime\(path) HTTP/1.1\r\nHost: x\r\n\(headers)Content-Length: \(body.count)\r\n\r\n"
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                send(Array(head.utf8) + body)
                continuation.resume()
            }
        }
        return try await receive()
    }

    func respond(_ requestID: String, _ body: String) async throws -> Answer {
        try await post("/invocation/\(requestID)/response", Array(body.utf8))
    }

    func receive() async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in continuation.resume(with: Result { try receiveBlocking() }) }
        }
    }

    private func receiveBlocking() throws -> Answer {
        let separator = Array("\r\n\r\n".utf8)
        while buffer.firstRange(of: separator) == nil { try fill() }
        let end = try #require(buffer.firstRange(of: separator))
        let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while buffer.count < end.upperBound + length { try fill() }
        let body = Array(buffer[end.upperBound..<(end.upperBound + length)])
        buffer.removeFirst(end.upperBound + length)
        let status = lines[0].split(separator: " ")[1]
        return Answer(status: Int(status) ?? 0, headers: headers, body: body)
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = chunk.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
        try #require(count > 0, "the server closed the connection")
        buffer.append(contentsOf: chunk[..<count])
    }
}
