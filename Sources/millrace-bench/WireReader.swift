/// Reads HTTP messages off a connection, knowing no more of HTTP than the status line and `Content-Length`.
struct WireReader {
    /// Positions in `buffer`; a slice of it would make the next read copy it all.
    struct Message {
        let status: Int
        let headEnd: Int
        let body: Range<Int>
    }

    let socket: Socket
    private(set) var buffer: [UInt8]
    private var filled = 0
    private var consumed = 0

    /// - Parameter capacity: Bytes to begin with; it grows as needed.
    init(socket: Socket, capacity: Int = 1 << 16) {
        self.socket = socket
        buffer = [UInt8](repeating: 0, count: capacity)
    }

    /// The next message; its body lies in `buffer`, valid until the next call. `nil` when the other side closed.
    mutating func next() throws(BenchError) -> Message? {
        compact()
        var scanned = 0
        while true {
            if let end = headEnd(from: scanned) {
                let length = contentLength(in: 0..<end)
                while filled < end + length {
                    guard try fill(atLeast: end + length) else { return nil }
                }
                consumed = end + length
                return Message(status: status(), headEnd: end, body: end..<end + length)
            }
            scanned = max(0, filled - 3)
            guard try fill(atLeast: filled + 1) else { return nil }
        }
    }

    private mutating func compact() {
        guard consumed > 0 else { return }
        let rest = filled - consumed
        if rest > 0 { buffer.replaceSubrange(0..<rest, with: Array(buffer[consumed..<filled])) }
        filled = rest
        consumed = 0
    }

    private mutating func fill(atLeast wanted: Int) throws(BenchError) -> Bool {
        if buffer.count < wanted + 4_096 {
            buffer.append(contentsOf: repeatElement(0, count: wanted * 2 - buffer.count + 4_096))
        }
        let count = try socket.read(into: &buffer, at: filled)
        filled += count
        return count > 0
    }

    /// The three digits behind `HTTP/1.1 `; 0 for what is no status line.
    private func status() -> Int {
        buffer[9..<12].reduce(0) { $0 * 10 + Int($1) - 48 }
    }

    private func headEnd(from start: Int) -> Int? {
        guard filled >= 4 else { return nil }
        return buffer.withUnsafeBufferPointer { bytes in
            var index = start
            while index + 3 < filled {
                if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10
                {
                    return index + 4
                }
                index += 1
            }
            return nil
        }
    }

    private func contentLength(in head: Range<Int>) -> Int {
        guard let start = value(of: "content-length:", in: head) else { return 0 }
        return buffer[start].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// Where the value of a header lies; `name` in lower case with its colon.
    func value(of name: StaticString, in head: Range<Int>) -> Range<Int>? {
        let length = name.utf8CodeUnitCount
        return buffer.withUnsafeBufferPointer { bytes in
            var index = head.lowerBound
            while index + length < head.upperBound {
                if bytes[index] == 10 && matches(name, bytes, index + 1) {
                    var start = index + 1 + length
                    while bytes[start] == 32 { start += 1 }
                    var end = start
                    while bytes[end] != 13 { end += 1 }
                    return start..<end
                }
                index += 1
            }
            return nil
        }
    }

    private func matches(_ name: StaticString, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        for index in 0..<name.utf8CodeUnitCount {
            var byte = bytes[start + index]
            if byte >= 65 && byte <= 90 { byte += 32 }
            if byte != name.utf8Start[index] { return false }
        }
        return true
    }
}
