import ByteCoding
import HTTP
import KinesisService
import Testing
import WireTesting

@Suite("Iterators and sequence numbers")
struct IteratorTests {
    private let world: WireWorld

    init() throws {
        world = try WireWorld { router, parts in
            KinesisService(store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now)
                .register(on: &router)
        }
        _ = try call("CreateStream", ["StreamName": "events", "ShardCount": 2])
    }

    private func call(_ operation: String, _ body: JSONValue) throws -> JSONValue {
        let response = try world.send(.json("Kinesis_20131202", operation, body.text))
        return response.bodyBytes.isEmpty ? .null : try JSONValue(parsing: response.bodyBytes)
    }

    private func put(_ data: String, hashKey: String = "0") throws -> String {
        let answer = try call(
            "PutRecord",
            [
                "StreamName": "events", "PartitionKey": "k", "ExplicitHashKey": .string(hashKey),
                "Data": .string(Base64.encode(Array(data.utf8))),
            ])
        return try #require(answer["SequenceNumber"]?.stringValue)
    }

    private func iterator(_ members: JSONValue) throws -> JSONValue {
        var body = JSONObject([("StreamName", "events"), ("ShardId", "shardId-000000000000")])
        for member in members.objectValue?.members ?? [] { body[member.key] = member.value }
        return try call("GetShardIterator", .object(body))
    }

    private func read(_ iterator: JSONValue) throws -> [String] {
        let page = try call("GetRecords", ["ShardIterator": try #require(iterator["ShardIterator"])])
        return try (page["Records"]?.arrayValue ?? []).map { record in
            let data = try #require(record["Data"]?.stringValue.flatMap { Base64.decode($0) })
            return String(decoding: data, as: UTF8.self)
        }
    }

    @Test("Sequence numbers rise, have Kinesis's length, and find their records again")
    func sequenceNumbers() throws {
        var numbers: [String] = []
        for data in ["a", "b", "c"] { numbers.append(try put(data)) }
        #expect(numbers == numbers.sorted())
        #expect(Set(numbers).count == 3)
        #expect(numbers.allSatisfy { $0.count == 56 })
        let at = try iterator([
            "ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": .string(numbers[1]),
        ])
        #expect(try read(at) == ["b", "c"])
        let after = try iterator([
            "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": .string(numbers[1]),
        ])
        #expect(try read(after) == ["c"])
    }

    @Test("A shard's starting sequence number stands for its first record")
    func startingNumber() throws {
        _ = try put("a")
        let shards = try call("ListShards", ["StreamName": "events"])
        let range = shards["Shards"]?.arrayValue?.first?["SequenceNumberRange"]
        let start = try #require(range?["StartingSequenceNumber"])
        for type in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
            let found = try iterator(["ShardIteratorType": .string(type), "StartingSequenceNumber": start])
            #expect(try read(found) == ["a"])
        }
    }

    @Test("A sequence number of another shard is refused with both shards' names")
    func otherShard() throws {
        let number = try put("a", hashKey: String(UInt128.max))
        let answer = try iterator([
            "ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": .string(number),
        ])
        #expect(
            answer["message"]?.stringValue
                == "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a call to a "
                + "shard with shardId-000000000000")
    }

    @Test("An iterator with any character changed is refused")
    func tampered() throws {
        let text = try #require(
            iterator(["ShardIteratorType": "TRIM_HORIZON"])["ShardIterator"]?.stringValue)
        #expect(text.utf8.count <= 512)
        for index in text.indices where text[index] != "=" {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            let answer = try call("GetRecords", ["ShardIterator": .string(changed)])
            #expect(answer["__type"]?.stringValue == "InvalidArgumentException", "\(changed)")
        }
    }

    @Test("A list's token is no iterator, and an iterator no token")
    func otherKinds() throws {
        let token = try #require(
            call("ListShards", ["StreamName": "events", "MaxResults": 1])["NextToken"])
        #expect(
            try call("GetRecords", ["ShardIterator": token])["message"]?.stringValue
                == "Invalid ShardIterator.")
        let held = try #require(iterator(["ShardIteratorType": "TRIM_HORIZON"])["ShardIterator"])
        #expect(
            try call("ListShards", ["NextToken": held])["__type"]?.stringValue == "InvalidArgumentException")
    }

    @Test("Over 10 MiB of records in one call are refused")
    func tooMuch() throws {
        let record: JSONValue = [
            "Data": .string(Base64.encode([UInt8](repeating: 7, count: 1_000_000))), "PartitionKey": "k",
        ]
        let answer = try call(
            "PutRecords",
            ["StreamName": "events", "Records": .array([JSONValue](repeating: record, count: 11))])
        #expect(answer["__type"]?.stringValue == "InvalidArgumentException")
        #expect(try read(iterator(["ShardIteratorType": "TRIM_HORIZON"])).isEmpty)
    }
}
