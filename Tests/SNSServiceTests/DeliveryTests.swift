import AWSWire
import Dispatch
import EventModel
import EventStore
import Foundation
import HTTP
import SNSService
import Synchronization
import Testing

@Suite("Deliveries to HTTP endpoints")
struct DeliveryTests {
    @Test("A failed delivery comes again when its time has come, and then is gone")
    func retry() throws {
        let world = try DeliveryWorld(answers: [500, 200])
        world.serve()
        let subscription = try world.subscribe()
        try world.publish("hello")
        #expect(world.nextEvent() == "failed: the endpoint answered 500")
        let waiting = try #require(try world.deliveries(to: subscription).first)
        #expect(waiting.attempts == 1)
        #expect(waiting.due == world.clock.now + .seconds(20))
        #expect(world.endpoint.requests.map(\.body) == ["hello"])
        world.clock.advance(.seconds(20))
        #expect(world.nextEvent() == "delivered")
        #expect(world.endpoint.requests.map(\.body) == ["hello", "hello"])
        #expect(try world.deliveries(to: subscription).isEmpty)
    }

    @Test("What was published and not delivered is delivered by the next run")
    func restart() throws {
        let world = try DeliveryWorld()
        let subscription = try world.subscribe()
        for message in ["one", "two", "three"] { try world.publish(message) }
        try world.reopen()
        #expect(try world.deliveries(to: subscription).count == 3)
        world.serve()
        for _ in 0..<3 { #expect(world.nextEvent() == "delivered") }
        #expect(world.endpoint.requests.map(\.body).sorted() == ["one", "three", "two"])
        let request = try #require(world.endpoint.requests.first)
        #expect(request.headers["x-amz-sns-message-type"] == "Notification")
        #expect(request.headers["x-amz-sns-rawdelivery"] == "true")
        #expect(request.headers["x-amz-sns-subscription-arn"] == subscription.arn.description)
    }

    @Test("Statuses that another attempt would not change end it at once", arguments: [301, 400, 403, 404])
    func refused(status: Int) throws {
        let world = try DeliveryWorld(answers: [status])
        world.serve()
        _ = try world.subscribe()
        try world.publish("hello")
        #expect(world.nextEvent() == "given up, lost: the endpoint answered \(status)")
    }

    @Test("After the last retry a message goes to the dead-letter queue")
    func deadLetter() throws {
        let world = try DeliveryWorld(answers: [429, 503, 500, 500])
        world.serve()
        let queue = try world.store.perform { writer throws(StoreError) in
            try writer.createQueue(
                name: "dead", location: Location(), attributes: QueueAttributes(), tags: [:])
        }
        let subscription = try world.subscribe { $0.redriveTarget = queue.arn }
        try world.publish("hello")
        for status in [429, 503, 500] {
            #expect(world.nextEvent() == "failed: the endpoint answered \(status)")
            world.clock.advance(.seconds(20))
        }
        #expect(world.nextEvent() == "given up, kept: the endpoint answered 500")
        #expect(try world.deliveries(to: subscription).isEmpty)
        #expect(world.store.leases.counters(of: queue.key, now: world.clock.now).visible == 1)
    }

    @Test("A subscription that nobody confirmed in two days ends; one of today stays")
    func unconfirmed() throws {
        let world = try DeliveryWorld()
        world.endpoint.close()
        let old = try world.subscribe(token: "old")
        let kept = try world.subscribe()
        world.clock.advance(SubscriptionLimits.confirmationLifetime)
        let young = try world.subscribe(token: "young")
        world.serve()
        #expect(try world.remaining(after: old) == [kept.id, young.id])
    }

    @Test("An endpoint that nobody listens at is tried again")
    func nobody() throws {
        let world = try DeliveryWorld()
        world.endpoint.close()
        world.serve()
        let subscription = try world.subscribe()
        try world.publish("hello")
        #expect(world.nextEvent().hasPrefix("failed: Cannot connect to \(world.endpoint.url)"))
        #expect(try world.deliveries(to: subscription).first?.attempts == 1)
    }
}

/// A store with one topic, an endpoint, and when it is told to, a service that delivers.
private final class DeliveryWorld {
    let clock = HandClock()
    let endpoint: TestEndpoint
    private(set) var store: EventStore
    private let directory = FileManager.default.temporaryDirectory.appending(path: "millrace-sns-\(UUID())")
    private let loop: EventLoop
    private let events = EventLog()
    private var service: SNSService?
    private let topic: TopicDefinition

    init(answers: [Int] = []) throws {
        endpoint = try TestEndpoint(answers: answers)
        loop = try EventLoop(label: "api")
        store = try EventStore.open(
            directory: directory.path, durability: .normal, now: { [clock] in clock.now })
        topic = try store.perform { writer throws(StoreError) in
            try writer.createTopic(
                name: "news", location: Location(), settings: TopicSettings(), tags: [:])
        }
        loop.start()
    }

