import ByteCoding
import Testing

@Suite("JSON trees")
struct JSONValueTests {
    @Test(
        "Compact text comes out as it went in",
        arguments: [
            #"{"z":1,"a":[true,false,null,"é\n",-1.50e+7],"m":{"":{}}}"#, "[]", "{}", "0", #""\\""#, "null",
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)).text == text)
    }

    @Test("Parts are reached by name and by kind")
    func parts() {
        let tree: JSONValue = ["a": [1, "x", true, nil, 2.5], "n": 7]
        #expect(tree["a"]?.arrayValue?.count == 5)
        #expect(tree["n"]?.intValue == 7)
        #expect(tree["n"]?.stringValue == nil)
        #expect(tree["missing"] == nil)
        #expect(tree["a"]?["n"] == nil)
        #expect(tree["a"]?.arrayValue?.last?.doubleValue == 2.5)
        #expect(tree["a"]?.arrayValue?[1].stringValue == "x")
        #expect(tree["a"]?.arrayValue?[2].boolValue == true)
        #expect(tree["a"]?.arrayValue?[3].isNull == true)
        #expect(JSONValue.number("1.0").intValue == nil)
        #expect(JSONValue.number("1e999").doubleValue == nil)
        #expect(tree.text == #"{"a":[1,"x",true,null,2.5],"n":7}"#)
    }

    @Test("Of members with the same name the last value counts, at the first place")
    func duplicates() throws {
        let tree = try JSONValue(parsing: Array(#"{"a":1,"b":2,"a":3}"#.utf8))
        #expect(tree.text == #"{"a":3,"b":2}"#)
    }

    @Test("Order is kept but does not make objects different")
    func equality() {
        #expect(["a": 1, "b": 2] as JSONValue == ["b": 2, "a": 1])
        #expect(["a": 1, "b": 2] as JSONValue != ["a": 1])
        #expect(["a": 1] as JSONValue != ["a": nil])
        #expect([1, 2] as JSONValue != [2, 1])
    }

    @Test("An object of many members finds, replaces and removes them", arguments: [1, 12, 13, 14, 40])
    func manyMembers(count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["key \(number)"] = .number(String(number)) }
        #expect(object.count == count)
        #expect(object.keys == (0..<count).map { "key \($0)" })
        for number in 0..<count { #expect(object["key \(number)"]?.intValue == number) }
        object["key 0"] = "new"
        #expect(object["key 0"] == "new")
        #expect(object.count == count)
        for number in 0..<count {
            object["key \(number)"] = nil
            #expect(object["key \(number)"] == nil)
            #expect(object["key \(count - 1)"] != nil || number == count - 1)
        }
        #expect(object.isEmpty)
    }
}
