import ByteCoding
import EventModel
import EventStore
import HTTP
import KinesisService
import Synchronization
import Testing
import WireTesting

@Suite("Subscriptions to shards")
struct SubscriptionTests {
    private static let streamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/events"
    private static let consumerARN = "\(streamARN)/consumer/app:1720000000"
    private static let shard = "shardId-000000000000"

    private let world: WireWorld
    private let service: KinesisService

    init() throws {
        let made = Mutex<KinesisService?>(nil)
        world = try WireWorld { router, parts in
            let service = KinesisService(
                store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now)
            service.register(on: &router)
            made.withLock { $0 = service }
        }
        service = try #require(made.withLock { $0 })
        _ = try call("CreateStream", ["StreamName": "events", "ShardCount": 1])
        _ = try call(
            "RegisterStreamConsumer", ["StreamARN": .string(Self.streamARN), "ConsumerName": "app"])
    }

    private func call(_ operation: String, _ body: JSONValue) throws -> JSONValue {
        let response = try world.send(.json("Kinesis_20131202", operation, body.text))
        return response.bodyBytes.isEmpty ? .null : try JSONValue(parsing: response.bodyBytes)
    }

    private func put(_ data: [UInt8]) throws -> String {
        let answer = try call(
            "PutRecord",
            ["StreamName": "events", "PartitionKey": "k", "Data": .string(Base64.encode(data))])
        return try #require(answer["SequenceNumber"]?.stringValue, "\(answer)")
    }

    private func put(_ text: String) throws -> String { try put(Array(text.utf8)) }

    private func subscribe(_ type: String = "TRIM_HORIZON") throws -> RecordedStream {
        let body: JSONValue = [
            "ConsumerARN": .string(Self.consumerARN), "ShardId": .string(Self.shard),
            "StartingPosition": ["Type": .string(type)],
        ]
        let stream = try world.stream(.json("Kinesis_20131202", "SubscribeToShard", body.text))
        settle()
        return stream
    }

    /// Waits until the loop has done all that earlier calls gave rise to.
    private func settle() { for _ in 0..<10 { world.onLoop {} } }

    /// Waits for something that the writer's thread starts; fails after ten seconds.
    private func wait(_ condition: () throws -> Bool) throws {
        for _ in 0..<100_000 {
            if try condition() { return }
            settle()
        }
        Issue.record("it did not come")
    }

    private func messages(_ stream: RecordedStream) throws -> [EventMessage] {
        try stream.takeWritten().map { try EventMessage($0) }
    }

