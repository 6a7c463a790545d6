import EventModel
import EventStore
import Foundation
import Testing

@Suite("Mappings in the store")
struct MappingStoreTests {
    static func mapping(
        _ id: String = "m1", stream: StreamMappingSettings? = nil,
        queue: QueueMappingSettings = QueueMappingSettings(), filters: [FilterPattern] = []
    ) -> EventSourceMapping {
        EventSourceMapping(
            id: id, location: Location(region: "eu-west-1"),
            source: ARN(service: "sqs", region: "eu-west-1", account: "000000000000", resource: "q"),
            functionARN: ARN(
                service: "lambda", region: "eu-west-1", account: "000000000000", resource: "function:f:live"),
            settings: MappingSettings(
                batchSize: 7, batchingWindowSeconds: 3, reportsBatchItemFailures: true, filters: filters,
                stream: stream, queue: queue, tags: ["k": "v\"ü"]),
            state: .creating, isEnabled: false, stateTransitionReason: "USER_INITIATED",
            lastProcessingResult: stream == nil ? nil : "OK",
            modifiedAt: Timestamp(millisecondsSinceEpoch: 12_345))
    }

    static let settings: [StreamMappingSettings?] = [
        nil, StreamMappingSettings(startingPosition: .latest),
        StreamMappingSettings(
            startingPosition: .atTimestamp(Timestamp(millisecondsSinceEpoch: 77)), maximumRetryAttempts: 0,
            maximumRecordAgeSeconds: 60, bisectsOnError: true, parallelizationFactor: 7,
            tumblingWindowSeconds: 30,
            onFailureDestination: ARN(service: "sqs", region: "r", account: "1", resource: "dead")),
    ]

    @Test(
        "A queue mapping comes back from the file as it was",
        arguments: [
            QueueMappingSettings(maximumConcurrency: 7),
            QueueMappingSettings(
                provisionedPollers: .init(minimum: 3, maximum: 9),
                onFailureDestination: Location().arn("sqs", "dead"),
                onSuccessDestination: Location().arn("sns", "told")),
        ])
    func queueCodec(queue: QueueMappingSettings) throws {
        let test = try TestStore()
        let mapping = Self.mapping(queue: queue)
        try test.store.perform { writer throws(StoreError) in try writer.createMapping(mapping) }
        try test.reopen()
        #expect(test.store.catalog.mapping("m1") == mapping)
    }

    @Test("A mapping comes back from the file as it was", arguments: settings)
    func codec(stream: StreamMappingSettings?) throws {
        let test = try TestStore()
        let mapping = Self.mapping(stream: stream)
        try test.store.perform { writer throws(StoreError) in try writer.createMapping(mapping) }
        try test.reopen()
        #expect(test.store.catalog.mapping("m1") == mapping)
        #expect(test.store.catalog.snapshot.mappings == [mapping])
    }

    @Test("Filters come back as they were given; a text that is none is told")
    func filters() throws {
        let texts = [#" {"body" : ["é\"", {"prefix":"\\u0061"}]} "#, #"{"messageId":[{"exists":true}]}"#]
        let mapping = Self.mapping(filters: try texts.map { try FilterPattern($0) })
        let read = try MappingCodec.mapping(MappingCodec.text(mapping))
        #expect(read.settings.filters.map(\.text) == texts)
        #expect(read == mapping)
        #expect(throws: StoreError.self) {
            try MappingCodec.mapping(
                #"{"id":"m","source":"arn:aws:sqs:r:1:q","functionARN":"arn:aws:lambda:r:1:function:f","batchSize":5,"filters":["{}"]}"#
            )
        }
    }

    @Test(
        "A function comes back from the file as it was",
        arguments: [
            FunctionDefinition.Handler.runtime(identifier: "python3.12", handler: "a.b", codePath: "/code"),
            .command(["sh", "-c", "exit 1"], workingDirectory: "/w"),
        ])
    func function(handler: FunctionDefinition.Handler) throws {
        let test = try TestStore()
        let function = FunctionDefinition(
            name: "f", handler: handler, timeoutSeconds: 9, memoryMegabytes: 256, environment: ["A": "1"],
            role: "r", description: "d", modifiedAt: Timestamp(millisecondsSinceEpoch: 5))
        try test.store.perform { writer throws(StoreError) in try writer.putFunction(function) }
        try test.reopen()
        #expect(test.store.catalog.function(named: "f", in: Location()) == function)
        try test.store.perform { writer throws(StoreError) in
            try writer.deleteFunction(named: "f", in: Location())
        }
        #expect(test.store.catalog.snapshot.functions.isEmpty)
    }

