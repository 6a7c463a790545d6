import HTTP
import Testing

@Suite("An HTTP server and clients that leave, stall or overdo it")
struct HTTPServerLimitTests {
    private let head = " HTTP/1.1\r\nHost: a\r\n"

    @Test("A parked request learns that its client has left", arguments: [true, false])
    func leaving(byReset: Bool) throws {
        let server = try TestServer()
        var client: RawClient? = server.client()
        client?.send("GET /park\(head)\r\n")
        server.waitForArrivals()
        let responder = try #require(server.takeParked())
        #expect(responder.isConnected)
        if byReset { client?.reset() }
        client = nil
        server.waitForDeparture()
        #expect(!responder.isConnected)
        // An answer for nobody does no harm.
        responder.respond(HTTPResponse(status: 200))
        let next = server.client()
        next.send("GET /x\(head)\r\n")
        #expect(next.receive()?.status == 200)
    }

    @Test("A client that sent more than it should and left is seen to have left")
    func leavingWithFullPipeline() throws {
        let server = try TestServer()
        var client: RawClient? = server.client()
        client?.send("GET /park\(head)\r\n")
        server.waitForArrivals()
        client?.send([UInt8](repeating: 0x0A, count: 80_000))
        client = nil
        server.waitForDeparture()
    }

    @Test("A client that only closes its sending half is answered, unless the request is a long poll")
    func halfClosed() throws {
        let server = try TestServer()
        let answered = server.client()
        answered.send("GET /park-quietly\(head)\r\nGET /x\(head)\r\n")
        server.waitForArrivals()
        answered.closeSendingHalf()
        server.answerParked("late")
        #expect(answered.receive()?.text == "late")
        #expect(answered.receive()?.text == "GET /x ")
        #expect(answered.isAtEnd())

        let polling = server.client()
        polling.send("GET /park\(head)\r\n")
        polling.closeSendingHalf()
        server.waitForArrivals()
        server.waitForDeparture()
        #expect(polling.isAtEnd())
    }

    @Test("Everyone parked hears it when the server closes")
    func closing() throws {
        let server = try TestServer()
        let clients = (0..<5).map { _ in server.client() }
        for client in clients { client.send("GET /park\(head)\r\n") }
        server.waitForArrivals(clients.count)
        server.server.close()
        for client in clients {
            server.waitForDeparture()
            #expect(client.isAtEnd())
        }
    }

    @Test("Draining closes idle connections, answers what is under way and then says so")
    func draining() throws {
        let server = try TestServer()
        let idle = server.client()
        idle.send("GET /x\(head)\r\n")
        #expect(idle.receive()?.status == 200)
        let busy = server.client()
        busy.send("GET /park\(head)\r\n")
        server.waitForArrivals()
        let notes = EventLoopTests.Notes()
        server.server.stopAccepting()
        server.server.drained {
            notes.add("drained")
            notes.finish()
        }
        #expect(idle.isAtEnd())
        notes.add("answering")
        server.answerParked("bye")
        let response = try #require(busy.receive())
        #expect(response.text == "bye")
        #expect(response.headers["connection"] == "close")
        #expect(busy.isAtEnd())
        #expect(notes.waited() == ["answering", "drained"])
    }

    @Test(
        "What is refused is answered with the reason, and the connection closed",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 400), ("GET /\n", 400), ("GET / HTTP/3.0\r\n", 505),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n", 413),
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: gold\r\n\r\n", 417),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            ("GET /" + String(repeating: "a", count: 70_000), 431),
        ])
    func refusals(text: String, status: Int) throws {
        let server = try TestServer()
        let client = server.client()
        client.send("GET /first\(head)\r\n" + text)
        #expect(client.receive()?.text == "GET /first ")
        let response = try #require(client.receive())
        #expect(response.status == status)
        #expect(response.headers["connection"] == "close")
        #expect(!response.body.isEmpty)
        client.closeSendingHalf()
        #expect(client.isAtEnd())
    }

    @Test("A client that keeps sending a body that is too large still gets to read why it was refused")
    func refusalReachesASender() throws {
        let server = try TestServer()
        let client = server.client()
        client.send("POST /echo\(head)Content-Length: 17000000\r\n\r\n")
        client.send([UInt8](repeating: 0, count: 8_000_000))
        #expect(client.receive()?.status == 413)
    }

    @Test(
        "A request that does not arrive in time is refused, an idle connection closed, a parked one left alone"
    )
    func timeouts() throws {
        var limits = HTTPLimits()
        limits.requestTimeout = .milliseconds(150)
        limits.idleTimeout = .milliseconds(150)
        let server = try TestServer(limits: limits)
        let parked = server.client()
        parked.send("GET /park\(head)\r\n")
        let silent = server.client()
        let slow = server.client()
        slow.send("POST /x\(head)Content-Length: 5\r\n\r\nab")
        #expect(slow.receive()?.status == 408)
        #expect(slow.isAtEnd())
        #expect(silent.isAtEnd())
        let idle = server.client()
        idle.send("GET /x\(head)\r\n")
        #expect(idle.receive()?.status == 200)
        #expect(idle.isAtEnd())
        server.answerParked("still here")
        #expect(parked.receive()?.text == "still here")
    }

    @Test("A client that does not read its answer is given up")
    func unreadAnswer() throws {
        var limits = HTTPLimits()
        limits.writeTimeout = .milliseconds(150)
        let server = try TestServer(limits: limits)
        let client = RawClient(port: server.port, receiveBuffer: 4096)
        client.send("GET /large?2000\(head)\r\n")
        let notes = EventLoopTests.Notes()
        server.server.stopAccepting()
        server.server.drained { notes.finish() }
        #expect(notes.waited().isEmpty)
        #expect(client.receive() == nil)
    }

    @Test("Connections past the limit wait for their turn")
    func connectionLimit() throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 2
        let server = try TestServer(limits: limits)
        var first: RawClient? = server.client()
        let second = server.client()
        for client in [first, second] {
            client?.send("GET /park\(head)\r\n")
            server.waitForArrivals()
        }
        let third = server.client()
        third.send("GET /x\(head)\r\n")
        server.answerParked("a")
        #expect(first?.receive()?.text == "a")
        first = nil
        #expect(third.receive()?.text == "GET /x ")
        server.answerParked("b")
        #expect(second.receive()?.text == "b")
    }

    @Test("Incomplete bodies are held up to a limit for all connections together")
    func heldBytes() throws {
        var limits = HTTPLimits()
        limits.heldBytesMax = 1_000_000
        let server = try TestServer(limits: limits)
        let head = "POST /echo\(head)Content-Length: "
        let first = server.client()
        first.send("\(head)1100000\r\n\r\n" + String(repeating: "x", count: 1_050_000))
        #expect(first.receive()?.status == 503)
        // What was let go counts no more.
        let second = server.client()
        second.send("\(head)900000\r\n\r\n" + String(repeating: "x", count: 900_000))
        #expect(second.receive()?.status == 200)
    }

    @Test("A thousand parked requests are answered each with its own")
    func manyParked() throws {
        let server = try TestServer()
        let clients = (0..<1000).map { _ in server.client() }
        for (number, client) in clients.enumerated() {
            client.send("GET /park?\(number)\(head)\r\n")
            server.waitForArrivals()
        }
        for number in clients.indices { server.answerParked("\(number)") }
        for (number, client) in clients.enumerated() { #expect(client.receive()?.text == "\(number)") }
    }
}
