import AWSWire
import Testing

@testable import DynamoDBService

func condition(_ text: String, _ values: String = "{}") throws(AWSError) -> Condition {
    var parser = try ExpressionParser(text, .condition, Placeholders(values: try placeholders(values)))
    return try parser.condition()
}

func update(_ text: String, _ values: String = "{}") throws(AWSError) -> UpdateProgram {
    var parser = try ExpressionParser(text, .update, Placeholders(values: try placeholders(values)))
    return try parser.update()
}

private func placeholders(_ json: String) throws(AWSError) -> [String: AttributeValue] {
    var values: [String: AttributeValue] = [:]
    for member in try item(json).members {
        values[":" + String(decoding: member.name, as: UTF8.self)] = member.value
    }
    return values
}

@Suite("A condition on an item")
struct ConditionTests {
    private static let sample = """
        {"s": {"S": "millrace"}, "n": {"N": "10"}, "b": {"B": "AAEC"}, "ss": {"SS": ["x", "y"]},
         "l": {"L": [{"N": "1"}, {"S": "two"}]}, "m": {"M": {"k": {"NULL": true}}}, "e": {"S": "é\u{1F600}"}}
        """
    private static let values = """
        {"mill": {"S": "mill"}, "race": {"S": "race"}, "nine": {"N": "9"}, "ten": {"N": "1e1"}, "x": {"S": "x"},
         "bytes": {"B": "AQI="}, "one": {"N": "1"}, "two": {"N": "2"}, "three": {"N": "3"}, "S": {"S": "S"},
         "NULL": {"S": "NULL"}, "null": {"NULL": true}, "empty": {"S": ""}, "set": {"SS": ["y", "x"]}}
        """

    @Test(
        "It holds",
        arguments: [
            "n = :ten", "n > :nine", "n <= :ten", "n BETWEEN :nine AND :ten", "s > :mill", "s <> :mill",
            "begins_with(s, :mill)", "contains(s, :race)", "contains(s, :empty)", "contains(b, :bytes)",
            "contains(ss, :x)", "contains(l, :one)", "ss = :set", "n IN (:nine, :ten)",
            "attribute_exists(m.k)",
            "attribute_not_exists(m.j)", "attribute_not_exists(l[2])", "attribute_type(s, :S)",
            "attribute_type(m.k, :NULL)", "m.k = :null", "size(b) = :three", "size(l) = :two",
            "size(m) = :one",
            "size(e) = :three", "size(ss) = :two", "gone <> :ten", "NOT gone = :ten",
            "s = :mill OR n = :ten AND l[0] = :one", "l[0] = :one", "NOT (n = :nine OR s = :mill)",
        ])
    func holds(text: String) throws {
        #expect(try condition(text, Self.values).holds(for: item(Self.sample)))
    }

    @Test(
        "It does not hold",
        arguments: [
            "n = :mill", "n < :mill", "n > :mill", "gone = :ten", "gone < :ten", "gone >= :ten", "s = :nine",
            "gone IN (:ten)", "gone BETWEEN :one AND :ten", "begins_with(n, :mill)", "begins_with(s, :race)",
            "contains(l, :two)", "contains(n, :one)", "attribute_exists(s.k)", "attribute_exists(s[0])",
            "attribute_type(gone, :S)", "size(n) = :two", "size(gone) < :two", "NOT n = :ten", "m = l",
            "(s = :mill OR n = :ten) AND l[0] = :two", "gone1 = gone2",
        ])
    func fails(text: String) throws {
        #expect(try !condition(text, Self.values).holds(for: item(Self.sample)))
    }
}

@Suite("A part of a text")
struct ContainsTests {
    @Test("It is found exactly where a plain search finds it")
    func exhaustive() {
        // All texts of a and b up to seven letters, all parts up to four.
        func texts(_ length: Int) -> [[UInt8]] {
            (0..<(1 << length)).map { bits in (0..<length).map { bits >> $0 & 1 == 0 ? 97 : 98 } }
        }
        for text in (0...7).flatMap(texts) {
            for part in (0...4).flatMap(texts) {
                let isThere = (0...7).contains { start in
                    start + part.count <= text.count && Array(text[start..<(start + part.count)]) == part
                }
                #expect(AttributeValue.binary(text).contains(.binary(part)) == isThere, "\(part) in \(text)")
            }
        }
    }

    @Test("Long texts that nearly match everywhere take no longer than others", .timeLimit(.minutes(1)))
    func pathological() {
        let text = [UInt8](repeating: 97, count: 200_000)
        let part = [UInt8](repeating: 97, count: 100_000) + [98]
        #expect(!AttributeValue.string(text).contains(.string(part)))
    }
}

@Suite("An update of an item")
struct UpdateProgramTests {
    private static let sample = """
        {"n": {"N": "10"}, "s": {"S": "x"}, "ss": {"SS": ["a", "b"]}, "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]},
         "m": {"M": {"k": {"N": "1"}}}}
        """
    private static let values = """
        {"n": {"N": "2.5"}, "s": {"S": "y"}, "ss": {"SS": ["b", "c"]}, "all": {"SS": ["a", "b"]},
         "l": {"L": [{"S": "z"}]}, "zero": {"N": "0"}, "ns": {"NS": ["1"]}}
        """

