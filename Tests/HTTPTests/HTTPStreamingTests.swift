import HTTP
import Synchronization
import Testing

@Suite("An answer that is written piece by piece")
struct HTTPStreamingTests {
    private let head = " HTTP/1.1\r\nHost: a\r\n"

    @Test("Each piece reaches the client as it is written, and the connection is kept after the last")
    func pieces() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("GET /stream\(head)\r\n")
        let begun = try #require(client.receiveHead())
        #expect(begun.status == 200)
        #expect(begun.headers == ["x-a": "b", "transfer-encoding": "chunked"])
        server.waitForArrivals()
        for text in ["one", String(repeating: "x", count: 5000)] {
            #expect(try server.withParkedStream { $0.write(Array(text.utf8)) })
            #expect(client.receiveChunk() == Array(text.utf8))
        }
        // Nothing is nothing, not the end.
        #expect(try server.withParkedStream { $0.write([]) && $0.isConnected && $0.pendingBytes == 0 })
        #expect(try server.withParkedStream { $0.write(Array("two".utf8)) })
        #expect(client.receiveChunk() == Array("two".utf8))
        try server.withParkedStream { $0.finish() }
        try server.withParkedStream { $0.finish() }
        #expect(client.receiveChunk()?.isEmpty == true)
        client.send("GET /next\(head)\r\n")
        #expect(client.receive()?.text == "GET /next ")
    }

    @Test("Requests sent ahead wait for the end of the stream before them")
    func pipelining() throws {
        let server = try TestServer()
        let client = server.client()
        client.send(
            "GET /a\(head)\r\nGET /stream\(head)\r\nGET /b\(head)\r\nGET /stream-at-once?3\(head)\r\n")
        client.send("GET /c\(head)\r\n")
        #expect(client.receive()?.text == "GET /a ")
        #expect(client.receiveHead()?.status == 200)
        server.waitForArrivals()
        try server.withParkedStream { writer in
            writer.write(Array("s".utf8))
            writer.finish()
        }
        #expect(client.receiveChunk() == Array("s".utf8))
        #expect(client.receiveChunk()?.isEmpty == true)
        #expect(client.receive()?.text == "GET /b ")
        #expect(client.receive()?.text == "0,1,2,")
        #expect(client.receive()?.text == "GET /c ")
    }

    @Test("A stream is told at once that its client has left", arguments: ["close", "reset", "half"])
    func leaving(how: String) throws {
        let server = try TestServer()
        var client: RawClient? = server.client()
        client?.send("GET /stream\(head)\r\n")
        server.waitForArrivals()
        switch how {
        case "half": client?.closeSendingHalf()
        case "reset": client?.reset()
        default: client = nil
        }
        server.waitForDeparture()
        // What is written for nobody does no harm, and is kept nowhere.
        let isKept = try server.withParkedStream { writer in
            writer.write([1, 2, 3]) || writer.isConnected || writer.pendingBytes > 0
        }
        #expect(!isKept)
        try server.withParkedStream { $0.onDisconnect { server.loop.execute {} } }
        try server.withParkedStream { $0.finish() }
    }

    @Test("An action that comes when the client has left already runs at once")
    func leftBefore() throws {
        let server = try TestServer()
        var client: RawClient? = server.client()
        client?.send("GET /stream\(head)\r\n")
        server.waitForArrivals()
        client = nil
        server.waitForDeparture()
        let isCalled = try server.withParkedStream { writer in
            let calls = Counter()
            writer.onDisconnect { calls.add() }
            return calls.count == 1
        }
        #expect(isCalled)
    }

    @Test("A writer that waits for its client sends everything, also to one that reads slowly")
    func backPressure() throws {
        let server = try TestServer()
        let client = RawClient(port: server.port, receiveBuffer: 4096)
        client.send("GET /pour?600\(head)\r\nGET /next\(head)\r\n")
        let response = try #require(client.receive())
        #expect(response.body.count == 6_000_000)
        let isInOrder = (0..<600).allSatisfy { response.body[$0 * 10_000 + 5000] == UInt8($0 & 255) }
        #expect(isInOrder)
        #expect(client.receive()?.text == "GET /next ")
    }

    @Test("A client that reads nothing is given up after the time of a write, however much is written")
    func stalled() throws {
        var limits = HTTPLimits()
        limits.writeTimeout = .milliseconds(150)
        let server = try TestServer(limits: limits)
        let client = RawClient(port: server.port, receiveBuffer: 4096)
        client.send("GET /pour?5000\(head)\r\n")
        let parked = RawClient(port: server.port, receiveBuffer: 4096)
        parked.send("GET /stream\(head)\r\n")
        server.waitForArrivals()
        #expect(try !server.withParkedStream { $0.write([UInt8](repeating: 1, count: 8_000_000)) })
        server.waitForDeparture()
        #expect(client.receive() == nil)
    }

    @Test("What a client leaves unread is bounded")
    func bounded() throws {
        var limits = HTTPLimits()
        limits.streamBytesMax = 2_000_000
        let server = try TestServer(limits: limits)
        let client = RawClient(port: server.port, receiveBuffer: 4096)
        client.send("GET /stream\(head)\r\n")
        server.waitForArrivals()
        let pieces = try server.withParkedStream { writer in
            var pieces = 0
            while writer.isConnected {
                writer.write([UInt8](repeating: 1, count: 100_000))
                pieces += 1
            }
            return pieces
        }
        #expect(pieces >= 20)
        server.waitForDeparture()
    }

    @Test("A client of HTTP/1.0 gets the pieces as they are and sees the end of the connection")
    func oldVersion() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("GET /stream-at-once?3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let begun = try #require(client.receiveHead())
        #expect(begun.headers == ["connection": "close"])
        #expect(client.receiveToEnd() == Array("0,1,2,".utf8))
    }

    @Test("HEAD gets the head only")
    func headOnly() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("HEAD /stream-at-once?3\(head)\r\nGET /next\(head)Connection: close\r\n\r\n")
        #expect(client.receive(isHead: true)?.headers["transfer-encoding"] == "chunked")
        #expect(client.receive()?.text == "GET /next ")
        #expect(client.isAtEnd())
    }

    @Test("A client that asked for the end of the connection gets it after the last piece")
    func closing() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("GET /stream-at-once?2\(head)Connection: close\r\n\r\n")
        let response = try #require(client.receive())
        #expect(response.headers["connection"] == "close")
        #expect(response.text == "0,1,")
        #expect(client.isAtEnd())
    }

    @Test("A stream whose writer is let go ends without its last chunk")
    func abandoned() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("GET /stream\(head)\r\n")
        server.waitForArrivals()
        #expect(client.receiveHead() != nil)
        try server.withParkedStream { _ = $0.write([65]) }
        #expect(client.receiveChunk() == [65])
        server.dropParkedStreams()
        #expect(client.receiveChunk() == nil)
    }

    @Test("Draining lets a stream go on to its end and closes its connection then")
    func draining() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("GET /stream\(head)\r\n")
        server.waitForArrivals()
        #expect(client.receiveHead() != nil)
        server.server.stopAccepting()
        try server.withParkedStream { writer in
            writer.write([66])
            writer.finish()
        }
        #expect(client.receiveChunk() == [66])
        #expect(client.receiveChunk()?.isEmpty == true)
        #expect(client.isAtEnd())
    }

    @Test("A recorded stream shows what was written, and its client can be slow or leave")
    func recording() throws {
        let streams = Mutex<[RecordedStream]>([])
        let responder = HTTPResponder(
            recording: { _ in Issue.record("nothing is answered at once") },
            stream: { stream in streams.withLock { $0.append(stream) } })
        let writer = responder.beginStream(status: 200, headers: [("A", "b")])
        let stream = try #require(streams.withLock { $0.first })
        #expect(stream.head.status == 200)
        let calls = Counter()
        writer.onDrain { calls.add() }
        writer.onDisconnect { calls.add() }
        #expect(writer.write([1, 2]))
        #expect(stream.takeWritten() == [[1, 2]])
        stream.drain()
        #expect(calls.count == 0)
        stream.stall()
        #expect(!writer.write([UInt8](repeating: 0, count: HTTPStreamWriter.highWaterBytes)))
        #expect(writer.pendingBytes == HTTPStreamWriter.highWaterBytes)
        stream.drain()
        #expect(calls.count == 1)
        stream.disconnect()
        #expect(calls.count == 2)
        #expect(!writer.isConnected)
        #expect(!writer.write([1]))
        writer.finish()
        #expect(!stream.isFinished)
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }
}
