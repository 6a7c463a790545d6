import HTTP
import Testing

@Suite("An HTTP/2 server and clients that leave, stall or overdo it")
struct HTTP2LimitTests {
    @Test(
        "A parked request learns that its client has cancelled it or is gone",
        arguments: ["reset", "close", "half"])
    func leaving(how: String) throws {
        let server = try TestServer()
        var client: HTTP2Client? = HTTP2Client(port: server.port)
        let id = try #require(client?.request("/park"))
        client?.request("/stream")
        server.waitForArrivals(2)
        let responder = try #require(server.takeParked())
        #expect(responder.isConnected)
        switch how {
        case "reset": client?.reset(id)
        case "half": client?.raw.closeSendingHalf()
        default: client = nil
        }
        server.waitForDeparture()
        if how != "reset" { server.waitForDeparture() }
        #expect(!responder.isConnected)
        // An answer for nobody does no harm.
        responder.respond(HTTPResponse(status: 200, body: .bytes([1])))
        let next = client ?? HTTP2Client(port: server.port)
        if how == "half" { return }
        #expect(next.finished(next.request("/next"))?.text == "GET /next ")
    }

    @Test("A writer whose client has cancelled writes nothing")
    func cancelledStream() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        let id = client.request("/stream")
        server.waitForArrivals()
        client.reset(id)
        server.waitForDeparture()
        let isKept = try server.withParkedStream { writer in
            writer.write([1, 2, 3]) || writer.isConnected || writer.pendingBytes > 0
        }
        #expect(!isKept)
        try server.withParkedStream { $0.finish() }
        #expect(client.finished(client.request("/next"))?.text == "GET /next ")
    }

    @Test("Draining says goodbye, answers what is under way and closes then")
    func draining() throws {
        let server = try TestServer()
        let idle = HTTP2Client(port: server.port)
        #expect(idle.finished(idle.request("/x"))?.status == 200)
        let busy = HTTP2Client(port: server.port)
        let id = busy.request("/park")
        server.waitForArrivals()
        let notes = EventLoopTests.Notes()
        server.server.stopAccepting()
        server.server.drained { notes.finish() }
        #expect(idle.waitForEnd())
        #expect(idle.goAway == 0)
        #expect(busy.wait { busy.goAway == 0 })
        server.answerParked("bye")
        #expect(busy.finished(id)?.text == "bye")
        #expect(busy.waitForEnd())
        idle.raw.closeSendingHalf()
        busy.raw.closeSendingHalf()
        #expect(notes.waited().isEmpty)
    }

    @Test("Everyone parked hears it when the server closes")
    func closing() throws {
        let server = try TestServer()
        let client = HTTP2Client(port: server.port)
        for _ in 0..<5 { client.request("/park") }
        server.waitForArrivals(5)
        server.server.close()
        for _ in 0..<5 { server.waitForDeparture() }
        #expect(client.waitForEnd())
        #expect(client.goAway == 0)
    }

    @Test("A head or a body that is too large is refused with the reason, and others go on")
    func tooLarge() throws {
        var limits = HTTPLimits()
        limits.headBytesMax = 8 * 1024
        limits.bodyBytesMax = 100_000
        let server = try TestServer(limits: limits)
        let client = HTTP2Client(port: server.port)
        let long = client.request("/x", headers: [("a", String(repeating: "b", count: 10_000))])
        #expect(client.finished(long)?.status == 431)
        let many = client.request("/x", headers: (0..<130).map { ("a\($0)", "b") })
        #expect(client.finished(many)?.status == 431)
        let body = client.request("/echo", method: "POST", body: [UInt8](repeating: 1, count: 2_000_000))
        #expect(client.finished(body)?.status == 413)
        #expect(client.finished(client.request("/next"))?.text == "GET /next ")
    }

    @Test("Incomplete bodies are held up to a limit for all connections together")
    func heldBytes() throws {
        var limits = HTTPLimits()
        limits.heldBytesMax = 1_000_000
        let server = try TestServer(limits: limits)
        let client = HTTP2Client(port: server.port)
        let first = client.request("/echo", method: "POST", body: [UInt8](repeating: 1, count: 1_100_000))
        #expect(client.finished(first)?.status == 503)
        let second = client.request("/echo", method: "POST", body: [UInt8](repeating: 1, count: 900_000))
        #expect(client.finished(second)?.status == 200)
    }

    @Test("Requests past the limit of a connection are refused, to be sent again")
    func streamLimit() throws {
        var limits = HTTPLimits()
        limits.streamsMax = 3
        let server = try TestServer(limits: limits)
        // Frames of our own: the library would wait for its turn. GET, http, `:path /park`, `:authority a`.
        let head = "82 86 04 05 2f 70 61 72 6b 01 01 61"
        let requests = (0..<4).map { "00000c 01 05 0000000\($0 * 2 + 1) \(head)" }.joined()
        let raw = HTTP2Client.withFrames(port: server.port, requests + "000000 04 01 00000000")
        server.waitForArrivals(3)
        var bytes: [UInt8] = []
        // RST_STREAM of stream 7 with REFUSED_STREAM, or GOAWAY with PROTOCOL_ERROR once the settings are acknowledged.
        let refused = HTTP2Client.frames("000004 03 00 00000007 00000007")
        while !bytes.contains(refused) {
            let more = raw.receiveBytes()
            try #require(!more.isEmpty)
            bytes += more
        }
    }

    @Test(
        "Bad frames end the connection with the right error",
        arguments: [
            // DATA on a stream that nobody began; HEADERS on stream 0; PING of the wrong size; HEADERS that are no HPACK.
            ("000001 00 01 00000001 00", UInt32(1)), ("000001 01 05 00000000 82", 1),
            ("000004 06 00 00000000 00000000", 6), ("000002 01 05 00000001 ffff", 9),
            // SETTINGS of the wrong size; a window of no size; a frame larger than allowed; CONTINUATION of nothing.
            ("000005 04 00 00000000 0000000000", 6), ("000004 08 00 00000000 00000000", 1),
            ("ffffff 00 01 00000001 00", 6), ("000001 09 04 00000001 82", 1),
            // A stream with an even number.
            ("000001 01 05 00000002 82", 1),
        ])
    func badFrames(hex: String, code: UInt32) throws {
        let server = try TestServer()
        let raw = HTTP2Client.withFrames(port: server.port, hex)
        #expect(HTTP2Client.goAway(in: raw) == code)
        let next = HTTP2Client(port: server.port)
        #expect(next.finished(next.request("/next"))?.text == "GET /next ")
    }

    @Test("A request without a path, or with fields that HTTP/2 forbids, is refused and harms nobody")
    func malformed() throws {
        let server = try TestServer()
        // nghttp2 does not send such requests, so these are frames: a good one to park, one without `:path`, one with
        // the field `connection`.
        let raw = HTTP2Client.withFrames(
            port: server.port,
            "00000c 01 05 00000001 8286 04052f7061726b 010161" + "000005 01 05 00000003 8286 010161"
                + "000014 01 05 00000005 828684 010161 000a636f6e6e656374696f6e 0178")
        server.waitForArrivals()
        var bytes: [UInt8] = []
        for id in ["03", "05"] {
            // RST_STREAM with PROTOCOL_ERROR.
            let reset = HTTP2Client.frames("000004 03 00 000000\(id) 00000001")
            while !bytes.contains(reset) {
                let more = raw.receiveBytes()
                try #require(!more.isEmpty)
                bytes += more
            }
        }
        server.answerParked("beside")
        let answer = HTTP2Client.frames("000006 00 01 00000001") + Array("beside".utf8)
        while !bytes.contains(answer) {
            let more = raw.receiveBytes()
            try #require(!more.isEmpty)
            bytes += more
        }
    }

    @Test(
        "A request that does not arrive in time is refused, an idle connection told goodbye, a parked one left alone"
    )
    func timeouts() throws {
        var limits = HTTPLimits()
        limits.requestTimeout = .milliseconds(150)
        limits.idleTimeout = .milliseconds(150)
        let server = try TestServer(limits: limits)
        let parked = HTTP2Client(port: server.port)
        let id = parked.request("/park")
        server.waitForArrivals()
        // POST with a body that does not come.
        let slow = HTTP2Client.withFrames(port: server.port, "000006 01 04 00000001 838684 010161")
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains("in time") {
            let more = slow.receiveBytes()
            try #require(!more.isEmpty)
            bytes += more
        }
        let idle = HTTP2Client(port: server.port)
        #expect(idle.waitForEnd())
        #expect(idle.goAway == 0)
        server.answerParked("still here")
        #expect(parked.finished(id)?.text == "still here")
    }

    @Test("A client that takes nothing of its answer is given up")
    func unreadAnswer() throws {
        var limits = HTTPLimits()
        limits.writeTimeout = .milliseconds(150)
        let server = try TestServer(limits: limits)
        // A window that stays closed.
        let closed = HTTP2Client(port: server.port, readsByItself: false)
        let large = closed.request("/large?100")
        let stream = closed.request("/stream")
        server.waitForArrivals()
        #expect(try !server.withParkedStream { $0.write([UInt8](repeating: 1, count: 1_000_000)) })
        #expect(closed.finished(large)?.error == 8)
        #expect(closed.finished(stream)?.error == 8)
        server.waitForDeparture()
        // A socket that nobody reads.
        let deaf = HTTP2Client(port: server.port, window: 1 << 30, receiveBuffer: 4096)
        for _ in 0..<2 { deaf.request("/large?2000") }
        deaf.request("/park")
        server.waitForArrivals()
        server.waitForDeparture()
    }

    @Test("Whatever bytes a client sends, others are served and nothing is left of it", arguments: 0..<10)
    func damage(seed: UInt64) throws {
        let server = try TestServer()
        var random = SeededRandom(seed: seed)
        // Requests with a body, a header in two frames, a ping, a cancelled one, a window.
        let good = HTTP2Client.frames(
            "000009 01 04 00000001 838684 010161 040161" + "000003 00 01 00000001 616263"
                + "000003 01 01 00000003 828684" + "000003 09 04 00000003 010161"
                + "000008 06 00 00000000 0102030405060708" + "000006 01 05 00000005 828684 010161"
                + "000004 03 00 00000005 00000008" + "000004 08 00 00000000 00001000")
        for _ in 0..<40 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
            }
            let raw = HTTP2Client.withFrames(port: server.port, "")
            raw.send(bytes)
            raw.closeSendingHalf()
            #expect(raw.receiveToEnd().count >= 9)
        }
        let client = HTTP2Client(port: server.port)
        #expect(client.finished(client.request("/next"))?.text == "GET /next ")
    }
}
