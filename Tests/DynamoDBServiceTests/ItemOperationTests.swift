import ByteCoding
import Testing
import WireTesting

@Suite("Items on the wire")
struct ItemOperationTests {
    private static let item = #"{"artist": {"S": "Can"}, "year": {"N": "1971"}, "album": {"S": "Tago Mago"}}"#
    private static let key = #"{"artist": {"S": "Can"}, "year": {"N": "1971"}}"#

    @Test("An item is put, read, replaced and deleted")
    func life() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.expect("GetItem", "missing", #"{"TableName": "music", "Key": \#(Self.key)}"#)
        try world.expect("PutItem", "new", #"{"TableName": "music", "Item": \#(Self.item)}"#)
        try world.expect("GetItem", "found", #"{"TableName": "music", "Key": \#(Self.key)}"#)
        try world.expect(
            "GetItem", "key-in-another-notation",
            #"{"TableName": "music", "Key": {"artist": {"S": "Can"}, "year": {"N": "1.971e3"}}, "ConsistentRead": true, "ReturnConsumedCapacity": "TOTAL"}"#
        )
        try world.expect(
            "PutItem", "replaced",
            #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"N": "1971"}}, "ReturnValues": "ALL_OLD"}"#
        )
        try world.expect(
            "DeleteItem", "found",
            #"{"TableName": "music", "Key": \#(Self.key), "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "INDEXES"}"#
        )
        try world.expect(
            "DeleteItem", "missing",
            #"{"TableName": "music", "Key": \#(Self.key), "ReturnValues": "ALL_OLD"}"#)
    }

    @Test("Every attribute type comes back")
    func types() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let item = """
            {"year": {"N": "0001971.0"}, "artist": {"S": "Can"}, "b": {"B": "AAEC"}, "ss": {"SS": ["y", "x"]},
             "ns": {"NS": ["10", "2", "-1.50"]}, "bs": {"BS": ["AQ==", "AA=="]}, "t": {"BOOL": true},
             "none": {"NULL": true}, "m": {"M": {"deep": {"L": [{"S": ""}, {"M": {}}]}}}}
            """
        try world.call("PutItem", #"{"TableName": "music", "Item": \#(item)}"#)
        try world.expect("GetItem", "all-types", #"{"TableName": "music", "Key": \#(Self.key)}"#)
    }

    @Test(
        "What is no item of the table is refused",
        arguments: [
            ("no-item", #"{"TableName": "music"}"#),
            ("unknown-table", #"{"TableName": "nowhere", "Item": \#(item)}"#),
            ("key-missing", #"{"TableName": "music", "Item": {"artist": {"S": "Can"}}}"#),
            (
                "key-of-other-type",
                #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"S": "1971"}}}"#
            ),
            ("key-empty", #"{"TableName": "music", "Item": {"artist": {"S": ""}, "year": {"N": "1971"}}}"#),
            (
                "number-invalid",
                #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"N": "MCMLXXI"}}}"#
            ),
            (
                "value-of-wrong-kind",
                #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"N": 1971}}}"#
            ),
            ("return-values", #"{"TableName": "music", "Item": \#(item), "ReturnValues": "ALL_NEW"}"#),
            (
                "condition",
                #"{"TableName": "music", "Item": \#(item), "ConditionExpression": "attribute_not_exists(artist)"}"#
            ),
            (
                "names-without-expression",
                ##"{"TableName": "music", "Item": \##(item), "ExpressionAttributeNames": {"#a": "artist"}}"##
            ),
            ("no-json", #"{"TableName": "#),
        ])
    func refused(name: String, body: String) throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.expect("PutItem", name, body)
    }

    @Test("A key that is not the table's is refused")
    func wrongKey() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.expect(
            "GetItem", "key-incomplete", #"{"TableName": "music", "Key": {"artist": {"S": "Can"}}}"#)
        try world.expect(
            "GetItem", "key-of-other-type",
            #"{"TableName": "music", "Key": {"artist": {"S": "Can"}, "year": {"S": "1971"}}}"#)
        try world.expect(
            "GetItem", "projection",
            #"{"TableName": "music", "Key": \#(Self.key), "ProjectionExpression": "artist"}"#)
    }

    @Test("An item of more than 400 KB is refused")
    func tooLarge() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        let text = String(repeating: "x", count: 409_600)
        let answer = try world.call(
            "PutItem",
            #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"N": "1"}, "t": {"S": "\#(text)"}}}"#
        )
        #expect(answer["message"]?.stringValue == "Item size has exceeded the maximum allowed size")
    }

    @Test("A batch writes and deletes in one go")
    func batch() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.call("PutItem", #"{"TableName": "music", "Item": \#(Self.item)}"#)
        try world.expect(
            "BatchWriteItem", "put-and-delete",
            """
            {"RequestItems": {"music": [
              {"PutRequest": {"Item": {"artist": {"S": "Neu!"}, "year": {"N": "1972"}}}},
              {"DeleteRequest": {"Key": \(Self.key)}}]}, "ReturnConsumedCapacity": "TOTAL"}
            """)
        try world.expect(
            "GetItem", "after-batch",
            #"{"TableName": "music", "Key": {"artist": {"S": "Neu!"}, "year": {"N": "1972"}}}"#)
        try world.expect(
            "BatchWriteItem", "same-key-twice",
            """
            {"RequestItems": {"music": [{"PutRequest": {"Item": \(Self.item)}},
                                        {"DeleteRequest": {"Key": \(Self.key)}}]}}
            """)
        let requests = (0..<26).map {
            #"{"PutRequest": {"Item": {"artist": {"S": "a"}, "year": {"N": "\#($0)"}}}}"#
        }
        try world.expect(
            "BatchWriteItem", "too-many",
            #"{"RequestItems": {"music": [\#(requests.joined(separator: ","))]}}"#)
        try world.expect("BatchWriteItem", "empty", #"{"RequestItems": {}}"#)
        try world.expect(
            "BatchWriteItem", "unknown-table",
            #"{"RequestItems": {"nowhere": [{"PutRequest": {"Item": \#(Self.item)}}]}}"#)
    }
}
