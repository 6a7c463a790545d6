import ByteCoding
import EventModel
import HTTP
import KinesisService
import Testing
import WireTesting

@Suite("Which shards are listed")
struct ShardFilterTests {
    private static let start: Int64 = 1_720_000_000_123

    private let world: WireWorld

    /// Shard 0 of the first second is split after an hour into 1 and 2, which are merged after another into 3.
    init() throws {
        world = try WireWorld { router, parts in
            KinesisService(store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now)
                .register(on: &router)
        }
        _ = try call("CreateStream", ["StreamName": "events", "ShardCount": 1])
        world.clock.advance(by: .seconds(3_600))
        _ = try call(
            "SplitShard",
            [
                "StreamName": "events", "ShardToSplit": "shardId-000000000000",
                "NewStartingHashKey": "170141183460469231731687303715884105728",
            ])
        world.clock.advance(by: .seconds(3_600))
        _ = try call(
            "MergeShards",
            [
                "StreamName": "events", "ShardToMerge": "shardId-000000000001",
                "AdjacentShardToMerge": "shardId-000000000002",
            ])
    }

    private func call(_ operation: String, _ body: JSONValue) throws -> JSONValue {
        let response = try world.send(.json("Kinesis_20131202", operation, body.text))
        return response.bodyBytes.isEmpty ? .null : try JSONValue(parsing: response.bodyBytes)
    }

    /// The last digits of the shards that a filter lists.
    private func listed(_ filter: JSONValue?) throws -> String {
        var body = JSONObject([("StreamName", "events")])
        if let filter { body["ShardFilter"] = filter }
        let answer = try call("ListShards", .object(body))
        let shards = try #require(answer["Shards"]?.arrayValue, "\(answer)")
        return shards.compactMap { $0["ShardId"]?.stringValue?.last.map(String.init) }.joined()
    }

    private func listed(_ type: String, hours: Double? = nil) throws -> String {
        guard let hours else { return try listed(["Type": .string(type)]) }
        let moment = Double(Self.start) / 1_000 + hours * 3_600
        return try listed(["Type": .string(type), "Timestamp": .number("\(moment)")])
    }

    @Test("By lineage and by position in the list")
    func lineage() throws {
        #expect(try listed(nil) == "0123")
        #expect(try listed("FROM_TRIM_HORIZON") == "0123")
        #expect(try listed("AT_LATEST") == "3")
        #expect(try listed("AT_TRIM_HORIZON") == "0")
        let after: JSONValue = ["Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000001"]
        #expect(try listed(after) == "23")
    }

    @Test(
        "By the time at which they were open",
        arguments: [(0.5, "0", "0123"), (1.5, "12", "123"), (2.5, "3", "3"), (-1, "0", "0123")])
    func time(hours: Double, at: String, from: String) throws {
        #expect(try listed("AT_TIMESTAMP", hours: hours) == at)
        #expect(try listed("FROM_TIMESTAMP", hours: hours) == from)
    }

    @Test("Shards that were closed before all that retention keeps are gone")
    func expiry() throws {
        // 25 hours after the start: the first shard was closed 24 hours ago, to the millisecond.
        world.clock.advance(by: .seconds(23 * 3_600))
        #expect(try listed(nil) == "0123")
        #expect(try listed("AT_TRIM_HORIZON") == "012")
        world.clock.advance(by: .milliseconds(1))
        #expect(try listed(nil) == "123")
        #expect(try listed("AT_TRIM_HORIZON") == "12")
        #expect(try listed("AT_TIMESTAMP", hours: 0.5) == "12")
        #expect(try listed("FROM_TIMESTAMP", hours: 0) == "123")
    }

    @Test("A page's token keeps the filter, and takes nothing beside it")
    func pages() throws {
        let filter: JSONValue = ["Type": "FROM_TIMESTAMP", "Timestamp": .number("1720005400")]
        let first = try call(
            "ListShards", ["StreamName": "events", "MaxResults": 1, "ShardFilter": filter])
        #expect(first["Shards"]?.arrayValue?.first?["ShardId"] == "shardId-000000000001")
        let token = try #require(first["NextToken"])
        let second = try call("ListShards", ["NextToken": token, "MaxResults": 1])
        #expect(second["Shards"]?.arrayValue?.first?["ShardId"] == "shardId-000000000002")
        let refused = try call("ListShards", ["NextToken": token, "ShardFilter": filter])
        #expect(refused["message"] == "NextToken and ShardFilter cannot be provided together.")
    }
}