    @Test("It begins with an initial response and an event that may be empty")
    func beginning() throws {
        let number = try put("a")
        let stream = try subscribe()
        #expect(stream.head.status == 200)
        #expect(
            stream.head.headers.contains {
                $0.0 == "Content-Type" && $0.1 == "application/vnd.amazon.eventstream"
            })
        let found = try messages(stream)
        #expect(found.map(\.type) == ["initial-response", "SubscribeToShardEvent"])
        #expect(found.map(\.kind) == ["event", "event"])
        #expect(found.first?.payload == [:])
        #expect(
            found.last?.payload == [
                "Records": [
                    [
                        "SequenceNumber": .string(number), "ApproximateArrivalTimestamp": 1_720_000_000.123,
                        "Data": "YQ==", "PartitionKey": "k",
                    ]
                ],
                "ContinuationSequenceNumber": .string(number), "MillisBehindLatest": 0,
            ])
    }

    @Test("Records are sent when they are committed, each once")
    func push() throws {
        _ = try put("before")
        let stream = try subscribe("LATEST")
        #expect(try messages(stream).last?.records == [])
        var received: [String] = []
        for text in ["a", "b", "c"] {
            _ = try put(text)
            try wait {
                received += try messages(stream).flatMap(\.records)
                return received.last == text
            }
        }
        #expect(received == ["a", "b", "c"])
    }

    @Test("After five minutes it ends without a word")
    func lifetime() throws {
        let stream = try subscribe()
        world.clock.advance(by: .seconds(299))
        _ = try put("a")
        try wait { try messages(stream).contains { $0.records == ["a"] } }
        #expect(!stream.isFinished)
        world.clock.advance(by: .seconds(1))
        _ = try put("b")
        try wait { stream.isFinished }
        #expect(try messages(stream).isEmpty)
        #expect(service.subscriptionCount == 0)
    }

    @Test("A client that leaves is forgotten at once")
    func leaving() throws {
        let stream = try subscribe()
        #expect(service.subscriptionCount == 1)
        world.onLoop { stream.disconnect() }
        #expect(service.subscriptionCount == 0)
        _ = try put("nobody reads it")
    }

    @Test("A client that does not read is sent a bounded part, and the rest when it reads again")
    func backPressure() throws {
        let size = 200_000
        for number in 0..<30 { _ = try put([UInt8](repeating: UInt8(number), count: size)) }
        let stream = try subscribe("LATEST")
        _ = stream.takeWritten()
        stream.stall()
        for number in 30..<60 { _ = try put([UInt8](repeating: UInt8(number), count: size)) }
        settle()
        let stalled = try messages(stream)
        // The event that went beyond the mark is the last one.
        #expect(stream.pendingBytes < HTTPStreamWriter.highWaterBytes + 2_000_000)
        #expect(stalled.flatMap(\.payloads).count < 30)
        var received = stalled.flatMap(\.payloads).compactMap(\.first)
        try wait {
            world.onLoop { stream.drain() }
            received += try messages(stream).flatMap(\.payloads).compactMap(\.first)
            return received.count >= 30
        }
        #expect(received == (30..<60).map { UInt8($0) })
    }

    @Test("A backlog is sent in several events, in order")
    func backlog() throws {
        for number in 0..<40 { _ = try put([UInt8](repeating: UInt8(number), count: 100_000)) }
        let stream = try subscribe()
        var found: [EventMessage] = []
        try wait {
            found += try messages(stream)
            return found.flatMap(\.payloads).count == 40
        }
        #expect(found.flatMap(\.payloads).compactMap(\.first) == (0..<40).map { UInt8($0) })
        #expect(found.count { !$0.payloads.isEmpty } > 3)
    }

    @Test("A second call within five seconds is refused, a later one takes over")
    func takeover() throws {
        let first = try subscribe()
        _ = first.takeWritten()
        world.clock.advance(by: .milliseconds(4_999))
        let text =
            "Another active subscription exists for this consumer: 000000000000:events:\(Self.shard):app"
        let body: JSONValue = [
            "ConsumerARN": .string(Self.consumerARN), "ShardId": .string(Self.shard),
            "StartingPosition": ["Type": "LATEST"],
        ]
        let refused = try call("SubscribeToShard", body)
        #expect(refused == ["__type": "ResourceInUseException", "message": .string(text)])
        #expect(!first.isFinished)
        world.clock.advance(by: .milliseconds(1))
        let second = try subscribe("LATEST")
        let last = try #require(try messages(first).last)
        #expect(last.kind == "exception")
        #expect(last.type == "ResourceInUseException")
        #expect(last.payload == ["message": .string(text)])
        #expect(first.isFinished && !second.isFinished)
        #expect(service.subscriptionCount == 1)
    }

    @Test("A shard that was split ends with its children, and without a number to go on with")
    func shardEnd() throws {
        _ = try put("a")
        let stream = try subscribe()
        _ = stream.takeWritten()
        let key = try #require(world.store.catalog.stream(named: "events", in: Location()))
        try world.store.perform { writer throws(StoreError) in
            _ = try writer.splitShard(key.shards[0].key, of: key.key, at: UInt128(1) << 127)
        }
        try wait { stream.isFinished }
        let last = try #require(try messages(stream).last?.payload)
        #expect(last["Records"] == [])
        #expect(last["ContinuationSequenceNumber"] == nil)
        let children = last["ChildShards"]?.arrayValue ?? []
        #expect(children.map { $0["ShardId"]?.stringValue?.last } == ["1", "2"])
        #expect(children.allSatisfy { $0["ParentShards"] == [.string(Self.shard)] })
        #expect(service.subscriptionCount == 0)
    }

    @Test("It ends with the reason when its consumer or its stream goes", arguments: [true, false])
    func gone(byStream: Bool) throws {
        let stream = try subscribe()
        _ = stream.takeWritten()
        if byStream {
            _ = try call("DeleteStream", ["StreamName": "events", "EnforceConsumerDeletion": true])
        } else {
            _ = try call("DeregisterStreamConsumer", ["ConsumerARN": .string(Self.consumerARN)])
        }
        try wait { stream.isFinished }
        let last = try #require(try messages(stream).last)
        #expect(last.kind == "exception")
        #expect(last.type == "ResourceNotFoundException")
    }

    @Test("A daemon that stops ends them in order")
    func stopping() throws {
        let stream = try subscribe()
        world.onLoop { [service] in service.finishSubscriptions() }
        #expect(stream.isFinished)
        #expect(service.subscriptionCount == 0)
    }
}

/// A message of an event stream, taken apart.
private struct EventMessage {
    let kind: String
    let type: String
    let payload: JSONValue

    init(_ bytes: [UInt8]) throws {
        func length(_ offset: Int) -> Int {
            bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        try #require(bytes.count >= 16)
        try #require(length(0) == bytes.count)
        let fieldsEnd = 12 + length(4)
        var fields: [String: String] = [:]
        var place = 12
        while place < fieldsEnd {
            let nameEnd = place + 1 + Int(bytes[place])
            let valueStart = nameEnd + 3
            let valueEnd = valueStart + Int(bytes[nameEnd + 1]) << 8 + Int(bytes[nameEnd + 2])
            let name = String(decoding: bytes[place + 1..<nameEnd], as: UTF8.self)
            fields[name] = String(decoding: bytes[valueStart..<valueEnd], as: UTF8.self)
            place = valueEnd
        }
        kind = fields[":message-type"] ?? ""
        type = fields[":event-type"] ?? fields[":exception-type"] ?? ""
        payload = try JSONValue(parsing: Array(bytes[fieldsEnd..<bytes.count - 4]))
    }

    var payloads: [[UInt8]] {
        (payload["Records"]?.arrayValue ?? []).compactMap { record in
            record["Data"]?.stringValue.flatMap { Base64.decode($0) }
        }
    }

    var records: [String] { payloads.map { String(decoding: $0, as: UTF8.self) } }
}
