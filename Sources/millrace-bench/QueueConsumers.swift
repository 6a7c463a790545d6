import Glibc

/// Consumers of one queue, each on its own connection: receives ten messages, deletes them, and again.
struct QueueConsumers {
    let port: UInt16
    let connections: Int
    let queueURL: String

    private enum State {
        case receiving
        case deleting(Int)
        case finished
    }

    /// Receives and deletes `messages` messages in all; returns the seconds from the first call to the last answer.
    func run(messages: Int) throws(BenchError) -> Double {
        let receive = WireRequest.receiveMessage(queueURL: queueURL, maximum: 10)
        var readers: [WireReader] = []
        for _ in 0..<connections { readers.append(WireReader(socket: try Socket.connect(port: port))) }
        var states = [State](repeating: .receiving, count: connections)
        var polls = readers.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
        var received = 0
        var deleted = 0
        let start = Monotonic.nanoseconds()
        var progress = start
        for reader in readers { try reader.socket.write(receive) }
        while deleted < messages {
            guard Monotonic.seconds(since: progress) < 30, poll(&polls, nfds_t(polls.count), 30_000) > 0
            else {
                throw BenchError("nothing was deleted for 30 s; \(deleted) of \(messages) are")
            }
            for index in polls.indices where polls[index].revents != 0 {
                let body = try answer(&readers[index])
                switch states[index] {
                case .receiving:
                    let (request, count) = deletion(of: readers[index].buffer, body)
                    received += count
                    states[index] = count > 0 ? .deleting(count) : .receiving
                    try readers[index].socket.write(count > 0 ? request : receive)
                case .deleting(let count):
                    guard find(Self.failure, in: readers[index].buffer, body) == nil else {
                        throw BenchError("a message was not deleted")
                    }
                    deleted += count
                    progress = Monotonic.nanoseconds()
                    states[index] = received < messages ? .receiving : .finished
                    if received < messages { try readers[index].socket.write(receive) }
                case .finished: throw BenchError("an answer that nobody asked for")
                }
            }
        }
        return Monotonic.seconds(since: start)
    }

    private func answer(_ reader: inout WireReader) throws(BenchError) -> Range<Int> {
        guard let answer = try reader.next() else { throw BenchError("the daemon closed a connection") }
        guard answer.status == 200 else {
            let body = String(decoding: reader.buffer[answer.body], as: UTF8.self)
            throw BenchError("status \(answer.status): \(body.prefix(200))")
        }
        return answer.body
    }
}

// MARK: - Receipts

extension QueueConsumers {
    private static let mark = Array(#""ReceiptHandle":""#.utf8)
    private static let failure = Array(#""Failed""#.utf8)
    private static let head =
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\n"
        + "X-Amz-Target: AmazonSQS.DeleteMessageBatch\r\nContent-Length: "

    /// The call that deletes what an answer brought, and how many messages that are.
    private func deletion(of buffer: [UInt8], _ body: Range<Int>) -> (request: [UInt8], count: Int) {
        var call: [UInt8] = []
        call.reserveCapacity(2_048)
        call.append(contentsOf: #"{"QueueUrl":""#.utf8)
        call.append(contentsOf: queueURL.utf8)
        call.append(contentsOf: #"","Entries":["#.utf8)
        var count = 0
        var rest = body
        while let found = find(Self.mark, in: buffer, rest) {
            let start = found + Self.mark.count
            var end = start
            while buffer[end] != UInt8(ascii: "\"") { end += 1 }
            call.append(contentsOf: (count > 0 ? #",{"Id":""# : #"{"Id":""#).utf8)
            call.append(UInt8(ascii: "0") + UInt8(count))
            call.append(contentsOf: #"","ReceiptHandle":""#.utf8)
            call.append(contentsOf: buffer[start..<end])
            call.append(contentsOf: #""}"#.utf8)
            count += 1
            rest = end..<body.upperBound
        }
        call.append(contentsOf: "]}".utf8)
        var request = Array(Self.head.utf8)
        request.append(contentsOf: "\(call.count)\r\n\r\n".utf8)
        return (request + call, count)
    }

    /// Where the needle, which begins with a quote, begins; bodies of the bench have no quotes, so the search leaps.
    private func find(_ needle: [UInt8], in buffer: [UInt8], _ range: Range<Int>) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var start = range.lowerBound
            while start + needle.count <= range.upperBound,
                let quote = memchr(base + start, Int32(needle[0]), range.upperBound - start)
            {
                start = UnsafeRawPointer(quote) - base
                guard start + needle.count <= range.upperBound else { return nil }
                if memcmp(quote, needle, needle.count) == 0 { return start }
                start += 1
            }
            return nil
        }
    }
}
