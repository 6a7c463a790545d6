import ByteCoding
import EventModel
import Foundation
import SQLite
import Testing

// One test meets a failing disk, which only the inside of the writer can be told.
@testable import EventStore

@Suite("Topics in the store")
struct TopicStoreTests {
    private let test: TestStore
    private let topic: TopicDefinition

    init() throws {
        test = try TestStore()
        topic = try test.store.perform { writer throws(StoreError) in
            try writer.createTopic(
                name: "news", location: Location(), settings: TopicSettings(), tags: ["a": "b"])
        }
    }

    private func subscribe(
        _ endpoint: SubscriptionEndpoint, _ change: (inout SubscriptionSettings) throws -> Void = { _ in },
        pending token: String? = nil
    ) throws -> SubscriptionDefinition {
        var settings = SubscriptionSettings()
        try change(&settings)
        let wanted = settings
        let (key, now) = (topic.key, test.now)
        return try test.store.perform { writer throws(StoreError) in
            try writer.subscribe(
                endpoint, to: key, id: UUID().uuidString.lowercased(), settings: wanted,
                confirmation: token.map { .pending(token: $0, since: now) }
                    ?? .confirmed(wasAuthenticated: true, guardsUnsubscribe: false))
        }
    }

    private func queue(_ name: String) -> SubscriptionEndpoint { .queue(Location().arn("sqs", name)) }
    private let web = SubscriptionEndpoint.web(url: "http://127.0.0.1:9/", isSecure: false)

    private func publish(
        _ message: String, _ attributes: [TopicPublication.Attribute] = []
    ) throws -> PublishOutcome {
        var publication = TopicPublication(topic: topic.arn, message: Array(message.utf8))
        publication.attributes = attributes
        let ready = publication
        return try test.store.perform { writer throws(StoreError) in try writer.publish(ready) }
    }

    private func published(_ outcome: PublishOutcome) throws -> PublishedMessage {
        guard case .published(let message) = outcome else { throw StoreError.conflict("\(outcome)") }
        return message
    }

