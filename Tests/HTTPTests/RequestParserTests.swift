import Testing

// The parser is no part of the module's interface; without sockets every cut and every error can be tried.
@testable import HTTP

@Suite("Reading requests from bytes")
struct RequestParserTests {
    /// What a request looks like once it is read.
    struct Expected: Equatable, Sendable {
        var method = "GET"
        var target = "/"
        var body = ""
        var keepsAlive = true
        var expectsContinue = false
    }

    static let accepted: [(text: String, expected: Expected)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Expected()),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Expected()),
        ("GET /a?b=c%20d HTTP/1.1\r\nhOST:a\r\n\r\n", Expected(target: "/a?b=c%20d")),
        (
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            Expected(method: "POST", target: "/x", body: "hello")
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", Expected(method: "POST")),
        (
            "POST / HTTP/1.1\r\nHost: a\r\ncontent-length:\t 03 \t\r\n\r\nabc",
            Expected(method: "POST", body: "abc")
        ),
        (
            "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00a;x=\"y\"\r\n, world!!!\r\n0\r\n\r\n",
            Expected(method: "PUT", body: "hello, world!!!")
        ),
        (
            "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Checksum: 1\r\nY: \r\n\r\n",
            Expected(method: "PUT")
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo , Close\r\n\r\n", Expected(keepsAlive: false)),
        ("GET / HTTP/1.0\r\n\r\n", Expected(keepsAlive: false)),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", Expected()),
        ("GET / HTTP/1.1\r\nHost:\r\nExpect: 100-Continue\r\n\r\n", Expected(expectsContinue: true)),
        ("GET http://example.com:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n", Expected(target: "/p?q")),
        ("GET HTTP://example.com HTTP/1.1\r\nHost: a\r\n\r\n", Expected(target: "/")),
        ("GET http://example.com?q HTTP/1.1\r\nHost: a\r\n\r\n", Expected(target: "/?q")),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", Expected(method: "OPTIONS", target: "*")),
        (
            "M-SEARCH //x HTTP/1.1\r\nHost: a\r\nX: \u{e9}\r\n\r\n",
            Expected(method: "M-SEARCH", target: "//x")
        ),
    ]

    /// Texts that are refused, and the status of the answer.
    static let refused: [(text: String, status: Int)] = [
        // Request lines.
        ("GET /\r\n", 400), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400), ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505), ("PRI * HTTP/2.0\r\n\r\n", 505),
        ("GET / HTTP/11\r\nHost: a\r\n\r\n", 400),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET \u{7f} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("\r\n\r\n\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\r\n\r\n", 400),
        // Line ends.
        ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", 400), ("GET / HTTP/1.1\r\nHost: a\rb: c\r\n\r\n", 400),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", 400),
        // Header lines.
        ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{0}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\u{0}: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{7f}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX y: a\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        // Smuggling: where does the body end?
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            400
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 501),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417),
    ]

    /// What follows a head that says `chunked`.
    static let refusedChunks: [(text: String, status: Int)] = [
        ("\r\n", 400), ("g\r\n", 400), ("-1\r\n", 400), ("0x1\r\n", 400), (" 1\r\n", 400), ("1 \r\n", 400),
        ("1\n", 400),
        ("1\rX", 400), ("1;\u{0}\r\n", 400), ("1;\n", 400), ("1\r\nab\r\n", 400), ("1\r\na\n", 400),
        ("1\r\na\rX", 400),
        ("65\r\n", 413), ("64\r\n" + String(repeating: "x", count: 100) + "\r\n1\r\n", 413),
        ("7fffffffffffffff\r\n", 413), ("ffffffffffffffff\r\n", 413), ("00000000000000001\r\n", 400),
        ("0\r\n\n", 400), ("0\r\nX\r\n", 400), ("0\r\n X: a\r\n", 400), ("0\r\nX: a\n", 400), (";\r\n", 400),
        ("1;" + String(repeating: "x", count: 2000), 431),
        ("0\r\nX: " + String(repeating: "x", count: 2000), 431),
    ]

    @Test("A request is read the same however it is cut", arguments: accepted)
    func acceptance(text: String, expected: Expected) throws {
        let bytes = latin1(text)
        for cut in 0...bytes.count {
            let messages = try parse([Array(bytes[..<cut]), Array(bytes[cut...])])
            try #require(messages.count == 1)
            let message = messages[0]
            let seen = Expected(
                method: message.head.method, target: message.head.target,
                body: String(decoding: message.body, as: UTF8.self), keepsAlive: message.head.keepsAlive,
                expectsContinue: message.head.expectsContinue)
            #expect(seen == expected)
        }
        #expect(try parse(bytes.map { [$0] }).count == 1)
    }

    @Test("What is malformed or ambiguous is refused however it is cut", arguments: refused)
    func refusal(text: String, status: Int) {
        expectRefusal(latin1(text), status)
    }

    @Test("Chunks that are not exact are refused", arguments: refusedChunks)
    func chunkRefusal(text: String, status: Int) {
        expectRefusal(
            latin1("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + text), status)
    }

    @Test("Heads past the limit are refused as soon as that shows")
    func headLimits() {
        let line = "GET /" + String(repeating: "a", count: 1100)
        #expect(failure([latin1(line)])?.status == 431)
        let many = "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a:b\r\n", count: 20)
        #expect(failure([latin1(many)])?.status == 431)
        #expect(
            failure([latin1("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 1024))])?
                .status == 431)
    }

    @Test("Requests that follow each other are told apart")
    func pipelining() throws {
        let text = Self.accepted.map(\.text).joined()
        let whole = try parse([latin1(text)])
        #expect(whole.count == Self.accepted.count)
        #expect(whole.map(\.head.target) == Self.accepted.map(\.expected.target))
        #expect(try parse(latin1(text).map { [$0] }) == whole)
    }

    @Test("Header fields are found whatever their case, in order, without blanks around them")
    func headers() throws {
        let text = "GET / HTTP/1.1\r\nHost: a\r\nX-One:  1 2\t\r\nx-two:\r\nX-ONE: 3\r\nX-On^: 4\r\n\r\n"
        let fields = try #require(try parse([latin1(text)]).first).head.headers
        #expect(fields["x-one"] == "1 2")
        #expect(fields["X-Two"] == "")
        #expect(fields["x-on~"] == nil)
        #expect(fields["x-three"] == nil)
        #expect(fields.all("x-oNe") == ["1 2", "3"])
        #expect(fields.pairs.map(\.name) == ["Host", "X-One", "x-two", "X-ONE", "X-On^"])
        #expect(HeaderFields([("A", "b"), ("C", "")])["c"] == "")
    }

    @Test(
        "Mutated requests never crash the parser, and cuts never change what it says",
        arguments: 0..<40 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let likely = latin1("\r\n:; \t0159afAF,chunkedHTTP/1.\u{0}\u{7f}\u{80}\u{ff}")
        for _ in 0..<150 {
            var bytes = latin1(Self.accepted.shuffled(using: &random).prefix(3).map(\.text).joined())
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let byte = likely.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                case 2: bytes.remove(at: place)
                default: bytes.insert(contentsOf: bytes[place...].prefix(10), at: place)
                }
            }
            var pieces: [[UInt8]] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...40, using: &random))
                pieces.append(Array(bytes[start..<end]))
                start = end
            }
            #expect(outcome([bytes]) == outcome(pieces))
        }
    }

    // MARK: - Parsing in pieces

    private struct Outcome: Equatable {
        var messages: [RequestParser.Message] = []
        var error: RequestError?
    }

    private func outcome(_ pieces: [[UInt8]]) -> Outcome {
        var limits = HTTPLimits()
        limits.headBytesMax = 1024
        limits.headerCountMax = 16
        limits.bodyBytesMax = 100
        var parser = RequestParser(limits: limits)
        var outcome = Outcome()
        for piece in pieces {
            var position = 0
            while position < piece.count {
                do throws(RequestError) {
                    let rest = Array(piece[position...])
                    let (consumed, message) = try rest.withUnsafeBufferPointer {
                        (bytes) throws(RequestError) in try parser.consume(bytes)
                    }
                    position += consumed
                    if let message { outcome.messages.append(message) }
                } catch {
                    outcome.error = error
                    return outcome
                }
            }
        }
        return outcome
    }

    private func parse(_ pieces: [[UInt8]]) throws(RequestError) -> [RequestParser.Message] {
        let outcome = outcome(pieces)
        if let error = outcome.error { throw error }
        return outcome.messages
    }

    private func failure(_ pieces: [[UInt8]]) -> RequestError? { outcome(pieces).error }

    private func expectRefusal(_ bytes: [UInt8], _ status: Int) {
        for cut in 0...bytes.count {
            let outcome = outcome([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(outcome.error?.status == status)
            #expect(outcome.messages.isEmpty)
        }
        #expect(failure(bytes.map { [$0] })?.status == status)
    }

    /// One byte a character, so that tables can hold any byte.
    private func latin1(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }
}
