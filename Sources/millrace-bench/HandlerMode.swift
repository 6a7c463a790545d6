import Glibc

/// A small compiled handler that speaks the Runtime API: answers every event with `null`.
///
/// Started as `bootstrap`. With `MILLRACE_BENCH_LATENCY` set to a file it looks for `t=<nanoseconds>;` in the
/// event and appends the time that has passed since then, in nanoseconds, a line each. With `MILLRACE_BENCH_PAUSE` every
/// answer takes that many milliseconds.
enum HandlerMode {
    static func run() throws(BenchError) {
        guard let address = getenv("AWS_LAMBDA_RUNTIME_API").map({ String(cString: $0) }),
            let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...])
        else { throw BenchError("AWS_LAMBDA_RUNTIME_API is not set to host:port") }
        let latencies = getenv("MILLRACE_BENCH_LATENCY").map { String(cString: $0) }
        let log = try latencies.map { (path) throws(BenchError) in try open(path) }
        let pause = getenv("MILLRACE_BENCH_PAUSE").flatMap { UInt32(String(cString: $0)) }
        var reader = WireReader(socket: try Socket.connect(host: String(address[..<colon]), port: port))
        let next = Array("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: \(address)\r\n\r\n".utf8)
        let prefix = Array("POST /2018-06-01/runtime/invocation/".utf8)
        let rest = Array(
            "/response HTTP/1.1\r\nHost: \(address)\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnull"
                .utf8)
        var answer: [UInt8] = []
        while true {
            try reader.socket.write(next)
            guard let event = try reader.next() else { return }
            if let log { try note(reader, event, log) }
            if let pause { Monotonic.pause(milliseconds: pause) }
            guard let id = reader.value(of: "lambda-runtime-aws-request-id:", in: 0..<event.headEnd)
            else {
                throw BenchError("an event without a request id")
            }
            answer.removeAll(keepingCapacity: true)
            answer.append(contentsOf: prefix)
            answer.append(contentsOf: reader.buffer[id])
            answer.append(contentsOf: rest)
            try reader.socket.write(answer)
            guard try reader.next() != nil else { return }
        }
    }

    private static func open(_ path: String) throws(BenchError) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
        guard descriptor >= 0 else { throw .system("open \(path)") }
        return descriptor
    }

    private static func note(_ reader: WireReader, _ event: WireReader.Message, _ log: Int32)
        throws(BenchError)
    {
        let now = Monotonic.nanoseconds()
        let body = reader.buffer[event.body]
        var index = body.startIndex
        while index + 1 < body.endIndex,
            !(body[index] == UInt8(ascii: "t") && body[index + 1] == UInt8(ascii: "="))
        {
            index += 1
        }
        var sent: UInt64 = 0
        for byte in body[min(index + 2, body.endIndex)...] {
            guard byte >= 48, byte <= 57 else { break }
            sent = sent * 10 + UInt64(byte - 48)
        }
        guard sent > 0 else { return }
        let line = Array("\(now - sent)\n".utf8)
        guard Glibc.write(log, line, line.count) == line.count else { throw .system("write") }
    }
}