    deinit {
        service?.stopDelivering()
        loop.stop()
        endpoint.close()
        // The directory goes whether the store could be closed in order or not.
        try? store.close()
        try? FileManager.default.removeItem(at: directory)
    }

    func reopen() throws {
        try store.close()
        store = try EventStore.open(
            directory: directory.path, durability: .normal, now: { [clock] in clock.now })
    }

    func serve() {
        guard let reader = try? store.makeReader() else {
            Issue.record("the store gives no reader")
            return
        }
        let made = SNSService(
            store: store, reader: reader, loop: loop, now: { [clock] in clock.now },
            report: { [events] in events.add($0) })
        var router = ServiceRouter()
        made.register(on: &router)
        service = made
    }

    func subscribe(
        token: String? = nil, _ change: (inout SubscriptionSettings) -> Void = { _ in }
    ) throws -> SubscriptionDefinition {
        var settings = SubscriptionSettings()
        settings.isRaw = true
        change(&settings)
        let wanted = settings
        let now = clock.now
        return try store.perform { [topic, url = endpoint.url] writer throws(StoreError) in
            try writer.subscribe(
                .web(url: url, isSecure: false), to: topic.key, id: UUID().uuidString.lowercased(),
                settings: wanted,
                confirmation: token.map { .pending(token: $0, since: now) }
                    ?? .confirmed(wasAuthenticated: true, guardsUnsubscribe: false))
        }
    }

    /// The IDs of the subscriptions that are there when one is gone.
    func remaining(after gone: SubscriptionDefinition) throws -> [String] {
        let isGone = DispatchSemaphore(value: 0)
        store.observe { [catalog = store.catalog] changes in
            guard changes.definitionsChanged, catalog.snapshot.subscription(gone.key) == nil else {
                return
            }
            isGone.signal()
        }
        if store.catalog.snapshot.subscription(gone.key) != nil {
            try #require(isGone.wait(timeout: .now() + 30) == .success)
        }
        return store.catalog.snapshot.subscriptions(of: topic.key).map(\.id)
    }

    func publish(_ message: String) throws {
        let publication = TopicPublication(topic: topic.arn, message: Array(message.utf8))
        _ = try store.perform { writer throws(StoreError) in try writer.publish(publication) }
    }

    func deliveries(to subscription: SubscriptionDefinition) throws -> [TopicDelivery] {
        try store.makeReader().deliveries(to: subscription.key, limit: 10)
    }

    func nextEvent() -> String { events.next() }
}

/// A wall clock that tests advance by hand.
private final class HandClock: Sendable {
    private let time = Mutex(Timestamp(millisecondsSinceEpoch: 1_720_000_000_000))
    var now: Timestamp { time.withLock { $0 } }
    func advance(_ length: Duration) { time.withLock { $0 = $0 + length } }
}

/// What the service reported, in words.
private final class EventLog: Sendable {
    private let events = Mutex<[String]>([])
    private let added = DispatchSemaphore(value: 0)

    func add(_ event: DeliveryEvent) {
        let words =
            switch event {
            case .delivered: "delivered"
            case .failed(_, let reason): "failed: \(reason)"
            case .givenUp(_, let reason, let isKept): "given up, \(isKept ? "kept" : "lost"): \(reason)"
            case .storeFailed(let reason): "store failed: \(reason)"
            }
        events.withLock { $0.append(words) }
        added.signal()
    }

    func next() -> String {
        guard added.wait(timeout: .now() + 30) == .success else { return "nothing happened" }
        return events.withLock { $0.removeFirst() }
    }
}

/// An HTTP server that keeps what it is sent, and answers with the given statuses, then with 200.
private final class TestEndpoint: Sendable {
    private struct State {
        var answers: [Int]
        var requests: [HTTPRequest] = []
    }

    let url: String
    private let loop: EventLoop
    private let server: HTTPServer
    private let state: Shared
    private let isClosed = Atomic(false)

    private final class Shared: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    init(answers: [Int]) throws {
        let shared = Shared(State(answers: answers))
        state = shared
        loop = try EventLoop(label: "endpoint")
        server = HTTPServer(loop: loop) { request, responder in
            let status = shared.state.withLock { state in
                state.requests.append(request)
                return state.answers.isEmpty ? 200 : state.answers.removeFirst()
            }
            responder.respond(HTTPResponse(status: status, headers: [], body: .bytes([])))
        }
        url = "http://127.0.0.1:\(try server.listen(host: "127.0.0.1", port: 0))/"
        loop.start()
    }

    var requests: [(body: String, headers: HeaderFields)] {
        state.state.withLock { $0.requests }.map { (String(decoding: $0.body, as: UTF8.self), $0.headers) }
    }

    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        server.close()
        loop.stop()
    }
}
