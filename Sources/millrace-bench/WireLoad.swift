import Glibc

/// Keeps a number of connections busy with one prepared request each, from a single thread.
struct WireLoad {
    let port: UInt16
    let connections: Int

    /// Sends `calls` requests in all and returns the seconds from the first to the last answer.
    func run(calls: Int, request: [UInt8]) throws(BenchError) -> Double {
        try run(calls: calls) { _ in request }
    }

    /// - Parameter request: Makes the request of a call, by its number.
    func run(calls: Int, request: (Int) -> [UInt8]) throws(BenchError) -> Double {
        var readers: [WireReader] = []
        for _ in 0..<connections { readers.append(WireReader(socket: try Socket.connect(port: port))) }
        var polls = readers.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
        let start = Monotonic.nanoseconds()
        var sent = 0
        var answered = 0
        for reader in readers where sent < calls {
            try reader.socket.write(request(sent))
            sent += 1
        }
        while answered < calls {
            guard poll(&polls, nfds_t(polls.count), 30_000) > 0 else {
                throw BenchError("no answer for 30 s")
            }
            for index in polls.indices where polls[index].revents != 0 {
                guard let answer = try readers[index].next() else {
                    throw BenchError("the daemon closed a connection")
                }
                guard answer.status == 200 else {
                    let body = String(decoding: readers[index].buffer[answer.body], as: UTF8.self)
                    throw BenchError("status \(answer.status): \(body.prefix(200))")
                }
                answered += 1
                if sent < calls {
                    try readers[index].socket.write(request(sent))
                    sent += 1
                }
            }
        }
        return Monotonic.seconds(since: start)
    }
}

/// A call of the AWS JSON protocols as bytes, unsigned.
enum WireRequest {
    static func json(target: String, version: String = "1.0", body: [UInt8]) -> [UInt8] {
        let head =
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-\(version)\r\n"
            + "X-Amz-Target: \(target)\r\nContent-Length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }

    static func rest(_ method: String, _ path: String, body: String = "") -> [UInt8] {
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n"
        return Array((head + body).utf8)
    }

    /// `SendMessageBatch` of ten messages of `bytes` printable bytes.
    static func sendMessageBatch(queueURL: String, bytes: Int) -> [UInt8] {
        let text = String(repeating: "m", count: bytes)
        let entries = (0..<10).map { #"{"Id":"\#($0)","MessageBody":"\#(text)"}"# }.joined(separator: ",")
        let body = #"{"QueueUrl":"\#(queueURL)","Entries":[\#(entries)]}"#
        return json(target: "AmazonSQS.SendMessageBatch", body: Array(body.utf8))
    }

    /// `PutRecords` of `count` records of `bytes` bytes over many partition keys.
    static func putRecords(stream: String, count: Int, bytes: Int) -> [UInt8] {
        // "eHh4" is base64 for "xxx": a run of it decodes to printable bytes of the wanted length.
        let blocks = String(repeating: "eHh4", count: bytes / 3)
        let tail = bytes % 3 == 0 ? "" : bytes % 3 == 1 ? "eA==" : "eHg="
        var records: [String] = []
        for index in 0..<count {
            records.append(#"{"Data":"\#(blocks)\#(tail)","PartitionKey":"key-\#(index)"}"#)
        }
        let body = #"{"StreamName":"\#(stream)","Records":[\#(records.joined(separator: ","))]}"#
        return json(target: "Kinesis_20131202.PutRecords", version: "1.1", body: Array(body.utf8))
    }
}
