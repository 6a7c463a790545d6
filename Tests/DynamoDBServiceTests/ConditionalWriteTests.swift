import ByteCoding
import Testing
import WireTesting

@Suite("Conditional writes and updates on the wire")
struct ConditionalWriteTests {
    private static let item = #"{"artist": {"S": "Can"}, "year": {"N": "1971"}, "album": {"S": "Tago Mago"}}"#
    private static let key = #"{"artist": {"S": "Can"}, "year": {"N": "1971"}}"#
    private static let new = #""ConditionExpression": "attribute_not_exists(artist)""#

    @Test("A put happens when its condition holds, and not again")
    func put() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let body = #"{"TableName": "music", "Item": \#(Self.item), \#(Self.new)"#
        try world.expect("PutItem", "condition-holds", body + "}")
        try world.expect("PutItem", "condition-fails", body + "}")
        try world.expect(
            "PutItem", "condition-fails-with-item",
            body + #", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}"#)
        #expect(try world.records().count == 1)
    }

    @Test("A deletion looks at its condition")
    func delete() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.call("PutItem", #"{"TableName": "music", "Item": \#(Self.item)}"#)
        let body = #"{"TableName": "music", "Key": \#(Self.key), "ConditionExpression": "album = :a", "#
        try world.expect(
            "DeleteItem", "condition-fails", body + #""ExpressionAttributeValues": {":a": {"S": "Ege"}}}"#)
        try world.expect(
            "DeleteItem", "condition-holds",
            body + #""ExpressionAttributeValues": {":a": {"S": "Tago Mago"}}, "ReturnValues": "ALL_OLD"}"#)
        #expect(try world.records().count == 2)
    }

    @Test("An update makes, changes and shows an item; one that changes nothing leaves no record")
    func update() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let body = #"{"TableName": "music", "Key": \#(Self.key), "#
        let plays = #""UpdateExpression": "ADD plays :n SET info.label = :l", "#
        try world.expect(
            "UpdateItem", "makes-item",
            body + #""UpdateExpression": "SET info = :m", "ExpressionAttributeValues": {":m": {"M": {}}}, "#
                + #""ReturnValues": "ALL_NEW", "ReturnConsumedCapacity": "TOTAL"}"#)
        try world.expect(
            "UpdateItem", "updated-new",
            body + plays
                + #""ExpressionAttributeValues": {":n": {"N": "2"}, ":l": {"S": "UA"}}, "ReturnValues": "UPDATED_NEW"}"#
        )
        try world.expect(
            "UpdateItem", "updated-old",
            body + plays
                + #""ExpressionAttributeValues": {":n": {"N": "0.5"}, ":l": {"S": "UA"}}, "ReturnValues": "UPDATED_OLD"}"#
        )
        try world.expect(
            "UpdateItem", "changes-nothing",
            body + #""UpdateExpression": "SET plays = plays", "ReturnValues": "ALL_OLD"}"#)
        try world.expect("UpdateItem", "no-expression", body + #""ReturnValues": "UPDATED_NEW"}"#)
        try world.expect(
            "UpdateItem", "condition-fails",
            body + #""UpdateExpression": "REMOVE plays", "ConditionExpression": "plays > :n", "#
                + #""ExpressionAttributeValues": {":n": {"N": "3"}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}"#
        )
        let names = try world.records().map { $0["eventName"]?.stringValue }
        #expect(names == ["INSERT", "MODIFY", "MODIFY"])
        try world.expect(
            "GetRecords", "updates", #"{"ShardIterator": "\#(try world.iterator(of: world.streamARN()))"}"#)
    }

    @Test(
        "What cannot be updated is refused",
        arguments: [
            (
                "key-attribute",
                ##""UpdateExpression": "SET #y = :v", "ExpressionAttributeNames": {"#y": "year"}"##
            ),
            ("no-place", #""UpdateExpression": "SET gone.x = :v""#),
            ("no-attribute", #""UpdateExpression": "SET a = gone + :v""#),
            ("reserved", #""UpdateExpression": "SET name = :v""#),
            ("unused-value", #""UpdateExpression": "SET a = :v", "ConditionExpression": "b = :v""#),
            ("values-without-expression", #""ReturnValues": "NONE""#),
            ("legacy", #""AttributeUpdates": {"a": {"Action": "PUT", "Value": {"N": "1"}}}"#),
            (
                "name-key-invalid",
                #""UpdateExpression": "SET a = :v", "ExpressionAttributeNames": {"a": "b"}"#
            ),
            ("names-empty", #""UpdateExpression": "SET a = :v", "ExpressionAttributeNames": {}"#),
            ("return-values-unknown", #""UpdateExpression": "SET a = :v", "ReturnValues": "EVERYTHING""#),
        ])
    func refused(name: String, members: String) throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let values = #""ExpressionAttributeValues": {":v": {"N": "1"}, ":x": {"N": "2"}}"#
        let only = #""ExpressionAttributeValues": {":v": {"N": "1"}}"#
        try world.expect(
            "UpdateItem", name,
            #"{"TableName": "music", "Key": \#(Self.key), \#(members), \#(name == "unused-value" ? values : only)}"#
        )
        #expect(try world.records().isEmpty)
    }

    @Test("A get shows the places that it asks for")
    func projection() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.call("PutItem", #"{"TableName": "music", "Item": \#(Self.item)}"#)
        try world.expect(
            "GetItem", "projection-with-name",
            ##"{"TableName": "music", "Key": \##(Self.key), "ProjectionExpression": "album, #y, gone", "##
                + ##""ExpressionAttributeNames": {"#y": "year"}}"##)
        try world.expect(
            "GetItem", "projection-invalid",
            #"{"TableName": "music", "Key": \#(Self.key), "ProjectionExpression": "album,, artist"}"#)
        try world.expect(
            "GetItem", "legacy",
            #"{"TableName": "music", "Key": \#(Self.key), "AttributesToGet": ["album"]}"#)
    }
}
