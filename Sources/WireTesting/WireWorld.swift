package import AWSWire
import Dispatch
package import EventModel
package import EventStore
package import Foundation
package import HTTP
import Synchronization

/// One service over a store of its own with a clock that stands still: what golden wire pairs run against.
///
/// Everything that differs from run to run is fixed: time, request IDs, the IDs that services make. So the same calls
/// give the same bytes.
package final class WireWorld {
    package let store: EventStore
    package let loop: EventLoop
    package let clock: FixedClock
    package let directory: URL
    private let router: ServiceRouter

    /// - Parameters:
    ///   - time: What the clock shows at first.
    ///   - register: Makes the services and registers them on the router.
    package init(
        time: Timestamp = Timestamp(millisecondsSinceEpoch: 1_720_000_000_123),
        _ register: (inout ServiceRouter, WireParts) -> Void
    ) throws {
        let clock = FixedClock(time)
        self.clock = clock
        directory = FileManager.default.temporaryDirectory.appending(path: "millrace-wire-\(UUID())")
        store = try EventStore.open(
            directory: directory.path, durability: .normal, now: { clock.now })
        loop = try EventLoop(label: "wire")
        var router = ServiceRouter(makeRequestID: { "7f3f9a5c-0000-4000-8000-000000000000" })
        register(
            &router,
            WireParts(
                store: store, reader: try store.makeReader(), loop: loop, now: { clock.now },
                identifiers: IdentifierSource(seed: Array(1...16))))
        self.router = router
        loop.start()
    }

    deinit {
        loop.stop()
        // The directory goes whether the store could be closed in order or not.
        try? store.close()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Sends a request through the router and waits for its answer.
    package func send(_ request: HTTPRequest) throws -> HTTPResponse {
        try start(request).response()
    }

    /// Sends a request through the router; the answer may come later, as that of a long poll does.
    package func start(_ request: HTTPRequest) -> PendingResponse {
        let pending = PendingResponse("\(request.method) \(request.target)")
        let responder = HTTPResponder { response in pending.put(response) }
        loop.execute { [router] in router.handle(request, responder) }
        pending.leave = { [loop] in loop.execute { responder.disconnect() } }
        return pending
    }
}

extension WireWorld {
    /// Sends a request whose answer is written piece by piece, and waits until that begins.
    package func stream(_ request: HTTPRequest) throws -> RecordedStream {
        let begun = PendingStream()
        let responder = HTTPResponder { response in
            begun.refusal.withLock { $0 = response.bodyText }
            begun.signal.signal()
        } stream: { stream in
            begun.stream.withLock { $0 = stream }
            begun.signal.signal()
        }
        loop.execute { [router] in router.handle(request, responder) }
        guard begun.signal.wait(timeout: .now() + 30) == .success,
            let stream = begun.stream.withLock({ $0 })
        else { throw WireWorldError.unanswered(begun.refusal.withLock { $0 }) }
        return stream
    }

    /// Does something on the loop and waits until it is done, and all that was handed to the loop before.
    package func onLoop(_ work: @escaping @Sendable () -> Void) {
        let done = DispatchSemaphore(value: 0)
        loop.execute {
            work()
            done.signal()
        }
        done.wait()
    }
}

private final class PendingStream: Sendable {
    let stream = Mutex<RecordedStream?>(nil)
    let refusal = Mutex("")
    let signal = DispatchSemaphore(value: 0)
}

/// What a service is made of.
package struct WireParts {
    package let store: EventStore
    package let reader: StoreReader
    package let loop: EventLoop
    package let now: @Sendable () -> Timestamp
    package let identifiers: IdentifierSource
}

package enum WireWorldError: Error {
    case unanswered(String)
}

/// A wall clock that moves only when it is told to.
package final class FixedClock: Sendable {
    private let time: Mutex<Timestamp>

    init(_ time: Timestamp) { self.time = Mutex(time) }

    package var now: Timestamp { time.withLock { $0 } }

    package func advance(by length: Duration) { time.withLock { $0 = $0 + length } }
}

/// Carries one answer from the loop, or the store's writer, to the waiting test.
package final class PendingResponse: @unchecked Sendable {
    // Unchecked for `leave` alone, which `WireWorld.start` sets before anybody else has the object.
    private let request: String
    /// Lets the client leave.
    package fileprivate(set) var leave: () -> Void = {}
    private let answer = Mutex<HTTPResponse?>(nil)
    private let answered = DispatchSemaphore(value: 0)

    init(_ request: String) { self.request = request }

    func put(_ response: HTTPResponse) {
        answer.withLock { $0 = response }
        answered.signal()
    }

    package var isThere: Bool { answer.withLock { $0 != nil } }

    /// Waits for the answer; once.
    package func response() throws -> HTTPResponse {
        guard answered.wait(timeout: .now() + 30) == .success, let response = answer.withLock({ $0 }) else {
            throw WireWorldError.unanswered(request)
        }
        return response
    }
}