    @Test("A message is in every subscribed queue, in the envelope or as it was")
    func everyQueue() throws {
        let (plain, raw) = (try test.makeQueue("plain"), try test.makeQueue("raw"))
        let subscription = try subscribe(queue("plain"))
        _ = try subscribe(queue("raw")) { $0.isRaw = true }
        let kind = TopicPublication.Attribute(name: "kind", type: "String", value: Array("new".utf8))
        let message = try published(publish("hello", [kind]))
        #expect((message.queued, message.waiting, message.filtered, message.failed) == (2, 0, 0, 0))
        let envelope = try JSONValue(parsing: Array(try #require(try test.receive(plain).first).body.utf8))
        #expect(envelope["Type"] == "Notification")
        #expect(envelope["Message"] == "hello")
        #expect(envelope["MessageId"]?.stringValue == message.messageID)
        #expect(envelope["TopicArn"]?.stringValue == "arn:aws:sns:us-east-1:000000000000:news")
        #expect(envelope["Timestamp"]?.stringValue == test.now.iso8601Milliseconds)
        #expect(envelope["MessageAttributes"]?["kind"] == ["Type": "String", "Value": "new"])
        #expect(envelope["Subject"] == nil)
        #expect(envelope["UnsubscribeURL"]?.stringValue?.hasSuffix(subscription.arn.description) == true)
        let bare = try #require(try test.receive(raw).first)
        #expect(bare.body == "hello")
        #expect(bare.attributes == #"{"kind":{"StringValue":"new","DataType":"String"}}"#)
        // By the rule of the SQS developer guide, worked out with another program.
        #expect(String(bare.message.attributesMD5, radix: 16) == "6c03da4e31553b96eb78c9e6a0d1a929")
    }

    @Test("Filter policies look at the attributes or at the message")
    func filters() throws {
        let (byKind, byBody) = (try test.makeQueue("kind"), try test.makeQueue("body"))
        _ = try subscribe(queue("kind")) {
            $0.filter = try TopicFilter(#"{"kind":["new",{"prefix":"x"}]}"#, scope: .messageAttributes)
        }
        _ = try subscribe(queue("body")) {
            $0.filterScope = .messageBody
            $0.filter = try TopicFilter(#"{"a":{"b":[{"numeric":[">",1]}]}}"#, scope: .messageBody)
            $0.isRaw = true
        }
        func kind(_ value: String, _ type: String = "String") -> [TopicPublication.Attribute] {
            [TopicPublication.Attribute(name: "kind", type: type, value: Array(value.utf8))]
        }
        #expect(try published(publish("1", kind("new"))).filtered == 1)
        #expect(try published(publish("2", kind("old"))).filtered == 2)
        #expect(try published(publish("3", kind(#"["old","xy"]"#, "String.Array"))).queued == 1)
        #expect(try published(publish(#"{"a":{"b":2}}"#)).queued == 1)
        #expect(try published(publish(#"{"a":{"b":1}}"#)).queued == 0)
        #expect(try published(publish("no JSON")).queued == 0)
        #expect(try test.receive(byKind).count == 2)
        #expect(try test.receive(byBody).map(\.body) == [#"{"a":{"b":2}}"#])
    }

    @Test("A topic that is not there is told, and what the operation writes besides is committed")
    func missingTopic() throws {
        let key = try test.makeQueue()
        let outcome = try test.store.perform { writer throws(StoreError) in
            var batch = MessageBatch()
            batch.append(body: Array("beside".utf8), md5: 1)
            _ = try writer.send(batch, to: key)
            return try writer.publish(
                TopicPublication(topic: Location().arn("sns", "nobody"), message: [UInt8(ascii: "x")]))
        }
        #expect(outcome == .noSuchTopic)
        #expect(try test.receive(key).map(\.body) == ["beside"])
    }

    @Test("A FIFO queue takes no dead letters of a topic, because they have no message group")
    func groupedDeadLetters() throws {
        let dead = try test.makeFIFO("dead.fifo")
        _ = try subscribe(queue("gone")) {
            $0.isRaw = true
            $0.redriveTarget = Location().arn("sqs", "dead.fifo")
        }
        #expect(try published(publish("lost")).failed == 1)
        #expect(test.counters(dead) == QueueCounters())
    }

    @Test("A subscribed queue that is gone or too small sends its message to the dead-letter queue")
    func deadLetters() throws {
        let dead = try test.makeQueue("dead")
        _ = try test.makeQueue("small") { $0.maximumMessageBytes = 1_024 }
        let good = try test.makeQueue("good")
        for name in ["gone", "small", "good"] {
            _ = try subscribe(queue(name)) {
                $0.isRaw = true
                $0.redriveTarget = Location().arn("sqs", "dead")
            }
        }
        let long = String(repeating: "x", count: 1_025)
        let message = try published(publish(long))
        #expect((message.queued, message.failed) == (1, 2))
        #expect(try test.receive(good).map(\.body) == [long])
        #expect(try test.receive(dead).map(\.body) == [long, long])
    }

    @Test("Deliveries to HTTP endpoints, subscriptions and the signing key survive a crash")
    func crash() throws {
        let key = try test.makeQueue()
        let confirmed = try subscribe(web) { $0.isRaw = true }
        _ = try subscribe(queue("q")) { $0.isRaw = true }
        let pending = try subscribe(web, pending: "t0k3n")
        let message = try published(publish("hello"))
        #expect((message.queued, message.waiting) == (1, 1))
        let certificate = try #require(try test.reader.signingCertificate())
        let copy = try test.copyAfterCrash()
        #expect(try copy.receive(key).map(\.body) == ["hello"])
        let snapshot = copy.store.catalog.snapshot
        #expect(snapshot.topic(topic.arn) == topic)
        #expect(snapshot.subscriptions(of: topic.key).count == 3)
        #expect(snapshot.subscription(confirmed.arn) == confirmed)
        #expect(snapshot.subscription(pending.arn) == pending)
        #expect(try copy.reader.signingCertificate() == certificate)
        let delivery = try #require(try copy.reader.deliveries(to: confirmed.key, limit: 9).first)
        #expect(String(decoding: delivery.body, as: UTF8.self) == "hello")
        #expect(
            (delivery.messageID, delivery.attempts, delivery.kind) == (message.messageID, 0, "Notification"))
        let request = try #require(try copy.reader.deliveries(to: pending.key, limit: 9).first)
        let body = try JSONValue(parsing: request.body)
        #expect(body["Token"] == "t0k3n")
        #expect(
            body["SubscribeURL"]?.stringValue?.hasSuffix(
                "/?Action=ConfirmSubscription&TopicArn=\(topic.arn)&Token=t0k3n") == true)
    }

    @Test("An attempt ends with the delivery gone, later again, or in the dead-letter queue")
    func outcomes() throws {
        let dead = try test.makeQueue("dead")
        let subscription = try subscribe(web) {
            $0.isRaw = true
            $0.redriveTarget = Location().arn("sqs", "dead")
        }
        for message in ["one", "two"] { _ = try publish(message) }
        let waiting = try test.reader.deliveries(to: subscription.key, limit: 9)
        #expect(waiting.map(\.attempts) == [0, 0])
        let later = test.now + .seconds(20)
        let isDone = try test.store.perform { writer throws(StoreError) in
            let isGone = try writer.finishDelivery(waiting[0].id, .delivered)
            return try writer.finishDelivery(waiting[1].id, .retry(at: later)) && isGone
        }
        #expect(isDone)
        let left = try test.reader.deliveries(to: subscription.key, limit: 9)
        #expect(left.map(\.due) == [later])
        #expect(left.map(\.attempts) == [1])
        #expect(
            try test.store.perform { writer throws(StoreError) in
                try writer.finishDelivery(waiting[1].id, .givenUp)
            })
        #expect(try test.receive(dead).map(\.body) == ["two"])
        #expect(try test.reader.deliveries(to: subscription.key, limit: 9).isEmpty)
    }

    @Test("Who unsubscribed gets nothing more, not even what waited")
    func unsubscribed() throws {
        let subscription = try subscribe(web)
        _ = try publish("waits")
        try test.store.perform { writer throws(StoreError) in try writer.unsubscribe(subscription.key) }
        #expect(try test.reader.deliveries(to: subscription.key, limit: 9).isEmpty)
        #expect(try published(publish("later")).waiting == 0)
        #expect(test.store.catalog.snapshot.topic(topic.key)?.deletedSubscriptions == 1)
        try test.store.perform { [topic] writer throws(StoreError) in try writer.deleteTopic(topic.key) }
        #expect(try publish("nobody") == .noSuchTopic)
        #expect(test.store.catalog.snapshot.topics(in: Location()).isEmpty)
    }

    @Test("No more deliveries wait than may, and what is refused has written nothing")
    func backlog() throws {
        let queue = try test.makeQueue()
        _ = try subscribe(self.queue("q")) { $0.isRaw = true }
        let key = topic.key
        var settings = SubscriptionSettings()
        settings.isRaw = true
        let (raw, web) = (settings, web)
        try test.store.perform { writer throws(StoreError) in
            for number in 0..<1_000 {
                _ = try writer.subscribe(
                    web, to: key, id: "web-\(number)", settings: raw,
                    confirmation: .confirmed(wasAuthenticated: true, guardsUnsubscribe: false))
            }
        }
        let publication = TopicPublication(topic: topic.arn, message: Array("x".utf8))
        try test.store.perform { writer throws(StoreError) in
            for _ in 0..<SubscriptionLimits.waitingDeliveries / 1_000 { _ = try writer.publish(publication) }
        }
        #expect(try publish("x") == .backlogIsFull)
        try test.reopen()
        #expect(try publish("x") == .backlogIsFull)
        #expect(test.counters(queue).visible == SubscriptionLimits.waitingDeliveries / 1_000)
        let ending = test.store.catalog.snapshot.webSubscriptions.prefix(10).map(\.key)
        try test.store.perform { writer throws(StoreError) in
            for key in ending { try writer.unsubscribe(key) }
        }
        // What waited for the ten is gone: room for one more message to the others.
        #expect(try published(publish("x")).waiting == 990)
        #expect(try publish("x") == .backlogIsFull)
    }

    @Test("A group that is lost leaves no topic, no key and no waiting delivery behind")
    func lostGroup() throws {
        let subscription = try subscribe(web)
        let (arn, location) = (topic.arn, Location())
        #expect(throws: StoreError.self) {
            try test.store.perform { writer throws(StoreError) in
                _ = try writer.createTopic(
                    name: "lost", location: location, settings: TopicSettings(), tags: [:])
                _ = try writer.publish(TopicPublication(topic: arn, message: [UInt8(ascii: "x")]))
                try writer.attempt { () throws(SQLiteError) in
                    throw SQLiteError(extendedCode: 10, message: "disk I/O error")
                }
            }
        }
        #expect(test.store.catalog.snapshot.topic(named: "lost", in: location) == nil)
        #expect(try test.reader.signingCertificate() == nil)
        #expect(try test.reader.waitingDeliveries().isEmpty)
        #expect(try published(publish("kept")).waiting == 1)
        #expect(try test.reader.waitingDeliveries() == [subscription.key: 1])
        #expect(try test.reader.signingCertificate() != nil)
    }
}
