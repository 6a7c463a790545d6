import ByteCoding
import EventModel
import Testing
import WireTesting

@Suite("A table's stream on the wire")
struct StreamOperationTests {
    private func put(_ world: DynamoDBWorld, _ year: Int, _ album: String) throws {
        try world.call(
            "PutItem",
            #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"N": "\#(year)"}, "album": {"S": "\#(album)"}}}"#
        )
    }

    private func delete(_ world: DynamoDBWorld, _ year: Int) throws {
        try world.call(
            "DeleteItem",
            #"{"TableName": "music", "Key": {"artist": {"S": "Can"}, "year": {"N": "\#(year)"}}}"#)
    }

    /// An insert, a change, two writes that change nothing, a removal.
    private func play(_ world: DynamoDBWorld) throws {
        try put(world, 1971, "Tago")
        try put(world, 1971, "Tago Mago")
        try put(world, 1971, "Tago Mago")
        try delete(world, 1971)
        try delete(world, 1971)
    }

    @Test(
        "Every view shows what it says, with AWS's sizes",
        arguments: [StreamView.keysOnly, .newImage, .oldImage, .newAndOldImages])
    func views(view: StreamView) throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: view)
        try play(world)
        let iterator = try world.iterator(of: world.streamARN())
        try world.expect(
            "GetRecords", "view-\(view.rawValue.lowercased())", #"{"ShardIterator": "\#(iterator)"}"#)
    }

