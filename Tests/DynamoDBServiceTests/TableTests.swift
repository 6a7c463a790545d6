import ByteCoding
import EventModel
import Testing
import WireTesting

@Suite("Tables on the wire")
struct TableTests {
    private static let keys = """
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]
        """

    @Test("A table is made, described, listed and deleted")
    func life() throws {
        let world = try DynamoDBWorld()
        try world.expect(
            "CreateTable", "on-demand-with-stream",
            """
            {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", \(Self.keys),
             "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
             "Tags": [{"Key": "team", "Value": "mill"}]}
            """)
        try world.expect(
            "CreateTable", "provisioned",
            """
            {"TableName": "invoices", \(Self.keys),
             "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}
            """)
        try world.expect("DescribeTable", "on-demand-with-stream", #"{"TableName": "orders"}"#)
        try world.expect(
            "DescribeTable", "by-arn",
            #"{"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/invoices"}"#)
        try world.expect("ListTables", "all", "{}")
        try world.expect("ListTables", "first-page", #"{"Limit": 1}"#)
        try world.expect("ListTables", "second-page", #"{"ExclusiveStartTableName": "invoices"}"#)
        try world.expect(
            "ListTagsOfResource", "one",
            #"{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/orders"}"#)
        try world.expect("DeleteTable", "with-stream", #"{"TableName": "orders"}"#)
        try world.expect("DescribeTable", "unknown", #"{"TableName": "orders"}"#)
        try world.expect("DeleteTable", "unknown", #"{"TableName": "orders"}"#)
    }

    @Test(
        "What is no table is refused",
        arguments: [
            ("no-name", "{}"),
            ("name-too-short", #"{"TableName": "a", \#(keys), "BillingMode": "PAY_PER_REQUEST"}"#),
            ("name-with-space", #"{"TableName": "a b c", \#(keys), "BillingMode": "PAY_PER_REQUEST"}"#),
            ("no-throughput", #"{"TableName": "orders", \#(keys)}"#),
            (
                "throughput-on-demand",
                #"{"TableName": "orders", \#(keys), "BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}"#
            ),
            (
                "key-not-defined",
                #"{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}"#
            ),
            (
                "key-type-unknown",
                #"{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "BOOL"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}"#
            ),
            (
                "no-hash-key",
                #"{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "RANGE"}]}"#
            ),
            (
                "view-unknown",
                #"{"TableName": "orders", \#(keys), "BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "ALL"}}"#
            ),
            (
                "secondary-index",
                #"{"TableName": "orders", \#(keys), "BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [{"IndexName": "byDate"}]}"#
            ),
        ])
    func refused(name: String, body: String) throws {
        try DynamoDBWorld().expect("CreateTable", name, body)
    }

    @Test("A name is taken once")
    func taken() throws {
        let world = try DynamoDBWorld()
        let body = #"{"TableName": "orders", \#(Self.keys), "BillingMode": "PAY_PER_REQUEST"}"#
        try world.call("CreateTable", body)
        try world.expect("CreateTable", "taken", body)
    }

    @Test("A stream is switched on, off, and on again as a new one")
    func stream() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: nil)
        let on = """
            {"TableName": "music", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}
            """
        let off = #"{"TableName": "music", "StreamSpecification": {"StreamEnabled": false}}"#
        try world.expect("UpdateTable", "stream-off-without-stream", off)
        try world.expect("UpdateTable", "stream-on", on)
        let first = try world.streamARN()
        try world.expect("UpdateTable", "stream-on-twice", on)
        try world.expect("UpdateTable", "stream-off", off)
        try world.expect("DescribeTable", "stream-off", #"{"TableName": "music"}"#)
        #expect(try world.streamARN() == first)
        world.wire.clock.advance(by: .seconds(1))
        try world.call("UpdateTable", on)
        let second = try world.streamARN()
        #expect(second != first)
        try world.expect("ListStreams", "of-table", #"{"TableName": "music"}"#)
        try world.expect("DescribeStream", "disabled", #"{"StreamArn": "\#(first)"}"#)
        try world.expect("DescribeStream", "enabled", #"{"StreamArn": "\#(second)"}"#)
    }

    @Test("A protected table is not deleted")
    func protected() throws {
        let world = try DynamoDBWorld()
        try world.createMusic()
        try world.expect(
            "UpdateTable", "protect", #"{"TableName": "music", "DeletionProtectionEnabled": true}"#)
        try world.expect("DeleteTable", "protected", #"{"TableName": "music"}"#)
        try world.expect("UpdateTable", "nothing", #"{"TableName": "music"}"#)
    }

    @Test("An operation that is not there is named")
    func unknown() throws {
        try DynamoDBWorld().expect(
            "ExecuteStatement", "not-supported", #"{"Statement": "SELECT * FROM music"}"#)
    }
}
