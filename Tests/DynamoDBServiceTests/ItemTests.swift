import AWSWire
import EventModel
import Testing

@testable import DynamoDBService

func item(_ json: String) throws(AWSError) -> AttributeMap {
    var reader = WireReader(Array(json.utf8))
    let map = try AttributeMap.decode(&reader) ?? AttributeMap()
    try reader.end()
    return map
}

private func text(_ item: AttributeMap) -> String { String(decoding: item.json, as: UTF8.self) }

private func complaint(_ json: String) -> String? {
    do {
        _ = try item(json)
        return nil
    } catch { return error.message }
}

@Suite("An item")
struct ItemTests {
    @Test("Every type comes back as it was written")
    func roundTrip() throws {
        let json = """
            {"b":{"B":"AAEC"},"bool":{"BOOL":false},"bs":{"BS":["AA==","AQ=="]},"l":{"L":[{"S":"x"},{"N":"1"},\
            {"L":[]}]},"m":{"M":{"k":{"NULL":true}}},"n":{"N":"-12.5"},"ns":{"NS":["-1","0","2","10"]},\
            "s":{"S":"tab\\t\\"é\\""},"ss":{"SS":["","a","b"]}}
            """
        #expect(try text(item(json)) == json)
    }

    @Test("Equal items have equal bytes, however they are written")
    func canonical() throws {
        let one = try item(#"{"b":{"NS":["1.0","20"]},"a":{"SS":["y","x"]}}"#)
        let other = try item(#"{"a":{"SS":["x","y"]},"b":{"NS":["2e1","1"]}}"#)
        #expect(one == other)
        #expect(text(one) == text(other))
    }

    @Test("Different spellings of one character are different")
    func spellings() throws {
        #expect(try item("{\"a\":{\"S\":\"\u{e9}\"}}") != item("{\"a\":{\"S\":\"e\u{301}\"}}"))
        #expect(try item("{\"\u{e9}\":{\"NULL\":true},\"e\u{301}\":{\"NULL\":true}}").count == 2)
    }

    @Test(
        "Sizes are AWS's",
        arguments: [
            (#"{"id":{"S":"Fred"}}"#, 6), (#"{"Username":{"S":"Fred"}}"#, 12),
            (#"{"Id":{"N":"101"},"Message":{"S":"This item has changed"}}"#, 33), (#"{"a":{"N":"42"}}"#, 3),
            (#"{"a":{"BOOL":true},"b":{"NULL":true}}"#, 4), (#"{"é":{"S":"é"}}"#, 4),
            (#"{"a":{"B":"AAEC"}}"#, 4),
            (#"{"a":{"L":[]}}"#, 4), (#"{"a":{"L":[{"S":"xy"}]}}"#, 7), (#"{"a":{"M":{"k":{"S":"xy"}}}}"#, 8),
            (#"{"a":{"NS":["1","222"]}}"#, 6), (#"{"a":{"N":"100000"}}"#, 3), (#"{"a":{"N":"0"}}"#, 2),
        ])
    func sizes(json: String, bytes: Int) throws {
        #expect(try item(json).sizeBytes == bytes)
    }

    @Test(
        "What is wrong is said in DynamoDB's words",
        arguments: [
            (
                #"{"a":{}}"#,
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            ),
            (
                #"{"a":{"X":"1"}}"#,
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            ),
            (
                #"{"a":{"S":"1","N":"1"}}"#,
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
                    + "datatypes"
            ),
            (#"{"a":{"N":"x"}}"#, "The parameter cannot be converted to a numeric value: x"),
            (#"{"a":{"N":""}}"#, "The parameter cannot be converted to a numeric value"),
            (
                #"{"a":{"N":"123456789012345678901234567890123456789"}}"#,
                "Attempting to store more than 38 significant digits in a Number"
            ),
            (
                #"{"a":{"N":"1e126"}}"#,
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
            ),
            (
                #"{"a":{"N":"1e-131"}}"#,
                "Number underflow. Attempting to store a number with magnitude smaller than supported range"
            ),
            (
                #"{"a":{"SS":[]}}"#,
                "One or more parameter values were invalid: An string set  may not be empty"
            ),
            (
                #"{"a":{"SS":["x","x"]}}"#,
                "One or more parameter values were invalid: Input collection [x, x] contains duplicates."
            ),
            (#"{"a":{"NS":["1","1.0"]}}"#, "Input collection contains duplicates"),
            (
                #"{"a":{"NULL":false}}"#,
                "One or more parameter values were invalid: Null attribute value types must have the value of true"
            ),
            (#"{"a":{"S":1}}"#, "NUMBER_VALUE cannot be converted to String"),
        ])
    func complaints(json: String, message: String) {
        #expect(complaint(json) == message)
    }

    @Test("Lists and maps may be nested 32 deep")
    func nesting() {
        func nested(_ depth: Int) -> String {
            #"{"a":"# + String(repeating: #"{"L":["#, count: depth) + #"{"S":"x"}"#
                + String(repeating: "]}", count: depth) + "}"
        }
        #expect(complaint(nested(32)) == nil)
        #expect(complaint(nested(33)) == "Nesting Levels have exceeded supported limits")
    }
}

@Suite("A number of DynamoDB")
struct DecimalNumberTests {
    @Test(
        "It is written in plain notation",
        arguments: [
            ("0", "0"), ("-0", "0"), ("0.00", "0"), ("007", "7"), ("1.50", "1.5"), ("-1e3", "-1000"),
            ("1.5E+2", "150"), ("12345e-3", "12.345"), ("5e-3", "0.005"), (".5", "0.5"), ("5.", "5"),
            ("+3", "3"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
            ("0e99999999999999999999", "0"),
        ])
    func text(given: String, written: String) throws {
        #expect(try DecimalNumber(given.utf8).description == written)
    }

    @Test(
        "Other texts are no numbers",
        arguments: ["", "-", ".", "1e", "1e+", "e5", "1 ", " 1", "0x1", "NaN", "1.2.3"])
    func refused(text: String) {
        #expect(throws: DecimalNumber.Failure.notANumber) { try DecimalNumber(text.utf8) }
    }

    @Test("The bounds are those of DynamoDB")
    func bounds() throws {
        #expect(try DecimalNumber("9.9e125".utf8).exponent == 125)
        #expect(try DecimalNumber("1e-130".utf8).exponent == -130)
        #expect(throws: DecimalNumber.Failure.overflow) { try DecimalNumber("10e125".utf8) }
        #expect(throws: DecimalNumber.Failure.underflow) { try DecimalNumber("0.1e-130".utf8) }
    }

    @Test("Numbers are ordered by value")
    func order() throws {
        let texts: [String] = [
            "-1e125", "-100", "-20", "-12", "-1.5", "-1", "-0.1", "-1e-130", "0", "1e-130", "0.1", "0.15",
            "1", "1.5",
            "2", "12", "12.5", "100", "1e125",
        ]
        let numbers = try texts.map { text throws(DecimalNumber.Failure) in try DecimalNumber(text.utf8) }
        for (left, right) in zip(numbers, numbers.dropFirst()) {
            #expect(left < right)
            #expect(!(right < left))
        }
    }
}
