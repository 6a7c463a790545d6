import Dispatch
import HTTP
import Synchronization
import Testing

/// A server with a loop of its own, whose handler parks what it has no answer for.
final class TestServer: Sendable {
    let loop: EventLoop
    let server: HTTPServer
    let port: UInt16
    private let parked: Parked

    /// Requests that wait for `answerParked`.
    private final class Parked: Sendable {
        let responders = Mutex<[HTTPResponder]>([])
        let writers = Mutex<[HTTPStreamWriter]>([])
        let arrivals = DispatchSemaphore(value: 0)
        let departures = DispatchSemaphore(value: 0)
    }

    init(limits: HTTPLimits = HTTPLimits()) throws {
        let parked = Parked()
        let loop = try EventLoop(label: "http-test")
        self.parked = parked
        self.loop = loop
        server = HTTPServer(loop: loop, limits: limits) { request, responder in
            switch request.path {
            case "/park", "/park-quietly":
                if request.path == "/park" { responder.onDisconnect { parked.departures.signal() } }
                parked.responders.withLock { $0.append(responder) }
                parked.arrivals.signal()
            case "/stream":
                let writer = responder.beginStream(status: 200, headers: [("X-A", "b")])
                writer.onDisconnect { parked.departures.signal() }
                parked.writers.withLock { $0.append(writer) }
                parked.arrivals.signal()
            case "/stream-at-once":
                let writer = responder.beginStream(status: 200)
                for number in 0..<(Int(request.query ?? "") ?? 0) { writer.write(Array("\(number),".utf8)) }
                writer.finish()
            case "/pour":
                TestServer.pour(Int(request.query ?? "") ?? 0, into: responder.beginStream(status: 200))
            case "/drop": break
            case "/headers":
                let headers = [("X-A", "b\r\nX-Evil: 1\u{0}"), ("Content-Length", "9"), ("connection", "x")]
                responder.respond(HTTPResponse(status: 200, headers: headers))
            case "/status": responder.respond(HTTPResponse(status: Int(request.query ?? "") ?? 0))
            case "/large":
                let count = Int(request.query ?? "") ?? 0
                let slices = (0..<count).map {
                    [UInt8](repeating: UInt8($0 & 255), count: 1000 + $0 * 7)[...]
                }
                responder.respond(HTTPResponse(status: 200, body: .slices(slices)))
            case "/elsewhere":
                DispatchQueue.global().async {
                    responder.respond(HTTPResponse(status: 200, body: .bytes(Array("elsewhere".utf8))))
                }
            case "/host":
                let host = request.headers["Host"] ?? "none"
                responder.respond(HTTPResponse(status: 200, body: .bytes(Array(host.utf8))))
            case "/echo": responder.respond(HTTPResponse(status: 200, body: .bytes(request.body)))
            default:
                let echo =
                    "\(request.method) \(request.target) \(String(decoding: request.body, as: UTF8.self))"
                responder.respond(HTTPResponse(status: 200, body: .bytes(Array(echo.utf8))))
            }
        }
        port = try server.listen(host: "127.0.0.1", port: 0)
        loop.start()
    }

    deinit {
        server.close()
        loop.stop()
    }

    func client() -> RawClient { RawClient(port: port) }

    /// Waits until that many more requests are parked.
    func waitForArrivals(_ count: Int = 1) {
        for _ in 0..<count { #expect(parked.arrivals.wait(timeout: .now() + 10) == .success) }
    }

    func waitForDeparture() { #expect(parked.departures.wait(timeout: .now() + 10) == .success) }

    /// Takes out a parked request.
    func takeParked() -> HTTPResponder? { parked.responders.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

    /// Writes that many pieces of 10,000 bytes, as fast as the client reads them.
    private static func pour(_ count: Int, into writer: HTTPStreamWriter) {
        let next = Mutex(0)
        let go: @Sendable () -> Void = {
            var goesOn = true
            while goesOn {
                let number = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                if number >= count { return writer.finish() }
                goesOn = writer.write([UInt8](repeating: UInt8(number & 255), count: 10_000))
                precondition(writer.pendingBytes < HTTPStreamWriter.highWaterBytes + 20_000)
            }
        }
        writer.onDrain(go)
        go()
    }

    /// Does something with the first parked stream on the loop, and waits for it.
    @discardableResult
    func withParkedStream<T: Sendable>(_ body: @escaping @Sendable (HTTPStreamWriter) -> T) throws -> T {
        let writer = try #require(parked.writers.withLock { $0.first })
        let result = Mutex<T?>(nil)
        let done = DispatchSemaphore(value: 0)
        loop.execute {
            let value = body(writer)
            result.withLock { $0 = value }
            done.signal()
        }
        #expect(done.wait(timeout: .now() + 10) == .success)
        return try #require(result.withLock { $0 })
    }

    /// Lets all parked streams go.
    func dropParkedStreams() { parked.writers.withLock { $0 = [] } }

    func answerParked(_ text: String) {
        takeParked()?.respond(HTTPResponse(status: 200, body: .bytes(Array(text.utf8))))
    }
}
