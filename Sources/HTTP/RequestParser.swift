/// Reads requests from bytes as they come, however they are cut. Pure: no I/O, no clock.
///
/// Strict where leniency lets two readers disagree about where a request ends (RFC 9112 §11.2): one
/// `Content-Length` at most, none beside `Transfer-Encoding`, only `chunked`, CR LF everywhere, no folded lines.
/// After an error the parser is of no further use.
struct RequestParser {
    /// A complete request before it gets its peer.
    struct Message: Equatable {
        let head: RequestHead
        let body: [UInt8]
    }

    enum State: Equatable {
        /// In the head; `lineStart` is where the unfinished line begins in `head`.
        case head(lineStart: Int)
        /// In a body whose length is known.
        case body(remaining: Int)
        case chunkSize(value: Int, digits: Int)
        case chunkExtension(value: Int)
        case chunkSizeEnd(value: Int)
        case chunk(remaining: Int)
        case chunkEnd(isLineFeedNext: Bool)
        /// After the last chunk; `lineStart` is where the unfinished line begins in `head`.
        case trailer(lineStart: Int)
    }

    let headBytesMax: Int
    let headerCountMax: Int
    private let limits: HTTPLimits
    /// Of the request whose head has been read.
    var bodyBytesMax: Int

    var state = State.head(lineStart: 0)
    /// Bytes of the head being read; later those of the trailers.
    var head: [UInt8] = []
    var fields: [HeaderFields.Field] = []
    var requestLine: RequestLine?
    /// Set once the head is complete.
    var parsedHead: RequestHead?
    var body: [UInt8] = []
    /// Bytes of chunk extensions, which count as head.
    var extensionBytes = 0

    init(limits: HTTPLimits) {
        headBytesMax = limits.headBytesMax
        headerCountMax = limits.headerCountMax
        bodyBytesMax = limits.bodyBytesMax
        self.limits = limits
    }

    /// Whether the next byte is the first of a request.
    var isBetweenRequests: Bool { parsedHead == nil && head.isEmpty }

    /// Whether the client waits for `100 Continue` before it sends the body.
    var wantsContinue: Bool { parsedHead?.expectsContinue == true && body.isEmpty }

    /// Memory that an incomplete request occupies.
    var heldBytes: Int { head.count + body.count }

    /// Reads on until a request is complete or the input is used up.
    ///
    /// - Returns: how many bytes were read, and the request if it is complete.
    mutating func consume(
        _ input: UnsafeBufferPointer<UInt8>
    ) throws(RequestError) -> (consumed: Int, message: Message?) {
        var position = 0
        while position < input.count {
            if try step(input, &position) { return (position, finish()) }
        }
        return (position, nil)
    }

    /// Reads one piece; returns whether the request is complete.
    private mutating func step(
        _ input: UnsafeBufferPointer<UInt8>, _ position: inout Int
    ) throws(RequestError) -> Bool {
        switch state {
        case .head(let lineStart): return try readHead(lineStart, input, &position)
        case .body(let remaining):
            let left = readBody(remaining, input, &position)
            state = .body(remaining: left)
            return left == 0
        case .chunk(let remaining):
            let left = readBody(remaining, input, &position)
            state = left == 0 ? .chunkEnd(isLineFeedNext: false) : .chunk(remaining: left)
            return false
        case .trailer(let lineStart): return try readTrailer(lineStart, input, &position)
        case .chunkSize, .chunkExtension, .chunkSizeEnd, .chunkEnd:
            try readChunkFrame(input[position])
            position += 1
            return false
        }
    }

    private mutating func finish() -> Message? {
        guard let head = parsedHead else { preconditionFailure("a request is complete once its head is") }
        let message = Message(head: head, body: body)
        self = RequestParser(limits: limits)
        return message
    }

    /// Looks up what the body may be once it is known what is asked for.
    mutating func adoptBodyLimit(of head: RequestHead) {
        guard !limits.largerBodies.isEmpty else { return }
        bodyBytesMax = limits.bodyBytesMax(of: head.target)
    }

    /// Appends input up to the end of the line to `head`.
    ///
    /// - Returns: the line without CR LF, or nil if it is not complete.
    mutating func readLine(
        from lineStart: Int, _ input: UnsafeBufferPointer<UInt8>, _ position: inout Int
    ) throws(RequestError) -> Range<Int>? {
        let end = input[position...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? input.count
        guard head.count + extensionBytes + (end - position) <= headBytesMax else { throw .headTooLarge }
        head.append(contentsOf: UnsafeBufferPointer(rebasing: input[position..<end]))
        position = end
        guard head[head.count - 1] == UInt8(ascii: "\n") else { return nil }
        let lineEnd = head.count - 2
        guard lineEnd >= lineStart, head[lineEnd] == UInt8(ascii: "\r") else {
            throw .malformed("a line ends without a carriage return")
        }
        return lineStart..<lineEnd
    }
}
