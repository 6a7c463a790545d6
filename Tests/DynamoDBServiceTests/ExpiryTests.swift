import ByteCoding
import EventModel
import EventStore
import Testing
import WireTesting

@testable import DynamoDBService

@Suite("Time to live")
struct ExpiryTests {
    /// The world's clock, in seconds.
    private static let now = 1_720_000_000

    private static func put(_ world: DynamoDBWorld, _ year: Int, _ attribute: String) throws {
        try world.call(
            "PutItem",
            #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"N": "\#(year)"}\#(attribute)}}"#
        )
    }

    private static func enable(_ world: DynamoDBWorld) throws {
        try world.call(
            "UpdateTimeToLive",
            #"{"TableName": "music", "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true}}"#
        )
    }

    private static func years(_ world: DynamoDBWorld) throws -> [String] {
        let answer = try world.call("Scan", #"{"TableName": "music"}"#)
        return try #require(answer["Items"]?.arrayValue).compactMap { $0["year"]?["N"]?.stringValue }
    }

    @Test("It is switched on and off, and says where it stands")
    func settings() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let table = #"{"TableName": "music"}"#
        func body(_ attribute: String, _ isEnabled: Bool) -> String {
            #"{"TableName": "music", "TimeToLiveSpecification": {"AttributeName": "\#(attribute)", "Enabled": \#(isEnabled)}}"#
        }
        try world.expect("DescribeTimeToLive", "disabled", table)
        try world.expect("UpdateTimeToLive", "off-when-off", body("until", false))
        try world.expect("UpdateTimeToLive", "on", body("until", true))
        try world.expect("DescribeTimeToLive", "enabled", table)
        try world.expect("UpdateTimeToLive", "on-twice", body("until", true))
        try world.expect("UpdateTimeToLive", "on-with-other-attribute", body("end", true))
        try world.expect("UpdateTimeToLive", "off", body("until", false))
        try world.expect("UpdateTimeToLive", "no-attribute", body("", true))
        try world.expect("UpdateTimeToLive", "no-specification", table)
        try world.expect("DescribeTimeToLive", "unknown-table", #"{"TableName": "nowhere"}"#)
    }

    @Test("A table that cannot be read is told of, and the walk goes on")
    func unreadable() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try Self.enable(world)
        try Self.put(world, 1, #", "until": {"N": "\(Self.now - 1)"}"#)
        let table = try #require(world.wire.store.catalog.snapshot.expiringTables.first)
        try world.wire.store.perform { writer throws(StoreError) in
            try writer.putItem([0xff, 0xff], key: [0x01], in: table.key)
        }
        world.sweep()
        #expect(world.expiryFailureLines.count == 1)
        #expect(world.expiryFailureLines.first?.hasPrefix("music: ") == true)
        world.sweep()
        #expect(world.expiryFailureLines.count == 2)
    }

    @Test("Items whose time is over go, with a record that says why; others stay")
    func sweep() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try Self.put(world, 1, #", "until": {"N": "\#(Self.now - 1)"}"#)
        try Self.put(world, 2, #", "until": {"N": "\#(Self.now)"}"#)
        try Self.put(world, 3, #", "until": {"S": "\#(Self.now - 1)"}"#)
        try Self.put(world, 4, "")
        try Self.put(world, 5, #", "until": {"N": "\#(Self.now - 6 * 365 * 86_400)"}"#)
        try Self.put(world, 6, #", "until": {"N": "\#(Self.now - 100).5"}"#)
        try Self.enable(world)
        world.sweep()
        #expect(try Self.years(world) == ["2", "3", "4", "5"])
        let records = try world.records().filter { $0["eventName"]?.stringValue == "REMOVE" }
        #expect(records.count == 2)
        for record in records {
            #expect(record["userIdentity"]?["PrincipalId"]?.stringValue == "dynamodb.amazonaws.com")
        }
        world.wire.clock.advance(by: .seconds(1))
        world.sweep()
        #expect(try Self.years(world) == ["3", "4", "5"])
    }

    @Test("Large tables are walked step by step to their end")
    func manySteps() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: nil)
        for year in 0..<600 { try Self.put(world, year, #", "until": {"N": "\#(Self.now - 1)"}"#) }
        try Self.enable(world)
        // The service's own steps come between ours, so more of ours may be needed than three.
        for _ in 0..<20 where try !Self.years(world).isEmpty { world.sweep() }
        #expect(try Self.years(world).isEmpty)
    }

    @Test("An ordinary deletion carries no identity")
    func ordinary() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try Self.put(world, 1, "")
        try world.call(
            "DeleteItem", #"{"TableName": "music", "Key": {"artist": {"S": "Can"}, "year": {"N": "1"}}}"#)
        #expect(try world.records().last?["userIdentity"] == nil)
    }
}
