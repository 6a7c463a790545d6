import HTTP
import Testing

@Suite("An HTTP server and its clients")
struct HTTPServerTests {
    private let head = " HTTP/1.1\r\nHost: a\r\n"

    @Test("A connection is kept for the next request, and closed when the client asks for it")
    func keepAlive() throws {
        let server = try TestServer()
        let client = server.client()
        for number in 0..<3 {
            client.send("POST /\(number)\(head)Content-Length: 2\r\n\r\nhi")
            let response = try #require(client.receive())
            #expect(response.text == "POST /\(number) hi")
            #expect(response.headers == ["content-length": "10"])
        }
        client.send("GET /last\(head)Connection: close\r\n\r\n")
        #expect(client.receive()?.headers["connection"] == "close")
        #expect(client.isAtEnd())
    }

    @Test("An old client is told that its connection is kept, or sees it closed")
    func oldVersion() throws {
        let server = try TestServer()
        let kept = server.client()
        kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(kept.receive()?.headers["connection"] == "keep-alive")
        kept.send("GET /x HTTP/1.0\r\n\r\n")
        #expect(kept.receive()?.headers["connection"] == "close")
        #expect(kept.isAtEnd())
    }

    @Test("Requests sent ahead are answered in order, also when the first one takes its time")
    func pipelining() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("GET /park\(head)\r\nGET /elsewhere\(head)\r\nGET /park\(head)\r\nGET /d\(head)\r\n")
        server.waitForArrivals()
        server.answerParked("a")
        #expect(client.receive()?.text == "a")
        #expect(client.receive()?.text == "elsewhere")
        server.waitForArrivals()
        server.answerParked("c")
        #expect(client.receive()?.text == "c")
        #expect(client.receive()?.text == "GET /d ")
    }

    @Test("Thousands of requests sent ahead neither grow the stack nor get lost")
    func deepPipelining() throws {
        let server = try TestServer()
        let client = server.client()
        let count = 5000
        // Answers are a good deal shorter than what both sockets hold, so sending first is safe.
        #expect(client.send((0..<count).map { "GET /\($0)\(head)\r\n" }.joined()))
        for number in 0..<count { try #require(client.receive()?.text == "GET /\(number) ") }
    }

    @Test("A client that waits for leave to send its body gets it, once")
    func expectContinue() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("POST /x\(head)Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        #expect(client.receive()?.status == 100)
        client.send("bo")
        client.send("dy")
        #expect(client.receive()?.text == "POST /x body")
        // A body that comes along needs no leave.
        client.send("POST /y\(head)Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody")
        #expect(client.receive()?.text == "POST /y body")
    }

    @Test("A body in chunks arrives in one piece")
    func chunks() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("POST /c\(head)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        client.send("2\r\nde\r\n0\r\n\r\n")
        #expect(client.receive()?.text == "POST /c abcde")
    }

    @Test("A large body arrives whole, byte for byte", arguments: [true, false])
    func largeRequest(isChunked: Bool) throws {
        let server = try TestServer()
        let client = server.client()
        let pattern = (0..<90_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
        let body = [[UInt8]](repeating: pattern, count: 100).flatMap { $0 }
        if isChunked {
            client.send("POST /echo\(head)Transfer-Encoding: chunked\r\n\r\n")
            for start in stride(from: 0, to: body.count, by: 900_000) {
                client.send("DBBA0\r\n")
                client.send(Array(body[start..<start + 900_000]))
                client.send("\r\n")
            }
            client.send("0\r\n\r\n")
        } else {
            client.send("POST /echo\(head)Content-Length: \(body.count)\r\n\r\n")
            client.send(body)
        }
        let isSame = client.receive()?.body == body
        #expect(isSame)
    }

    @Test(
        "A large answer in pieces arrives whole, also at a client that reads slowly",
        arguments: [nil, 4096] as [Int32?])
    func largeAnswer(receiveBuffer: Int32?) throws {
        let server = try TestServer()
        let client = RawClient(port: server.port, receiveBuffer: receiveBuffer)
        client.send("GET /large?2000\(head)\r\nGET /next\(head)\r\n")
        let response = try #require(client.receive())
        var expected: [UInt8] = []
        for number in 0..<2000 {
            expected.append(contentsOf: [UInt8](repeating: UInt8(number & 255), count: 1000 + number * 7))
        }
        let isSame = response.body == expected
        #expect(isSame)
        #expect(client.receive()?.text == "GET /next ")
    }

    @Test("HEAD gets the length without the content, 204 and 304 neither")
    func withoutContent() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("HEAD /x\(head)\r\n")
        #expect(client.receive(isHead: true)?.headers["content-length"] == "8")
        for status in [204, 304] {
            client.send("GET /status?\(status)\(head)\r\n")
            let response = try #require(client.receive())
            #expect(response.status == status)
            #expect(response.headers["content-length"] == nil)
        }
        client.send("GET /status?299\(head)\r\n")
        #expect(client.receive()?.headers["content-length"] == "0")
    }

    @Test("No header of a handler can end its line or contradict the server's own")
    func headerInjection() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("GET /headers\(head)\r\n")
        #expect(client.receive()?.headers == ["x-a": "b  X-Evil: 1 ", "content-length": "0"])
    }

    @Test("A request that its handler forgets is answered with 500")
    func forgotten() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("GET /drop\(head)\r\nGET /x\(head)\r\n")
        #expect(client.receive()?.status == 500)
        #expect(client.receive()?.text == "GET /x ")
    }

    @Test("A name is as good as an address, and what cannot be listened on is said")
    func listening() throws {
        let server = try TestServer()
        #expect(throws: HTTPError.cannotListen(host: "127.0.0.1", port: server.port, code: 98)) {
            try server.server.listen(host: "127.0.0.1", port: server.port)
        }
        #expect(throws: HTTPError.unknownHost("no such host")) {
            try server.server.listen(host: "no such host", port: 0)
        }
        let second = try server.server.listen(host: "localhost", port: 0)
        #expect(second != server.port)
    }

    @Test("A responder without a connection records its answer, and its client can leave")
    func recording() {
        let notes = EventLoopTests.Notes()
        let answered = HTTPResponder { notes.add("\($0.status)") }
        answered.respond(HTTPResponse(status: 201))
        answered.onDisconnect { notes.add("never") }
        answered.disconnect()
        let left = HTTPResponder { _ in notes.add("never") }
        left.onDisconnect { notes.add("left") }
        #expect(left.isConnected)
        left.disconnect()
        #expect(!left.isConnected)
        left.onDisconnect { notes.add("left long ago") }
        notes.finish()
        #expect(notes.waited() == ["201", "left", "left long ago"])
    }
}