    @Test("A write that changes nothing leaves no record")
    func unchanged() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try play(world)
        let events = try world.records().map { $0["eventName"]?.stringValue }
        #expect(events == ["INSERT", "MODIFY", "REMOVE"])
    }

    @Test("A table without a stream keeps no records")
    func withoutStream() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: nil)
        try play(world)
        try world.expect("ListStreams", "none", "{}")
    }

    @Test("Records follow the order of a batch, and one of them is left out when it changes nothing")
    func batch() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try put(world, 1, "x")
        try world.call(
            "BatchWriteItem",
            """
            {"RequestItems": {"music": [
              {"PutRequest": {"Item": {"artist": {"S": "Can"}, "year": {"N": "2"}}}},
              {"PutRequest": {"Item": {"artist": {"S": "Can"}, "year": {"N": "1"}, "album": {"S": "x"}}}},
              {"DeleteRequest": {"Key": {"artist": {"S": "Can"}, "year": {"N": "2"}}}},
              {"PutRequest": {"Item": {"artist": {"S": "Can"}, "year": {"N": "3"}}}}]}}
            """)
        // The same key twice is refused as a whole, so nothing of that batch is there.
        #expect(try world.records().count == 1)
        try world.call(
            "BatchWriteItem",
            """
            {"RequestItems": {"music": [
              {"PutRequest": {"Item": {"artist": {"S": "Can"}, "year": {"N": "2"}}}},
              {"PutRequest": {"Item": {"artist": {"S": "Can"}, "year": {"N": "1"}, "album": {"S": "x"}}}},
              {"PutRequest": {"Item": {"artist": {"S": "Can"}, "year": {"N": "3"}}}}]}}
            """)
        let years = try world.records().map { $0["dynamodb"]?["Keys"]?["year"]?["N"]?.stringValue }
        #expect(years == ["1", "2", "3"])
    }

    @Test("Iterators go on where they stopped, and again from the same place")
    func iterators() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: .keysOnly)
        let stream = try world.streamARN()
        for year in 1...5 { try put(world, year, "x") }
        let first = try world.iterator(of: stream)
        for _ in 1...2 {
            let page = try world.call("GetRecords", #"{"ShardIterator": "\#(first)", "Limit": 2}"#)
            #expect(page["Records"]?.arrayValue?.count == 2)
        }
        let page = try world.call("GetRecords", #"{"ShardIterator": "\#(first)", "Limit": 2}"#)
        let next = try #require(page["NextShardIterator"]?.stringValue)
        let rest = try world.call("GetRecords", #"{"ShardIterator": "\#(next)"}"#)
        #expect(rest["Records"]?.arrayValue?.count == 3)
        let latest = try world.iterator("LATEST", of: stream)
        try put(world, 6, "x")
        let after = try world.call("GetRecords", #"{"ShardIterator": "\#(latest)"}"#)
        #expect(after["Records"]?.arrayValue?.count == 1)
    }

    @Test("A sequence number names a place")
    func sequenceNumbers() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: .keysOnly)
        for year in 1...3 { try put(world, year, "x") }
        let stream = try world.streamARN()
        let numbers = try world.records().compactMap { $0["dynamodb"]?["SequenceNumber"]?.stringValue }
        let shard = try shardID(world, stream)
        for (type, expected) in [("AT_SEQUENCE_NUMBER", 2), ("AFTER_SEQUENCE_NUMBER", 1)] {
            let answer = try world.call(
                "GetShardIterator",
                """
                {"StreamArn": "\(stream)", "ShardId": "\(shard)", "ShardIteratorType": "\(type)",
                 "SequenceNumber": "\(numbers[1])"}
                """)
            let iterator = try #require(answer["ShardIterator"]?.stringValue)
            let page = try world.call("GetRecords", #"{"ShardIterator": "\#(iterator)"}"#)
            #expect(page["Records"]?.arrayValue?.count == expected)
        }
    }

    private func shardID(_ world: DynamoDBWorld, _ stream: String) throws -> String {
        let description = try world.call("DescribeStream", #"{"StreamArn": "\#(stream)"}"#)
        return try #require(
            description["StreamDescription"]?["Shards"]?.arrayValue?.first?["ShardId"]?.stringValue)
    }

    @Test("The end of a stream that was switched off has no next iterator")
    func end() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: .keysOnly)
        try put(world, 1, "x")
        let stream = try world.streamARN()
        try world.call(
            "UpdateTable", #"{"TableName": "music", "StreamSpecification": {"StreamEnabled": false}}"#)
        try put(world, 2, "x")
        let iterator = try world.iterator(of: stream)
        try world.expect("GetRecords", "closed-shard", #"{"ShardIterator": "\#(iterator)"}"#)
    }

    @Test("An iterator lives for 15 minutes")
    func expiry() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let iterator = try world.iterator(of: world.streamARN())
        world.wire.clock.advance(by: .seconds(900))
        #expect(try world.call("GetRecords", #"{"ShardIterator": "\#(iterator)"}"#)["Records"] == [])
        world.wire.clock.advance(by: .seconds(1))
        try world.expect("GetRecords", "iterator-expired", #"{"ShardIterator": "\#(iterator)"}"#)
    }

    @Test("What names no stream, shard or place is refused")
    func refused() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let stream = try world.streamARN()
        let unknown = "arn:aws:dynamodb:us-east-1:000000000000:table/music/stream/2001-01-01T00:00:00.000"
        try world.expect("DescribeStream", "unknown", #"{"StreamArn": "\#(unknown)"}"#)
        try world.expect("GetRecords", "iterator-invalid", #"{"ShardIterator": "nonsense"}"#)
        try world.expect(
            "GetShardIterator", "unknown-shard",
            #"{"StreamArn": "\#(stream)", "ShardId": "shardId-0", "ShardIteratorType": "LATEST"}"#)
        let shard = try shardID(world, stream)
        try world.expect(
            "GetShardIterator", "type-unknown",
            #"{"StreamArn": "\#(stream)", "ShardId": "\#(shard)", "ShardIteratorType": "AT_TIMESTAMP"}"#)
        try world.expect(
            "GetShardIterator", "no-sequence-number",
            #"{"StreamArn": "\#(stream)", "ShardId": "\#(shard)", "ShardIteratorType": "AT_SEQUENCE_NUMBER"}"#
        )
        try world.expect(
            "GetShardIterator", "trim-horizon",
            #"{"StreamArn": "\#(stream)", "ShardId": "\#(shard)", "ShardIteratorType": "TRIM_HORIZON"}"#)
    }
}
