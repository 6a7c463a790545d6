import EventModel
import EventStore
import Testing

@Suite("Settings of streams")
struct StreamSettingsTests {
    private static let consumerARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/app:1763600000"

    private func full(at now: Timestamp) -> StreamSettings {
        var settings = StreamSettings(
            maxRecordKiB: 2_048, tags: ["a": "1", "ü": ""], shardLevelMetrics: ["IncomingBytes"],
            policy: #"{"Statement":[]}"#,
            consumers: [
                StreamConsumer(name: "app", createdAt: now, tags: ["c": "2"], policy: "{}"),
                StreamConsumer(name: "plain", createdAt: now),
            ])
        settings.encrypt(with: "first", now: now, retention: .seconds(86_400))
        settings.encrypt(with: "second", now: now + .seconds(1), retention: .seconds(86_400))
        return settings
    }

    private func update(_ test: TestStore, _ stream: StreamDefinition) throws {
        try test.store.perform { writer throws(StoreError) in try writer.updateStream(stream) }
    }

    @Test("All of them survive closing and a crash")
    func survive() throws {
        let test = try TestStore()
        var stream = try test.makeStream(shards: 2)
        stream.settings = full(at: test.now)
        stream.kind = .kinesis(isOnDemand: true)
        try update(test, stream)
        #expect(test.store.catalog.stream(stream.key) == stream)
        #expect(try test.copyAfterCrash().store.catalog.stream(stream.key) == stream)
        try test.reopen()
        #expect(test.store.catalog.stream(stream.key) == stream)
    }

    @Test("A stream that is gone is not brought back by them")
    func gone() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        try test.store.perform { writer throws(StoreError) in try writer.deleteStream(stream.key) }
        #expect(throws: StoreError.notFound("The stream")) { try update(test, stream) }
        #expect(test.store.catalog.stream(stream.key) == nil)
    }

    @Test("A consumer's ARN leads to its stream as long as that consumer is registered")
    func source() throws {
        let test = try TestStore()
        var stream = try test.makeStream()
        let arn = try #require(ARN(Self.consumerARN))
        #expect(test.store.catalog.snapshot.stream(read: arn) == nil)
        stream.settings.consumers = [StreamConsumer(name: "app", createdAt: test.now)]
        try update(test, stream)
        #expect(stream.settings.consumers[0].arn(in: stream) == arn)
        #expect(test.store.catalog.snapshot.stream(read: arn)?.key == stream.key)
        #expect(test.store.catalog.snapshot.stream(read: stream.arn)?.key == stream.key)
        // Registered again a second later it is another consumer.
        stream.settings.consumers = [StreamConsumer(name: "app", createdAt: test.now + .seconds(1))]
        try update(test, stream)
        #expect(test.store.catalog.snapshot.stream(read: arn) == nil)
    }

    @Test(
        "What is no ARN of a consumer is not taken for one",
        arguments: [
            "arn:aws:kinesis:us-east-1:000000000000:stream/s",
            "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/app",
            "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/app:",
            "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/app:x",
            "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/app:007",
            "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/:7",
            "arn:aws:kinesis:us-east-1:000000000000:stream/s/reader/app:7",
            "arn:aws:sqs:us-east-1:000000000000:stream/s/consumer/app:7",
        ])
    func notAConsumer(text: String) throws {
        #expect(ConsumerReference(try #require(ARN(text))) == nil)
    }

    @Test("Records say that they are encrypted when a key was in use as they came")
    func encryption() {
        let start = Timestamp(millisecondsSinceEpoch: 1_763_600_000_000)
        let hour = Duration.seconds(3_600)
        var settings = StreamSettings()
        settings.encrypt(with: "a", now: start, retention: hour * 24)
        settings.encrypt(with: "a", now: start + hour, retention: hour * 24)
        #expect(settings.encryptions.count == 1)
        settings.encrypt(with: "b", now: start + hour * 2, retention: hour * 24)
        settings.encrypt(with: nil, now: start + hour * 3, retention: hour * 24)
        settings.encrypt(with: nil, now: start + hour * 4, retention: hour * 24)
        #expect(settings.keyID == nil)
        let hours = (-1...4).map { settings.isEncrypted(recordFrom: start + hour * $0) }
        #expect(hours == [false, true, true, true, false, false])
        // Spans that retention has outlived are forgotten.
        settings.encrypt(with: "c", now: start + hour * 26 + .seconds(1), retention: hour * 24)
        #expect(settings.encryptions.map(\.keyID) == ["b", "c"])
    }
}