    @Test("Settings of another version are read: unknown members are ignored, missing ones have defaults")
    func tolerance() throws {
        let mapping = try MappingCodec.mapping(
            """
            {"id":"m","source":"arn:aws:sqs:r:1:q","functionARN":"arn:aws:lambda:r:1:function:f","batchSize":5,
             "fromTheFuture":[1,{"a":2}]}
            """)
        #expect(mapping.settings == MappingSettings(batchSize: 5))
        #expect(mapping.isEnabled)
        #expect(throws: StoreError.self) { try MappingCodec.mapping("{}") }
        #expect(throws: StoreError.self) { try FunctionCodec.function("{\"name\":\"f\"", in: "/data") }
    }

    @Test("A mapping starts once in a shard, and its checkpoint moves with each settlement")
    func checkpoints() throws {
        let test = try TestStore()
        let shards = (1...2).map { ShardKey(rawValue: $0) }
        try test.store.perform { writer throws(StoreError) in
            try writer.createMapping(Self.mapping())
            #expect(try writer.startCheckpoint(mapping: "m1", shard: shards[0], after: 5) == 5)
            #expect(try writer.startCheckpoint(mapping: "m1", shard: shards[0], after: 9) == 5)
            _ = try writer.settle(Settlement(mappingID: "m1", shard: shards[0], through: 8))
            _ = try writer.settle(Settlement(mappingID: "m1", shard: shards[1], through: 3))
        }
        #expect(try test.reader.checkpoint(of: "m1", in: shards[0]) == 8)
        try test.reopen()
        #expect(try test.reader.checkpoints(of: "m1") == [shards[0]: 8, shards[1]: 3])
        try test.store.perform { writer throws(StoreError) in try writer.deleteMapping("m1") }
        #expect(try test.reader.checkpoint(of: "m1", in: shards[0]) == nil)
        #expect(throws: StoreError.notFound("Mapping m1")) {
            try test.store.perform { writer throws(StoreError) in
                try writer.settle(Settlement(mappingID: "m1", shard: shards[0], through: 9))
            }
        }
    }

    @Test("A checkpoint that moves back stops the process")
    func backwards() async throws {
        let directory = TestStore.freshDirectory()
        // The folder is temporary; a failure here is not what the test is about.
        defer { try? FileManager.default.removeItem(atPath: directory) }
        await #expect(processExitsWith: .failure) { [directory = directory as String] in
            let test = try TestStore(opening: directory)
            let shard = ShardKey(rawValue: 1)
            try test.store.perform { writer throws(StoreError) in
                try writer.createMapping(MappingStoreTests.mapping())
                _ = try writer.settle(Settlement(mappingID: "m1", shard: shard, through: 8))
            }
            try test.store.perform { writer throws(StoreError) in
                _ = try writer.settle(Settlement(mappingID: "m1", shard: shard, through: 7))
            }
        }
        let left = try TestStore(opening: directory)
        #expect(try left.reader.checkpoint(of: "m1", in: ShardKey(rawValue: 1)) == 8)
    }

    static func discard(_ test: TestStore, payload: [UInt8] = [1, 2]) -> Discard {
        Discard(
            mappingID: "m1", shard: ShardKey(rawValue: 1), shardID: "shardId-000000000000",
            streamARN: ARN(service: "kinesis", region: "r", account: "1", resource: "stream/s"), first: 3,
            last: 4,
            recordCount: 2, condition: "RetryAttemptsExhausted", requestID: "r1", attempts: 2,
            functionError: nil,
            discardedAt: test.now, destination: nil, errorPayload: [3], logTail: [4], payload: payload)
    }

    @Test("What is done with above a checkpoint is kept until it is replaced, and goes with the mapping")
    func settledAhead() throws {
        let test = try TestStore()
        let shard = ShardKey(rawValue: 1)
        let mapping = Self.mapping()
        let kept: [Position] = [4, 5, 200, 70_000, 1 << 40]
        try test.store.perform { writer throws(StoreError) in
            try writer.createMapping(mapping)
            _ = try writer.startCheckpoint(mapping: "m1", shard: shard, after: 2)
            _ = try writer.settle(
                Settlement(mappingID: "m1", shard: shard, through: 2, settledAhead: kept))
            _ = try writer.settle(Settlement(mappingID: "m1", shard: shard, through: 3))
        }
        try test.reopen()
        #expect(try Self.ahead(test, shard) == kept)
        #expect(try Self.ahead(test, ShardKey(rawValue: 2)) == [])
        try test.store.perform { writer throws(StoreError) in
            _ = try writer.settle(Settlement(mappingID: "m1", shard: shard, through: 9, settledAhead: []))
        }
        #expect(try Self.ahead(test, shard) == [])
        try test.store.perform { writer throws(StoreError) in
            _ = try writer.settle(Settlement(mappingID: "m1", shard: shard, through: 9, settledAhead: [11]))
            try writer.deleteMapping("m1")
            try writer.createMapping(mapping)
        }
        #expect(try Self.ahead(test, shard) == [])
    }

    private static func ahead(_ test: TestStore, _ shard: ShardKey) throws -> [Position] {
        try test.store.perform { writer throws(StoreError) in
            try writer.settledAhead(of: "m1", in: shard)
        }
    }

    @Test("The open window of a shard is kept with its state until it ends, and goes with the mapping")
    func openWindow() throws {
        let test = try TestStore()
        let shard = ShardKey(rawValue: 1)
        let mapping = Self.mapping()
        let window = OpenWindow(
            start: Timestamp(millisecondsSinceEpoch: 60_000), end: Timestamp(millisecondsSinceEpoch: 90_000),
            state: Array(#"{"a":1}"#.utf8))
        func settle(_ window: WindowUpdate?) throws {
            try test.store.perform { writer throws(StoreError) in
                _ = try writer.settle(
                    Settlement(mappingID: "m1", shard: shard, through: 3, window: window))
            }
        }
        func stored() throws -> OpenWindow? {
            try test.store.perform { writer throws(StoreError) in
                try writer.openWindow(of: "m1", in: shard)
            }
        }
        try test.store.perform { writer throws(StoreError) in try writer.createMapping(mapping) }
        #expect(try stored() == nil)
        try settle(.open(window))
        try settle(nil)
        try test.reopen()
        #expect(try stored() == window)
        try settle(WindowUpdate.none)
        #expect(try stored() == nil)
        try settle(.open(window))
        try test.store.perform { writer throws(StoreError) in
            try writer.deleteMapping("m1")
            try writer.createMapping(mapping)
        }
        #expect(try stored() == nil)
    }

    private static func report(_ destination: ARN, of discard: Discard, records: Int = 3) -> DestinationReport
    {
        DestinationReport(
            occasion: .failure, destination: destination, body: Array("report".utf8), bodyMD5: 0xab,
            objectKey: "a/b", requestID: discard.requestID, first: discard.first, last: discard.last,
            recordCount: records)
    }

    @Test("A settlement keeps checkpoint, discards and reports together, and counts what has no queue")
    func settlement() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        let discard = Self.discard(test)
        let location = Location()
        var other = discard
        other.requestID = "other"
        let lost = other
        let settlement = Settlement(
            mappingID: "m1", shard: ShardKey(rawValue: 1), through: 4, discards: [discard, lost],
            reports: [
                Self.report(location.arn("sqs", "q"), of: discard),
                Self.report(location.arn("sqs", "gone"), of: lost, records: 2),
                Self.report(location.arn("sns", "gone"), of: lost, records: 5),
                Self.report(ARN(service: "s3", region: "", account: "", resource: "gone"), of: lost),
            ],
            decisions: [
                Decision(mappingID: "m1", at: test.now, shard: ShardKey(rawValue: 1), kind: "discarded")
            ])
        let result = try test.store.perform { writer throws(StoreError) in
            try writer.createMapping(Self.mapping())
            return try writer.settle(settlement)
        }
        #expect(result.lost.map(\.recordCount) == [2, 5, 3])
        #expect(
            result.lost.map(\.reason) == [
                "the queue gone does not exist", "the topic gone does not exist",
                "the bucket gone does not exist",
            ])
        #expect(try test.receive(queue).map(\.body) == ["report"])
        var kept = discard
        kept.id = try #require(result.discardIDs.first)
        #expect(try test.reader.discard(kept.id) == kept)
        // Nothing went anywhere.
        other.destination = nil
        other.id = try #require(result.discardIDs.last)
        #expect(try test.reader.discards(of: "m1", limit: 10).contains(other))
        #expect(try test.reader.discards(of: "other", limit: 10).isEmpty)
        #expect(try test.reader.discards(before: kept.id, limit: 10).isEmpty)
        let kinds = try test.reader.decisions(of: "m1", limit: 10).map(\.kind)
        #expect(kinds.filter { $0 == "destinationFailed" }.count == 3)
        #expect(kinds.filter { $0 == "discarded" }.count == 1)
    }

    @Test("A report to a bucket is an object, in the commit of its checkpoint")
    func objectReport() throws {
        let test = try TestStore()
        let bucket = try test.makeBucket()
        let discard = Self.discard(test)
        let arn = ARN(service: "s3", region: "", account: "", resource: "b")
        let settlement = Settlement(
            mappingID: "m1", shard: ShardKey(rawValue: 1), through: 4, discards: [discard],
            reports: [Self.report(arn, of: discard)])
        // Without its mapping nothing is kept, not even a file.
        #expect(throws: StoreError.self) {
            try test.store.perform { writer throws(StoreError) in _ = try writer.settle(settlement) }
        }
        #expect(test.files.isEmpty)
        try test.store.perform { writer throws(StoreError) in
            try writer.createMapping(Self.mapping())
            _ = try writer.settle(settlement)
        }
        let object = try #require(try test.reader.object("a/b", in: bucket))
        #expect(try test.content(of: object) == "report")
        #expect(object.facts.headers == ["content-type": "application/octet-stream"])
        #expect(object.etag == "000000000000000000000000000000ab")
        #expect(test.files == object.files.map(\.name))
    }

    private static func subscribedTopic(_ writer: StoreWriter) throws(StoreError) -> ARN {
        let topic = try writer.createTopic(
            name: "t", location: Location(), settings: TopicSettings(), tags: [:])
        _ = try writer.subscribe(
            .queue(Location().arn("sqs", "q")), to: topic.key, id: "s", settings: SubscriptionSettings(),
            confirmation: .confirmed(wasAuthenticated: true, guardsUnsubscribe: false))
        return topic.arn
    }

    @Test("A report to a topic is in its queues with the checkpoint")
    func topicReport() throws {
        let test = try TestStore()
        let queue = try test.makeQueue()
        let discard = Self.discard(test)
        let topic = try test.store.perform { writer throws(StoreError) in
            try writer.createMapping(Self.mapping())
            return try Self.subscribedTopic(writer)
        }
        let settlement = Settlement(
            mappingID: "m1", shard: ShardKey(rawValue: 1), through: 4, discards: [discard],
            reports: [Self.report(topic, of: discard)])
        let result = try test.store.perform { writer throws(StoreError) in try writer.settle(settlement) }
        #expect(result.lost.isEmpty)
        let bodies = try test.receive(queue).map(\.body)
        #expect(bodies.count == 1)
        #expect(bodies.first?.contains(#""Message" : "report""#) ?? false, "\(bodies)")
    }

    @Test("The decision log keeps the newest decisions of each mapping")
    func decisions() throws {
        let test = try TestStore()
        let count = StoreLimits.decisionsPerMapping + 500
        try test.store.perform { writer throws(StoreError) in
            try writer.createMapping(Self.mapping("m1"))
            try writer.createMapping(Self.mapping("m2"))
            try writer.record([Decision(mappingID: "m2", at: writer.now, kind: "invoked")])
            try writer.record(
                (1...count).map {
                    Decision(mappingID: "m1", at: writer.now, kind: "invoked", recordCount: $0)
                })
        }
        let kept = try test.reader.decisions(of: "m1", limit: count)
        #expect(kept.first?.recordCount == count)
        #expect(
            kept.count >= StoreLimits.decisionsPerMapping && kept.count < StoreLimits.decisionsPerMapping + 64
        )
        #expect(try test.reader.decisions(of: "m2", limit: 10).count == 1)
    }

    @Test("The oldest discards go when there are too many")
    func discardLimit() throws {
        let test = try TestStore()
        let discard = Self.discard(test)
        let count = StoreLimits.discards + 10
        try test.store.perform { writer throws(StoreError) in
            try writer.createMapping(Self.mapping())
            _ = try writer.settle(
                Settlement(
                    mappingID: "m1", shard: ShardKey(rawValue: 1), through: 1,
                    discards: [Discard](repeating: discard, count: count)))
        }
        #expect(try test.reader.discards(limit: count).count == StoreLimits.discards)
    }
}
