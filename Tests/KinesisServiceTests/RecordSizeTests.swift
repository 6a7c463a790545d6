import ByteCoding
import HTTP
import KinesisService
import Testing
import WireTesting

/// With bodies that are too large for golden files.
@Suite("How much a put may carry")
struct RecordSizeTests {
    private static let megabyte = 1_048_576

    private func makeWorld(isLimited: Bool = false, shards: Int = 1) throws -> WireWorld {
        let world = try WireWorld { router, parts in
            KinesisService(
                store: parts.store, reader: parts.reader, loop: parts.loop, isLimited: isLimited,
                now: parts.now
            ).register(on: &router)
        }
        _ = try call(world, "CreateStream", ["StreamName": "events", "ShardCount": .number("\(shards)")])
        return world
    }

    private func call(_ world: WireWorld, _ operation: String, _ body: JSONValue) throws -> JSONValue {
        let response = try world.send(.json("Kinesis_20131202", operation, body.text))
        return response.bodyBytes.isEmpty ? .null : try JSONValue(parsing: response.bodyBytes)
    }

    /// - Parameter bytes: Of the data; the partition key adds one.
    private func record(_ bytes: Int, inLastShard: Bool = false) -> JSONValue {
        let data = Base64.encode([UInt8](repeating: 7, count: bytes))
        return [
            "Data": .string(data), "PartitionKey": "k",
            "ExplicitHashKey": .string(inLastShard ? "\(UInt128.max)" : "0"),
        ]
    }

    private func put(_ world: WireWorld, _ bytes: Int) throws -> JSONValue {
        var members = JSONObject([("StreamName", "events")])
        for member in record(bytes).objectValue?.members ?? [] { members[member.key] = member.value }
        return try call(world, "PutRecord", .object(members))
    }

    private func update(_ world: WireWorld, kilobytes: Int) throws -> JSONValue {
        try call(
            world, "UpdateMaxRecordSize",
            [
                "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/events",
                "MaxRecordSizeInKiB": .number("\(kilobytes)"),
            ])
    }

    @Test("A record is as large as its stream allows, key and data together")
    func streamLimit() throws {
        let world = try makeWorld()
        #expect(try put(world, Self.megabyte - 1)["SequenceNumber"] != nil)
        let refused = try put(world, Self.megabyte)
        #expect(refused["__type"] == "ValidationException")
        #expect(refused["message"]?.stringValue?.contains("less than or equal to 1048576") == true)
        #expect(try update(world, kilobytes: 10_240) == .null)
        #expect(try put(world, Self.megabyte)["SequenceNumber"] != nil)
        #expect(try put(world, 10 * Self.megabyte - 1)["SequenceNumber"] != nil)
        #expect(try put(world, 10 * Self.megabyte)["__type"] == "ValidationException")
        #expect(try update(world, kilobytes: 1_024) == .null)
        #expect(try put(world, Self.megabyte)["__type"] == "ValidationException")
    }

    @Test("With limits, each record of a batch stands or falls by its own shard, in its place")
    func batchLimit() throws {
        let world = try makeWorld(isLimited: true, shards: 2)
        let half = Self.megabyte / 2
        let answer = try call(
            world, "PutRecords",
            [
                "StreamName": "events",
                "Records": [record(half), record(half), record(half, inLastShard: true), record(1)],
            ])
        #expect(answer["FailedRecordCount"] == 1)
        let results = try #require(answer["Records"]?.arrayValue)
        #expect(
            results.map { $0["ShardId"]?.stringValue?.last } == ["0", nil, "1", "0"],
            "the second one does not fit any more, the last one does")
        #expect(
            results[1] == [
                "ErrorCode": "ProvisionedThroughputExceededException",
                "ErrorMessage":
                    "Rate exceeded for shard shardId-000000000000 in stream events under account 000000000000.",
            ])
    }

    @Test("With limits, a batch of which nothing passes says so and stores nothing")
    func fullShard() throws {
        let world = try makeWorld(isLimited: true)
        #expect(try put(world, Self.megabyte - 1)["SequenceNumber"] != nil)
        let body: JSONValue = ["StreamName": "events", "Records": [record(1), record(2)]]
        #expect(try call(world, "PutRecords", body)["FailedRecordCount"] == 2)
        #expect(try put(world, 1)["__type"] == "ProvisionedThroughputExceededException")
        world.clock.advance(by: .seconds(1))
        #expect(try call(world, "PutRecords", body)["FailedRecordCount"] == 0)
    }

    @Test("Without limits, everything passes")
    func noLimit() throws {
        let world = try makeWorld()
        for _ in 0..<3 { #expect(try put(world, Self.megabyte - 1)["SequenceNumber"] != nil) }
    }
}
