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

    func answerParked(_ text: String) {
        takeParked()?.respond(HTTPResponse(status: 200, body: .bytes(Array(text.utf8))))
    }
}
