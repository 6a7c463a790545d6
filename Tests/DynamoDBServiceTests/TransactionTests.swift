import ByteCoding
import Testing
import WireTesting

@Suite("Transactions and batch reads on the wire")
struct TransactionTests {
    private static func key(_ year: Int) -> String { #"{"artist": {"S": "Can"}, "year": {"N": "\#(year)"}}"# }
    private static func put(_ year: Int, _ more: String = "") -> String {
        #"{"Put": {"TableName": "music", "Item": \#(key(year))\#(more)}}"#
    }
    private static func update(_ year: Int, _ expression: String, _ more: String = "") -> String {
        #"{"Update": {"TableName": "music", "Key": \#(key(year)), "UpdateExpression": "\#(expression)", "#
            + #""ExpressionAttributeValues": {":n": {"N": "1"}}\#(more)}}"#
    }
    private static func check(_ year: Int, _ condition: String) -> String {
        #"{"ConditionCheck": {"TableName": "music", "Key": \#(key(year)), "ConditionExpression": "\#(condition)"}}"#
    }
    private static func delete(_ year: Int) -> String {
        #"{"Delete": {"TableName": "music", "Key": \#(key(year))}}"#
    }
    private static func body(_ members: [String], _ more: String = "") -> String {
        #"{"TransactItems": [\#(members.joined(separator: ", "))]\#(more)}"#
    }

    @Test("All members happen, with one record for each change")
    func done() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.call("PutItem", #"{"TableName": "music", "Item": \#(Self.key(1))}"#)
        try world.expect(
            "TransactWriteItems", "done",
            Self.body(
                [
                    Self.put(2), Self.update(3, "ADD plays :n"), Self.delete(1),
                    Self.check(4, "attribute_not_exists(artist)"),
                ], #", "ReturnConsumedCapacity": "TOTAL""#))
        let names = try world.records().map { $0["eventName"]?.stringValue }
        #expect(names == ["INSERT", "INSERT", "INSERT", "REMOVE"])
    }

    @Test("One member that fails keeps all from happening, and each has its reason")
    func cancelled() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.call("PutItem", #"{"TableName": "music", "Item": \#(Self.key(1))}"#)
        let new = #", "ConditionExpression": "attribute_not_exists(artist)""#
        try world.expect(
            "TransactWriteItems", "cancelled",
            Self.body([
                Self.put(2), Self.put(1, new + #", "ReturnValuesOnConditionCheckFailure": "ALL_OLD""#),
                Self.update(3, "SET gone.x = :n"), Self.check(4, "attribute_exists(artist)"),
            ]))
        #expect(try world.records().count == 1)
        let second = try world.call("GetItem", #"{"TableName": "music", "Key": \#(Self.key(2))}"#)
        #expect(second["Item"] == nil)
    }

    @Test("A token makes a repeated request do nothing for ten minutes")
    func token() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let token = #", "ClientRequestToken": "once""#
        let body = Self.body([Self.update(1, "ADD plays :n")], token)
        func plays() throws -> String? {
            try world.call("GetItem", #"{"TableName": "music", "Key": \#(Self.key(1))}"#)["Item"]?["plays"]?[
                "N"]?
                .stringValue
        }
        try world.call("TransactWriteItems", body)
        try world.expect("TransactWriteItems", "repeated", body)
        #expect(try plays() == "1")
        try world.expect(
            "TransactWriteItems", "token-of-other-request", Self.body([Self.update(2, "ADD plays :n")], token)
        )
        world.wire.clock.advance(by: .seconds(600))
        try world.call("TransactWriteItems", body)
        #expect(try plays() == "2")
    }

    @Test("A token of a cancelled transaction is free")
    func tokenOfCancelled() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let body = Self.body([Self.check(1, "attribute_exists(artist)")], #", "ClientRequestToken": "again""#)
        #expect(try world.call("TransactWriteItems", body)["CancellationReasons"] != nil)
        try world.call("PutItem", #"{"TableName": "music", "Item": \#(Self.key(1))}"#)
        #expect(try world.call("TransactWriteItems", body) == .object(JSONObject([])))
    }

    @Test(
        "What is no transaction is refused",
        arguments: [
            ("none", body([])), ("same-item-twice", body([put(1), delete(1)])),
            ("two-kinds-in-one", body([put(1).dropLast() + ", " + delete(2).dropFirst()])),
            ("unknown-table", body([#"{"Delete": {"TableName": "nowhere", "Key": {"a": {"S": "b"}}}}"#])),
            (
                "check-without-condition",
                body([#"{"ConditionCheck": {"TableName": "music", "Key": \#(key(1))}}"#])
            ),
            ("too-many", body((0..<101).map { delete($0) })),
        ])
    func refused(name: String, body: String) throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.expect("TransactWriteItems", name, body)
    }

    @Test("Several items are read at once")
    func reads() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: nil)
        for year in 1...2 {
            try world.call(
                "PutItem",
                #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"N": "\#(year)"}, "x": {"S": "y"}}}"#
            )
        }
        try world.expect(
            "TransactGetItems", "found-and-missing",
            """
            {"TransactItems": [{"Get": {"TableName": "music", "Key": \(Self.key(2))}},
             {"Get": {"TableName": "music", "Key": \(Self.key(3))}},
             {"Get": {"TableName": "music", "Key": \(Self.key(1)), "ProjectionExpression": "x"}}],
             "ReturnConsumedCapacity": "TOTAL"}
            """)
        try world.expect(
            "BatchGetItem", "found-and-missing",
            """
            {"RequestItems": {"music": {"Keys": [\(Self.key(2)), \(Self.key(3)), \(Self.key(1))],
             "ProjectionExpression": "x"}}, "ReturnConsumedCapacity": "TOTAL"}
            """)
        try world.expect(
            "BatchGetItem", "same-key-twice",
            #"{"RequestItems": {"music": {"Keys": [\#(Self.key(1)), \#(Self.key(1))]}}}"#)
        let many = (0..<101).map { Self.key($0) }.joined(separator: ",")
        try world.expect("BatchGetItem", "too-many", #"{"RequestItems": {"music": {"Keys": [\#(many)]}}}"#)
        try world.expect("BatchGetItem", "none", #"{"RequestItems": {}}"#)
    }

    @Test("What does not fit into 16 MB comes back unprocessed")
    func unprocessed() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: nil)
        let text = String(repeating: "x", count: 400_000)
        for year in 1...45 {
            try world.call(
                "PutItem",
                #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"N": "\#(year)"}, "t": {"S": "\#(text)"}}}"#
            )
        }
        let keys = (1...45).map { Self.key($0) }.joined(separator: ",")
        let answer = try world.call(
            "BatchGetItem",
            #"{"RequestItems": {"music": {"Keys": [\#(keys)], "ProjectionExpression": "artist"}}}"#)
        #expect(answer["Responses"]?["music"]?.arrayValue?.count == 41)
        let rest = answer["UnprocessedKeys"]?["music"]
        #expect(rest?["Keys"]?.arrayValue?.count == 4)
        #expect(rest?["ProjectionExpression"]?.stringValue == "artist")
    }

    @Test("A table that is given by name and by ARN is one table")
    func sameTableTwice() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/music"
        let put = #"[{"PutRequest": {"Item": \#(Self.key(1))}}]"#
        let write = try world.call(
            "BatchWriteItem", #"{"RequestItems": {"music": \#(put), "\#(arn)": \#(put)}}"#)
        #expect(write["message"]?.stringValue == "Provided list of item keys contains duplicates")
        let keys = #"{"Keys": [\#(Self.key(1))]}"#
        let read = try world.call(
            "BatchGetItem", #"{"RequestItems": {"music": \#(keys), "\#(arn)": \#(keys)}}"#)
        #expect(read["message"]?.stringValue == "Provided list of item keys contains duplicates")
    }

    @Test("An item of 32 levels fits into a transaction and into every answer")
    func deepest() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let deep =
            String(repeating: #"{"M": {"m": "#, count: 32) + #"{"S": "x"}"#
            + String(repeating: "}}", count: 32)
        let item = #"{"artist": {"S": "Can"}, "year": {"N": "1"}, "deep": \#(deep)}"#
        let answer = try world.call(
            "TransactWriteItems", #"{"TransactItems": [{"Put": {"TableName": "music", "Item": \#(item)}}]}"#)
        #expect(answer == .object(JSONObject([])))
        #expect(try world.call("Scan", #"{"TableName": "music"}"#)["Count"]?.intValue == 1)
        let updated = try world.call(
            "UpdateItem",
            #"{"TableName": "music", "Key": \#(Self.key(1)), "UpdateExpression": "SET twin = deep"}"#)
        #expect(updated == .object(JSONObject([])))
        #expect(try world.records().count == 2)
    }
}
