import HTTP
import HTTPClient
import Synchronization
import Testing

@Suite("Calls of the command line")
struct HTTPClientTests {
    /// A server that tells what it was asked, while the body runs.
    private func withServer(port: UInt16 = 0, _ body: (UInt16) throws -> Void) throws {
        let loop = try EventLoop(label: "test")
        let server = HTTPServer(loop: loop) { request, responder in
            let echo = Array("\(request.method) \(request.target) ".utf8) + request.body
            let headers = [("X-Echo", request.headers["x-sent"] ?? "")]
            responder.respond(
                HTTPResponse(
                    status: request.path == "/missing" ? 404 : 200, headers: headers, body: .bytes(echo)))
        }
        let bound = try server.listen(host: "127.0.0.1", port: port)
        loop.start()
        defer {
            server.close()
            loop.stop()
        }
        try body(bound)
    }

    @Test("Method, path, headers and body arrive, and the answer comes back whole")
    func exchange() throws {
        try withServer { port in
            let client = try HTTPClient()
            for size in [0, 5, 2_000_000] {
                let body = [UInt8](repeating: UInt8(ascii: "b"), count: size)
                let response = try client.send(
                    "POST", "http://127.0.0.1:\(port)/a?b=c", headers: [("X-Sent", "header")], body: body)
                #expect(response.status == 200)
                #expect(response["x-echo"] == "header")
                #expect(response.body == Array("POST /a?b=c ".utf8) + body)
            }
            for method in ["GET", "DELETE", "PUT"] {
                let response = try client.send(method, "http://127.0.0.1:\(port)/missing")
                #expect(response.status == 404)
                #expect(response.body == Array("\(method) /missing ".utf8))
            }
        }
    }

    @Test("A connection that died between two calls is replaced")
    func deadConnection() throws {
        let client = try HTTPClient()
        var port: UInt16 = 0
        try withServer { bound in
            port = bound
            let response = try client.send("POST", "http://127.0.0.1:\(bound)/", body: [1])
            #expect(response.status == 200)
        }
        try withServer(port: port) { bound in
            let response = try client.send("POST", "http://127.0.0.1:\(bound)/", body: [2])
            #expect(response.status == 200)
        }
    }

    @Test("Nobody there is told apart from no answer")
    func failures() throws {
        var port: UInt16 = 0
        try withServer { port = $0 }
        let url = "http://127.0.0.1:\(port)/"
        let client = try HTTPClient()
        let error = #expect(throws: HTTPClientError.self) { try client.send("GET", url) }
        guard case .cannotConnect(let named, _) = error else {
            Issue.record("\(String(describing: error)) is not a refused connection")
            return
        }
        #expect(named == url)

        let loop = try EventLoop(label: "silent")
        // A responder that is let go answers by itself, so they are kept.
        let kept = Mutex<[HTTPResponder]>([])
        let silent = HTTPServer(loop: loop) { _, responder in kept.withLock { $0.append(responder) } }
        let silentPort = try silent.listen(host: "127.0.0.1", port: 0)
        loop.start()
        defer {
            silent.close()
            loop.stop()
        }
        let silentURL = "http://127.0.0.1:\(silentPort)/"
        #expect(throws: HTTPClientError.timedOut(url: silentURL)) {
            try HTTPClient(timeout: .milliseconds(100)).send("GET", silentURL)
        }
    }
}
