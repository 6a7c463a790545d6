import ByteCoding
import Simulation
import Testing
import WireTesting

@Suite("Secondary indexes on the wire")
struct IndexTests {
    /// `orders` by `id` and `n`; by customer and date, by date alone with keys only, and by total within an `id`.
    private static let create = """
        {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"},
          {"AttributeName": "customer", "AttributeType": "S"}, {"AttributeName": "dated", "AttributeType": "S"},
          {"AttributeName": "amount", "AttributeType": "N"}],
         "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
         "GlobalSecondaryIndexes": [
          {"IndexName": "by-customer", "Projection": {"ProjectionType": "ALL"},
           "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "dated", "KeyType": "RANGE"}]},
          {"IndexName": "by-day", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]},
           "KeySchema": [{"AttributeName": "dated", "KeyType": "HASH"}]}],
         "LocalSecondaryIndexes": [
          {"IndexName": "by-total", "Projection": {"ProjectionType": "KEYS_ONLY"},
           "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "amount", "KeyType": "RANGE"}]}]}
        """

    private static func world() throws -> DynamoDBWorld {
        let world = try DynamoDBWorld()
        try world.call("CreateTable", create)
        return world
    }

    private static func put(_ world: DynamoDBWorld, _ n: Int, _ more: String) throws {
        try world.call(
            "PutItem", #"{"TableName": "orders", "Item": {"id": {"S": "o"}, "n": {"N": "\#(n)"}, \#(more)}}"#)
    }

    private static func numbers(_ answer: JSONValue) throws -> [Int] {
        try #require(answer["Items"]?.arrayValue, "\(answer.text)").compactMap {
            $0["n"]?["N"]?.stringValue.flatMap { Int($0) }
        }
    }

    private static func query(_ index: String, _ condition: String, _ values: String, _ more: String = "")
        -> String
    {
        """
        {"TableName": "orders", "IndexName": "\(index)", "KeyConditionExpression": "\(condition)",
         "ExpressionAttributeValues": {\(values)}\(more)}
        """
    }

