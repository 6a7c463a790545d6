import ByteCoding
import Glibc

/// The least that a mapping can be: one thread that reads from SQLite, writes the event, waits for a handler behind
/// a bare TCP connection and commits the acknowledgement, one after the other.
enum BareMapping {
    enum Source { case queue, stream }

    /// Drains `records` waiting records of `bytes` bytes; returns records per second.
    static func drain(
        _ source: Source, records: Int, bytes: Int, batchSize: Int, durability: RawDatabase.Durability,
        directory: String
    ) throws(BenchError) -> Double {
        let path = "\(directory)/bare-\(source)-\(batchSize).db"
        let database = try RawDatabase(path: path, durability: durability)
        try fill(database, source, records: records, bytes: bytes)
        let (listener, port) = try Socket.listen()
        let child = try ChildProgram(arguments: ["bare-handler", "\(port)"])
        defer { child.stop() }
        let descriptor = accept(listener, nil, nil)
        close(listener)
        guard descriptor >= 0 else { throw .system("accept") }
        let socket = Socket(descriptor: descriptor)

        var event: [UInt8] = []
        var answer = [UInt8](repeating: 0, count: 16)
        var position: Int64 = 0
        let start = Monotonic.nanoseconds()
        while position < Int64(records) {
            let first = position + 1
            event.removeAll(keepingCapacity: true)
            event.append(contentsOf: [0, 0, 0, 0])
            event.append(contentsOf: Array(#"{"Records":["#.utf8))
            try database.read(
                source == .queue ? "message" : "stream_record", after: position, limit: batchSize
            ) {
                (id, body) in
                if event.count > 20 { event.append(UInt8(ascii: ",")) }
                append(source, id: id, body: body, to: &event)
                position = id
            }
            event.append(contentsOf: Array("]}".utf8))
            let length = UInt32(event.count - 4)
            for index in 0..<4 { event[index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
            try socket.write(event)
            guard try socket.read(into: &answer, at: 0) > 0 else { throw BenchError("the bare handler left") }
            try database.begin()
            switch source {
            case .queue: try database.deleteMessages(first...position)
            case .stream: try database.checkpoint(position)
            }
            try database.commit()
        }
        return Double(records) / Monotonic.seconds(since: start)
    }

    private static func fill(
        _ database: RawDatabase, _ source: Source, records: Int, bytes: Int
    ) throws(BenchError) {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
        try database.begin()
        for id in 1...Int64(records) {
            switch source {
            case .queue: try database.insertMessage(id: id, body: body)
            case .stream: try database.insertRecord(id: id, data: body)
            }
        }
        try database.commit()
        try database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    private static let queueHead = Array(
        (#"{"messageId":"059f36b4-87a3-44ab-83d2-661975830a7d","receiptHandle":"AQEBwJnKyrHigUMZj6reyNu1aEHk5Qm"#
            + #"x7hc2f4Zm8Jd0a","body":""#).utf8)
    private static let queueTail = Array(
        (#"","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183","SenderId":"AIDAIENQZJOL"#
            + #"O23YVJ4VO","ApproximateFirstReceiveTimestamp":"1545082649185"},"messageAttributes":{},"md5OfBody":"e4"#
            + #"e68fb7bd0e697a0ae8f1bb342846b3","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-2:123"#
            + #"456789012:my-queue","awsRegion":"us-east-2"}"#).utf8)
    private static let streamHead = Array(
        (#"{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"1","sequenceNumber":"495903382714902566085596"#
            + #"92538361571095921575989136588898","data":""#).utf8)
    private static let streamTail = Array(
        (#"","approximateArrivalTimestamp":1545084650.987},"eventSource":"aws:kinesis","eventVersion":"1.0","eventI"#
            + #"D":"shardId-000000000006:49590338271490256608559692538361571095921575989136588898","eventName":"aws:k"#
            + #"inesis:record","invokeIdentityArn":"arn:aws:iam::123456789012:role/lambda-role","awsRegion":"us-east-"#
            + #"2","eventSourceARN":"arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream"}"#).utf8)

    private static func append(
        _ source: Source, id: Int64, body: UnsafeBufferPointer<UInt8>, to event: inout [UInt8]
    ) {
        switch source {
        case .queue:
            event.append(contentsOf: queueHead)
            event.append(contentsOf: body)
            event.append(contentsOf: queueTail)
        case .stream:
            event.append(contentsOf: streamHead)
            Base64.encode(body.span, into: &event)
            event.append(contentsOf: streamTail)
        }
    }

    /// The other end: reads a length and an event, answers one byte.
    static func serve(port: UInt16) throws(BenchError) {
        let socket = try Socket.connect(port: port)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var filled = 0
        while true {
            let count = try socket.read(into: &buffer, at: filled)
            guard count > 0 else { return }
            filled += count
            guard filled >= 4 else { continue }
            let length = (0..<4).reduce(0) { $0 | Int(buffer[$1]) << (8 * $1) }
            if buffer.count < length + 4 {
                buffer.append(contentsOf: repeatElement(0, count: length + 4 - buffer.count))
            }
            if filled == length + 4 {
                filled = 0
                try socket.write([1])
            }
        }
    }
}
