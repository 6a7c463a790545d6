import HTTP
import Testing

@Suite("An HTTP/2 server and its clients")
struct HTTP2Tests {
    @Test("Requests are answered, each with its own, and handlers see no difference")
    func requests() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        let first = client.request("/a?b=c")
        let second = client.request("/x", method: "POST", body: Array("body".utf8))
        let third = client.request("/elsewhere")
        #expect(client.finished(first)?.text == "GET /a?b=c ")
        #expect(client.finished(first)?.headers["content-length"] == "11")
        #expect(client.finished(second)?.text == "POST /x body")
        #expect(client.finished(third)?.text == "elsewhere")
        let headers = try #require(client.finished(client.request("/headers")))
        // The values cannot end their line, the server's own fields stay its own.
        #expect(headers.headers == ["x-a": "b  X-Evil: 1", "content-length": "0"])
        #expect(client.finished(client.request("/host"))?.text == "millrace:1")
    }

    @Test("HEAD gets the length without the content, 204 and 304 neither; nobody's answer is 500")
    func withoutContent() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        let head = try #require(client.finished(client.request("/x", method: "HEAD")))
        #expect(head.headers["content-length"] == "8")
        #expect(head.body.isEmpty)
        for status in [204, 304] {
            let answer = try #require(client.finished(client.request("/status?\(status)")))
            #expect(answer.status == status)
            #expect(answer.headers["content-length"] == nil)
        }
        #expect(client.finished(client.request("/drop"))?.status == 500)
    }

    @Test("Large bodies arrive whole in both directions, also beside each other")
    func largeBodies() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
        let echoes = (0..<3).map { _ in client.request("/echo", method: "POST", body: body) }
        let large = client.request("/large?1000")
        for id in echoes {
            let isSame = client.finished(id)?.body == body
            #expect(isSame)
        }
        let expected = (0..<1000).reduce(0) { $0 + 1000 + $1 * 7 }
        #expect(client.finished(large)?.body.count == expected)
    }

    @Test("A client that waits for leave to send its body gets it")
    func expectContinue() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        let id = client.request(
            "/x", method: "POST", headers: [("expect", "100-continue")], body: Array("body".utf8))
        #expect(client.finished(id)?.text == "POST /x body")
    }

    @Test("More than a thousand requests of one connection are parked, and answered each with its own")
    func manyParked() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        let ids = (0..<1500).map { client.request("/park?\($0)") }
        server.waitForArrivals(ids.count)
        for number in ids.indices { server.answerParked("\(number)") }
        for (number, id) in ids.enumerated() { try #require(client.finished(id)?.text == "\(number)") }
        #expect(client.finished(client.request("/next"))?.text == "GET /next ")
    }

    @Test("Thousands of short requests of one connection leave nothing behind")
    func manyShort() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        for round in 0..<20 {
            let ids = (0..<200).map { client.request("/\(round)-\($0)") }
            for (number, id) in ids.enumerated() {
                try #require(client.finished(id)?.text == "GET /\(round)-\(number) ")
            }
        }
    }

    @Test("Each piece of a streamed answer reaches the client as it is written")
    func pieces() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        let id = client.request("/stream")
        server.waitForArrivals()
        #expect(client.wait { client.answer(id).status == 200 })
        #expect(client.answer(id).headers == ["x-a": "b"])
        try server.withParkedStream { $0.write(Array("one".utf8)) }
        #expect(client.wait { client.answer(id).text == "one" })
        try server.withParkedStream { $0.write([]) }
        try server.withParkedStream { $0.write(Array(",two".utf8)) }
        #expect(client.wait { client.answer(id).text == "one,two" })
        #expect(client.finished(client.request("/beside"))?.text == "GET /beside ")
        try server.withParkedStream { $0.finish() }
        #expect(client.finished(id)?.error == 0)
        #expect(client.finished(client.request("/stream-at-once?3"))?.text == "0,1,2,")
        #expect(client.finished(client.request("/stream-at-once?3", method: "HEAD"))?.text == "")
    }

    @Test("A writer that waits for its client sends everything, to a window of any size")
    func backPressure() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port, readsByItself: false)
        let id = client.request("/pour?300")
        var opened = 0
        while opened < 3_000_000 {
            // The window is 65,535 bytes and only we open it.
            #expect(client.wait { client.answer(id).body.count > opened || client.answer(id).error != nil })
            let count = client.answer(id).body.count
            #expect(count - opened <= 65_535)
            client.open(id, by: count - opened)
            opened = count
        }
        #expect(client.finished(id)?.error == 0)
        let body = client.answer(id).body
        let isInOrder = (0..<300).allSatisfy { body[$0 * 10_000 + 5000] == UInt8($0 & 255) }
        #expect(isInOrder)
    }

    @Test("A writer that is let go cuts its answer off with an error")
    func abandoned() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        let id = client.request("/stream")
        server.waitForArrivals()
        server.dropParkedStreams()
        #expect(client.finished(id)?.error == 2)
        #expect(client.finished(client.request("/next"))?.text == "GET /next ")
    }

    @Test("A preface that comes byte by byte is understood, and what only begins like one too")
    func preface() throws {
        let server = try TestServer()
        let slow = RawClient(port: server.port)
        for byte in Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) { slow.send([byte]) }
        // The server's settings.
        #expect(slow.receiveBytes().dropFirst(3).first == 4)
        for start in ["P", "PR", "PRI"] {
            let old = RawClient(port: server.port)
            old.send(start)
            old.send("X / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(old.receive()?.text == "\(start)X / ")
        }
        let wrong = RawClient(port: server.port)
        wrong.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")
        #expect(wrong.receive()?.status == 505)
    }
}
