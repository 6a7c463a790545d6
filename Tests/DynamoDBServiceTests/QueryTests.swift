import ByteCoding
import Testing
import WireTesting

@Suite("Queries and scans on the wire")
struct QueryTests {
    /// Two artists; Can has albums from 1969 to 1974, with a negative year before them.
    private static func world() throws -> DynamoDBWorld {
        let world = try DynamoDBWorld()
        try world.createMusic(view: nil)
        let years: [(String, Int)] = [("Can", -1), ("Neu!", 1972)] + (1969...1974).map { ("Can", $0) }
        for (artist, year) in years {
            try world.call(
                "PutItem",
                """
                {"TableName": "music", "Item": {"artist": {"S": "\(artist)"}, "year": {"N": "\(year)"},
                 "even": {"BOOL": \(year % 2 == 0)}}}
                """)
        }
        return world
    }

    private static func years(_ answer: JSONValue) throws -> [Int] {
        try #require(answer["Items"]?.arrayValue).compactMap {
            $0["year"]?["N"]?.stringValue.flatMap { Int($0) }
        }
    }

    private static func body(_ condition: String, _ more: String = "", values: String = "") -> String {
        let year = condition.contains("#y") ? ##", "ExpressionAttributeNames": {"#y": "year"}"## : ""
        return """
            {"TableName": "music", "KeyConditionExpression": "\(condition)"\(year),
             "ExpressionAttributeValues": {":a": {"S": "Can"}\(values)}\(more)}
            """
    }

    @Test(
        "Range keys are compared as numbers",
        arguments: [
            ("artist = :a", [-1, 1969, 1970, 1971, 1972, 1973, 1974]), ("artist = :a AND #y = :y", [1972]),
            ("artist = :a AND #y < :y", [-1, 1969, 1970, 1971]),
            ("#y <= :y AND artist = :a", [-1, 1969, 1970, 1971, 1972]),
            ("artist = :a AND #y > :y", [1973, 1974]), ("artist = :a and (#y >= :y)", [1972, 1973, 1974]),
            ("artist = :a AND #y BETWEEN :y AND :z", [1972, 1973]),
        ])
    func ranges(condition: String, years: [Int]) throws {
        let world = try Self.world()
        var values = condition.contains(":y") ? #", ":y": {"N": "1972"}"# : ""
        if condition.contains(":z") { values += #", ":z": {"N": "1.973e3"}"# }
        let forward = try world.call("Query", Self.body(condition, values: values))
        #expect(try Self.years(forward) == years)
        #expect(forward["LastEvaluatedKey"] == nil)
        let backward = try world.call(
            "Query", Self.body(condition, #", "ScanIndexForward": false"#, values: values))
        #expect(try Self.years(backward) == years.reversed())
    }

    @Test("Pages follow each other in both directions", arguments: [true, false], 1...4)
    func pages(forward: Bool, limit: Int) throws {
        let world = try Self.world()
        var found: [Int] = []
        var start = ""
        for _ in 0..<10 {
            let answer = try world.call(
                "Query",
                Self.body(
                    "artist = :a", #", "Limit": \#(limit), "ScanIndexForward": \#(forward)\#(start)"#))
            let page = try Self.years(answer)
            #expect(page.count <= limit)
            found += page
            guard let last = answer["LastEvaluatedKey"] else { break }
            start = #", "ExclusiveStartKey": \#(last.text)"#
        }
        let all = [-1, 1969, 1970, 1971, 1972, 1973, 1974]
        #expect(found == (forward ? all : all.reversed()))
    }

    @Test("Answers are byte for byte what they were")
    func golden() throws {
        let world = try Self.world()
        try world.expect(
            "Query", "filter-and-projection",
            Self.body(
                "artist = :a AND #y > :y",
                ##", "FilterExpression": "even = :t", "ProjectionExpression": "#y", "ReturnConsumedCapacity": "TOTAL""##,
                values: #", ":y": {"N": "1970"}, ":t": {"BOOL": true}"#))
        try world.expect(
            "Query", "count-first-page", Self.body("artist = :a", #", "Select": "COUNT", "Limit": 3"#))
        try world.expect("Scan", "limit", #"{"TableName": "music", "Limit": 2}"#)
        try world.expect(
            "Scan", "filter",
            #"{"TableName": "music", "FilterExpression": "artist <> :a", "ExpressionAttributeValues": {":a": {"S": "Can"}}}"#
        )
    }

    @Test(
        "What is no query is refused",
        arguments: [
            ("no-condition", #"{"TableName": "music"}"#),
            ("no-hash-key", body("#y = :a")),
            ("hash-key-not-equal", body("artist > :a")),
            ("or", body("artist = :a OR artist = :a")),
            ("other-attribute", body("artist = :a AND even = :a")),
            ("twice", body("artist = :a AND artist = :a")),
            ("wrong-type", body("artist = :a AND #y = :a")),
            ("filter-on-key", body("artist = :a", #", "FilterExpression": "artist <> :a""#)),
            ("limit-zero", body("artist = :a", #", "Limit": 0"#)),
            (
                "start-key-of-other-shape",
                body("artist = :a", #", "ExclusiveStartKey": {"artist": {"S": "Can"}}"#)
            ),
            (
                "start-key-elsewhere",
                body("artist = :a", #", "ExclusiveStartKey": {"artist": {"S": "Neu!"}, "year": {"N": "1"}}"#)
            ),
            ("index-missing", body("artist = :a", #", "IndexName": "by-year""#)),
            ("select-unknown", body("artist = :a", #", "Select": "SOME""#)),
            (
                "legacy",
                #"{"TableName": "music", "KeyConditions": {"artist": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "Can"}]}}}"#
            ),
        ])
    func refused(name: String, body: String) throws {
        try Self.world().expect("Query", name, body)
    }

    @Test("A parallel scan finds every item once")
    func segments() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: nil)
        for number in 0..<40 {
            try world.call(
                "PutItem",
                #"{"TableName": "music", "Item": {"artist": {"S": "\#(number % 13)"}, "year": {"N": "\#(number)"}}}"#
            )
        }
        var found: [Int] = []
        for segment in 0..<3 {
            let part = try Self.years(
                world.call("Scan", #"{"TableName": "music", "Segment": \#(segment), "TotalSegments": 3}"#))
            #expect(!part.isEmpty)
            found += part
        }
        #expect(found.sorted() == Array(0..<40))
        try world.expect(
            "Scan", "segment-too-large", #"{"TableName": "music", "Segment": 3, "TotalSegments": 3}"#)
        try world.expect("Scan", "segment-alone", #"{"TableName": "music", "Segment": 3}"#)
    }

    @Test("A page ends before it exceeds 1 MB")
    func megabyte() throws {
        let world = try DynamoDBWorld()
        try world.createMusic(view: nil)
        let text = String(repeating: "x", count: 300_000)
        for year in 1...5 {
            try world.call(
                "PutItem",
                #"{"TableName": "music", "Item": {"artist": {"S": "Can"}, "year": {"N": "\#(year)"}, "t": {"S": "\#(text)"}}}"#
            )
        }
        let first = try world.call("Query", Self.body("artist = :a", #", "Select": "COUNT""#))
        #expect(first["Count"]?.intValue == 3)
        let last = try #require(first["LastEvaluatedKey"])
        let second = try world.call(
            "Query", Self.body("artist = :a", #", "Select": "COUNT", "ExclusiveStartKey": \#(last.text)"#))
        #expect(second["Count"]?.intValue == 2)
        #expect(second["LastEvaluatedKey"] == nil)
    }
}