    @Test(
        "It changes what it names",
        arguments: [
            ("SET n = n + :n", "n", #"{"N":"12.5"}"#), ("SET n = n - :n", "n", #"{"N":"7.5"}"#),
            ("SET fresh = s", "fresh", #"{"S":"x"}"#), ("SET n = if_not_exists(n, :n)", "n", #"{"N":"10"}"#),
            ("SET c = if_not_exists(c, :zero) + :n", "c", #"{"N":"2.5"}"#),
            ("SET l[1] = :s", "l", #"{"L":[{"N":"0"},{"S":"y"},{"N":"2"}]}"#),
            (
                "SET l[9] = :s, l[7] = :n", "l",
                #"{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"2.5"},{"S":"y"}]}"#
            ),
            ("SET l[9] = :s REMOVE l[3]", "l", #"{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"S":"y"}]}"#),
            ("REMOVE l[0], l[2]", "l", #"{"L":[{"N":"1"}]}"#), ("REMOVE l[7]", "l", nil),
            ("SET l[1] = :s REMOVE l[0]", "l", #"{"L":[{"S":"y"},{"N":"2"}]}"#),
            (
                "SET l = list_append(:l, l)", "l", #"{"L":[{"S":"z"},{"N":"0"},{"N":"1"},{"N":"2"}]}"#
            ),
            ("SET m.j = m.k", "m", #"{"M":{"j":{"N":"1"},"k":{"N":"1"}}}"#),
            ("REMOVE m.k, gone", "m", #"{"M":{}}"#), ("ADD n :n", "n", #"{"N":"12.5"}"#),
            ("ADD c :n", "c", #"{"N":"2.5"}"#), ("ADD ss :ss", "ss", #"{"SS":["a","b","c"]}"#),
            ("ADD m.c :ss", "m", #"{"M":{"c":{"SS":["b","c"]},"k":{"N":"1"}}}"#),
            ("DELETE ss :ss", "ss", #"{"SS":["a"]}"#), ("DELETE gone :ss", "gone", nil),
            ("SET n = s, s = n", "n", #"{"S":"x"}"#),
        ])
    func changes(text: String, attribute: String, expected: String?) throws {
        let old = try item(Self.sample)
        let new = try update(text, Self.values).applied(to: old)
        let wanted = try expected.map { try item(#"{"v":\#($0)}"#)["v"] } ?? old[attribute]
        #expect(new[attribute] == wanted)
    }

    @Test("A set that loses its last member goes")
    func emptied() throws {
        #expect(try update("DELETE ss :all", Self.values).applied(to: item(Self.sample))["ss"] == nil)
    }

    @Test(
        "What cannot be done is refused",
        arguments: [
            ("SET n = gone + :n", UpdateFailure.noSuchAttribute), ("SET n = s + :n", .wrongType),
            ("SET l = list_append(s, :l)", .wrongType), ("SET gone.x = :n", .noSuchPlace),
            ("SET s.x = :n", .noSuchPlace), ("SET m[0] = :n", .noSuchPlace),
            ("SET l[5].x = :n", .noSuchPlace),
            ("REMOVE gone.x", .noSuchPlace), ("ADD s :n", .wrongType), ("ADD ss :ns", .wrongType),
            ("DELETE n :ss", .wrongType), ("DELETE gone.x :ss", .noSuchPlace),
        ])
    func refused(text: String, failure: UpdateFailure) throws {
        let program = try update(text, Self.values)
        let old = try item(Self.sample)
        #expect(throws: failure) { try program.applied(to: old) }
    }

    @Test("Items stay below 400 KB and 32 levels")
    func bounds() throws {
        let long = String(repeating: "x", count: 409_598)
        let fits = try update("SET a = :v", #"{"v": {"S": "\#(long)x"}}"#)
        #expect(try fits.applied(to: AttributeMap()).sizeBytes == 409_600)
        let large = try update("SET a = :v", #"{"v": {"S": "\#(long)xx"}}"#)
        #expect(throws: UpdateFailure.tooLarge) { try large.applied(to: AttributeMap()) }
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"L":["#, count: depth) + #"{"S":"x"}"#
                + String(repeating: "]}", count: depth)
        }
        let deep = try update("SET m.x = :v", #"{"v": \#(nested(31))}"#)
        let old = try item(#"{"m": {"M": {}}}"#)
        let updated = try deep.applied(to: old)
        #expect(try AttributeMap(stored: updated.json) == updated)
        let deeper = try update("SET m.x = :v", #"{"v": \#(nested(32))}"#)
        #expect(throws: UpdateFailure.tooDeep) { try deeper.applied(to: old) }
    }

    @Test(
        "Sums are exact",
        arguments: [
            ("1", "2", "3"), ("0.1", "0.2", "0.3"), ("-5", "5", "0"), ("1e10", "-1", "9999999999"),
            ("99", "1", "100"), ("-0.5", "-0.75", "-1.25"), ("3", "-10", "-7"), ("0", "-4", "-4"),
            (
                "99999999999999999999999999999999999999", "-99999999999999999999999999999999999998", "1"
            ),
        ])
    func sums(left: String, right: String, sum: String) throws {
        let (one, other) = (try DecimalNumber(left.utf8), try DecimalNumber(right.utf8))
        #expect(try one.adding(other).description == sum)
        #expect(try other.adding(one).description == sum)
        #expect(try DecimalNumber(sum.utf8).subtracting(other) == one)
    }

    @Test("Sums that no number holds are refused")
    func sumBounds() throws {
        let large = try DecimalNumber("9e125".utf8)
        #expect(throws: DecimalNumber.Failure.overflow) { try large.adding(large) }
        #expect(throws: DecimalNumber.Failure.tooManyDigits) {
            try DecimalNumber("1e38".utf8).adding(DecimalNumber("1".utf8))
        }
    }
}