    @Test("A table with indexes is made, described and deleted")
    func life() throws {
        let world = try DynamoDBWorld()
        try world.expect("CreateTable", "indexes", Self.create)
        try world.expect("DescribeTable", "indexes", #"{"TableName": "orders"}"#)
        try Self.put(world, 1, #""customer": {"S": "c"}, "dated": {"S": "d"}"#)
        try world.call("DeleteTable", #"{"TableName": "orders"}"#)
        try world.call("CreateTable", Self.create)
        #expect(
            try Self.numbers(world.call("Scan", #"{"TableName": "orders", "IndexName": "by-day"}"#)) == [])
    }

    @Test("Each index shows what it projects, in its order")
    func reads() throws {
        let world = try Self.world()
        let days = ["2024-02", "2024-01", "2024-10", "2023-12"]
        for (n, day) in days.enumerated() {
            try Self.put(
                world, n,
                #""customer": {"S": "c"}, "dated": {"S": "\#(day)"}, "amount": {"N": "\#(100 - n * 7)"}, "note": {"S": "\#(n)"}, "x": {"S": "y"}"#
            )
        }
        try Self.put(world, 9, #""customer": {"S": "c"}"#)
        let customer = #"":c": {"S": "c"}"#
        #expect(
            try Self.numbers(world.call("Query", Self.query("by-customer", "customer = :c", customer)))
                == [3, 1, 0, 2])
        #expect(
            try Self.numbers(
                world.call(
                    "Query",
                    Self.query(
                        "by-customer", "customer = :c AND begins_with(dated, :d)",
                        customer + #", ":d": {"S": "2024-"}"#, #", "ScanIndexForward": false"#)))
                == [2, 0, 1])
        #expect(
            try Self.numbers(
                world.call(
                    "Query",
                    Self.query(
                        "by-customer", "customer = :c AND dated <= :d",
                        customer + #", ":d": {"S": "2024-01"}"#)))
                == [3, 1])
        try world.expect(
            "Query", "index-include", Self.query("by-day", "dated = :d", #"":d": {"S": "2024-10"}"#))
        try world.expect(
            "Query", "index-local",
            Self.query("by-total", "id = :i AND amount > :t", #"":i": {"S": "o"}, ":t": {"N": "86"}"#))
        try world.expect(
            "Query", "index-local-fetches",
            Self.query(
                "by-total", "id = :i AND amount > :t", #"":i": {"S": "o"}, ":t": {"N": "99"}"#,
                #", "Select": "ALL_ATTRIBUTES""#))
        try world.expect(
            "Query", "index-first-page",
            Self.query(
                "by-customer", "customer = :c", customer, #", "Limit": 1, "ProjectionExpression": "x""#))
        #expect(
            try Self.numbers(world.call("Scan", #"{"TableName": "orders", "IndexName": "by-day"}"#)).count
                == 4)
    }

    @Test("What cannot be read through an index is refused")
    func refusedReads() throws {
        let world = try Self.world()
        let day = #"":d": {"S": "x"}"#
        for (name, body) in [
            ("index-unknown", Self.query("by-nothing", "dated = :d", day)),
            ("index-consistent", Self.query("by-day", "dated = :d", day, #", "ConsistentRead": true"#)),
            (
                "index-all-attributes",
                Self.query("by-day", "dated = :d", day, #", "Select": "ALL_ATTRIBUTES""#)
            ),
            (
                "index-not-projected",
                Self.query("by-day", "dated = :d", day, #", "ProjectionExpression": "x, note""#)
            ),
            ("index-other-key", Self.query("by-day", "customer = :d", day)),
        ] {
            try world.expect("Query", name, body)
        }
    }

    @Test("A value that cannot be an index's key is refused, and nothing is written")
    func refusedWrites() throws {
        let world = try Self.world()
        let item = #"{"id": {"S": "o"}, "n": {"N": "1"}, "dated": {"N": "1"}}"#
        try world.expect("PutItem", "index-key-of-other-type", #"{"TableName": "orders", "Item": \#(item)}"#)
        try world.expect(
            "UpdateItem", "index-key-empty",
            #"{"TableName": "orders", "Key": {"id": {"S": "o"}, "n": {"N": "1"}}, "UpdateExpression": "SET customer = :e", "#
                + #""ExpressionAttributeValues": {":e": {"S": ""}}}"#)
        #expect(try Self.numbers(world.call("Scan", #"{"TableName": "orders"}"#)) == [])
    }

    @Test("Indexes follow every kind of write", arguments: 0..<6)
    func model(seed: Int) throws {
        let world = try Self.world()
        var random = SeededRandom(seed: UInt64(seed))
        var days: [Int: String] = [:]
        for _ in 0..<60 {
            let n = Int.random(in: 0..<8, using: &random)
            // With zero bytes and texts that begin with each other, to try the entries' order.
            let day = ["a", "a\\u0000", "a\\u0000\\u0000b", "ab", "b"][Int.random(in: 0..<5, using: &random)]
            let key = #""Key": {"id": {"S": "o"}, "n": {"N": "\#(n)"}}"#
            let item = #""customer": {"S": "c"}, "dated": {"S": "\#(day)"}"#
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                try world.call("DeleteItem", #"{"TableName": "orders", \#(key)}"#)
                days[n] = nil
            case 1:
                try world.call(
                    "UpdateItem", #"{"TableName": "orders", \#(key), "UpdateExpression": "REMOVE customer"}"#)
                days[n] = nil
            case 2:
                try world.call(
                    "TransactWriteItems",
                    #"{"TransactItems": [{"Update": {"TableName": "orders", \#(key), "UpdateExpression": "SET customer = :c, dated = :d", "ExpressionAttributeValues": {":c": {"S": "c"}, ":d": {"S": "\#(day)"}}}}]}"#
                )
                days[n] = day
            default:
                try Self.put(world, n, item)
                days[n] = day
            }
        }
        func text(_ day: String) -> [UInt8] { Array(day.replacing("\\u0000", with: "\u{0}").utf8) }
        let expected = days.sorted { left, right in
            left.value == right.value
                ? left.key < right.key : text(left.value).lexicographicallyPrecedes(text(right.value))
        }.map(\.key)
        var found: [Int] = []
        var start = ""
        for _ in 0..<10 {
            let page = try world.call(
                "Query",
                Self.query("by-customer", "customer = :c", #"":c": {"S": "c"}"#, #", "Limit": 2\#(start)"#))
            found += try Self.numbers(page)
            guard let last = page["LastEvaluatedKey"] else { break }
            start = #", "ExclusiveStartKey": \#(last.text)"#
        }
        #expect(found == expected)
        #expect(
            try Self.numbers(world.call("Scan", #"{"TableName": "orders", "IndexName": "by-customer"}"#))
                == expected)
    }

    @Test(
        "What is no index is refused",
        arguments: [
            (
                "index-unknown-attribute",
                #""IndexName": "abc", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}]"#
            ),
            (
                "index-without-projection",
                #""IndexName": "abc", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]"#
            ),
            (
                "index-include-nothing",
                #""IndexName": "abc", "Projection": {"ProjectionType": "INCLUDE"}, "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]"#
            ),
        ])
    func refused(name: String, index: String) throws {
        try DynamoDBWorld().expect(
            "CreateTable", name,
            """
            {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
             "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
             "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "GlobalSecondaryIndexes": [{\(index)}]}
            """)
    }
}
