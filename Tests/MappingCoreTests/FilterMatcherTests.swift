import EventModel
import MappingCore
import Testing

extension FilterMatcher {
    /// Whether a whole record matches; `nil` when it is no JSON object.
    mutating func verdict(on record: String) -> Bool? {
        let bytes = Array(record.utf8)
        begin()
        let isObject = add(json: bytes.span, below: .root)
        return isObject ? matches : nil
    }
}

@Suite("Matching a record")
struct FilterMatcherTests {
    private func verdict(_ patterns: String..., on record: String) throws -> Bool? {
        var matcher = FilterMatcher(RecordFilter(try patterns.map { try FilterPattern($0) }))
        return matcher.verdict(on: record)
    }

    @Test(
        "Texts, numbers, flags and null are themselves and nothing else",
        arguments: [
            (#"["x"]"#, [#""x""#], [#""X""#, #""xy""#, "1", "null"]),
            (#"[300]"#, ["300", "300.0", "3.0e2"], [#""300""#, "301", "null"]),
            (#"[9007199254740993]"#, ["9007199254740993"], ["9007199254740992"]),
            (#"[true]"#, ["true"], ["false", #""true""#, "1"]),
            (#"[null]"#, ["null", "[1,null]"], [#""null""#, "[]", "0", #""""#]),
            (#"[""]"#, [#""""#], [#"" ""#, "null"]),
            (#"["é"]"#, [#""é""#, #""\u00e9""#], [#""e\u0301""#]),
            (#"["x",{"prefix":"y"}]"#, [#""x""#, #""yes""#], [#""z""#]),
        ])
    func scalars(tests: String, matching: [String], others: [String]) throws {
        try check(tests, matching, others)
    }

    @Test(
        "Each operator, by the table",
        arguments: [
            (
                #"[{"exists":true}]"#, ["1", "null", #""""#, "[1]", #"[{"b":1},2]"#],
                ["{}", #"{"S":"x"}"#, "[]"]
            ),
            (#"[{"exists":false}]"#, ["{}", #"{"S":"x"}"#, "[]"], ["1", "null", #""""#]),
            (#"[{"prefix":"ab"}]"#, [#""ab""#, #""abc""#], [#""a""#, #""Abc""#, "12", "null"]),
            (#"[{"prefix":""}]"#, [#""""#, #""x""#], ["1", "null", "[]"]),
            (#"[{"suffix":".png"}]"#, [#""a.png""#], [#""a.PNG""#, #""png""#, "1"]),
            (#"[{"prefix":{"equals-ignore-case":"aB"}}]"#, [#""Abc""#, #""ABX""#], [#""a""#, "1"]),
            (#"[{"suffix":{"equals-ignore-case":"ÉX"}}]"#, [#""aéx""#, #""ÉX""#], [#""ex""#]),
            (
                #"[{"equals-ignore-case":"Straße É"}]"#, [#""straße é""#, #""STRAßE É""#],
                [#""strasse e""#, "1"]
            ),
            (#"[{"equals-ignore-case":""}]"#, [#""""#], [#""x""#, "null"]),
            (
                #"[{"anything-but":"x"}]"#, [#""y""#, "1", "null", "true", #"["x","y"]"#],
                [#""x""#, "[]", "{}"]
            ),
            (#"[{"anything-but":[1,2]}]"#, ["3", #""1""#, "null"], ["1", "2.0"]),
            (#"[{"anything-but":{"prefix":"a"}}]"#, [#""ba""#, "null", "1"], [#""ab""#, #""a""#]),
            (#"[{"anything-but":{"suffix":["a","b"]}}]"#, [#""c""#, "null"], [#""xa""#, #""xb""#]),
            (#"[{"anything-but":{"equals-ignore-case":["AB"]}}]"#, [#""a""#, "1"], [#""ab""#, #""Ab""#]),
            (#"[{"anything-but":{"wildcard":"*.txt"}}]"#, [#""a.png""#, "null"], [#""a.txt""#]),
            (#"[{"numeric":[">",100]}]"#, ["105", "100.1", "1e3"], ["100", #""105""#, "null", "-200"]),
            (#"[{"numeric":["=",3.018e2]}]"#, ["301.8", "3018e-1"], ["301", #""301.8""#]),
            (#"[{"numeric":[">=",0,"<",10]}]"#, ["0", "-0", "9.99"], ["10", "-0.1"]),
            (#"[{"wildcard":"a*c"}]"#, [#""ac""#, #""abc""#, #""acc""#], [#""abcd""#, #""xac""#, "1"]),
            (#"[{"wildcard":"*a*b*"}]"#, [#""ab""#, #""xaybz""#], [#""ba""#, #""a""#]),
            (#"[{"wildcard":"aba*aba"}]"#, [#""abaaba""#, #""abaxaba""#], [#""ababa""#, #""aba""#]),
            (#"[{"wildcard":"a\\*\\\\"}]"#, [#""a*\\""#], [#""ab\\""#, #""a*""#]),
            (#"[{"wildcard":""}]"#, [#""""#], [#""x""#]),
            (#"[{"wildcard":"*"}]"#, [#""""#, #""x""#], ["1", "null"]),
            (
                #"[{"cidr":"10.0.0.0/24"}]"#, [#""10.0.0.255""#],
                [#""10.0.1.0""#, #""ten""#, "10", #""10.0.0""#]
            ),
            (#"[{"cidr":"0.0.0.0/0"}]"#, [#""255.1.2.3""#], [#""::1""#, #""256.1.2.3""#]),
            (
                #"[{"cidr":"2001:db8::/33"}]"#, [#""2001:db8:0:0::1""#, #""2001:0DB8::""#],
                [#""2001:db8:8000::""#, #""2001:db8:::1""#, #""1.2.3.4""#]
            ),
            (#"[{"cidr":"::ffff:1.2.3.4/128"}]"#, [#""::ffff:102:304""#], [#""::ffff:1.2.3.5""#, #""1:2""#]),
        ])
    func operators(tests: String, matching: [String], others: [String]) throws {
        try check(tests, matching, others)
    }

    private func check(_ tests: String, _ matching: [String], _ others: [String]) throws {
        var matcher = FilterMatcher(RecordFilter([try FilterPattern(#"{"a":\#(tests)}"#)]))
        for value in matching {
            #expect(matcher.verdict(on: #"{"z":[0],"a":\#(value)}"#) == true, "\(tests) over \(value)")
        }
        for value in others {
            #expect(matcher.verdict(on: #"{"a":\#(value),"b":1}"#) == false, "\(tests) over \(value)")
        }
        let missing = matcher.verdict(on: #"{"b":{"a":1}}"#)
        #expect(missing == tests.contains(#""exists":false"#), "\(tests) over nothing")
    }

    @Test("All keys have to match, one test of each is enough, further members mean nothing")
    func combination() throws {
        let pattern = #"{"a":["x","y"],"b":{"c":[1]}}"#
        #expect(try verdict(pattern, on: #"{"a":"y","b":{"c":1,"d":2},"e":3}"#) == true)
        #expect(try verdict(pattern, on: #"{"a":"y","b":{"c":2}}"#) == false)
        #expect(try verdict(pattern, on: #"{"a":"y"}"#) == false)
        #expect(try verdict(pattern, on: #"{"A":"y","b":{"c":1}}"#) == false)
    }

    @Test("Alternatives need one to match, beside what stands next to them")
    func alternatives() throws {
        let pattern = #"{"d":["y"],"$or":[{"a":["x"]},{"b":{"c":[{"exists":false}]}}]}"#
        #expect(try verdict(pattern, on: #"{"d":"y","a":"x","b":{"c":1}}"#) == true)
        #expect(try verdict(pattern, on: #"{"d":"y","a":"z"}"#) == true)
        #expect(try verdict(pattern, on: #"{"d":"y","a":"z","b":{"c":1}}"#) == false)
        #expect(try verdict(pattern, on: #"{"a":"x"}"#) == false)
    }

    @Test("One pattern of several is enough")
    func several() throws {
        let patterns = (#"{"a":["x"]}"#, #"{"b":["y"]}"#)
        #expect(try verdict(patterns.0, patterns.1, on: #"{"a":"z","b":"y"}"#) == true)
        #expect(try verdict(patterns.0, patterns.1, on: #"{"a":"z","b":"z"}"#) == false)
    }

    @Test("Lists match by any element, objects in them are looked into")
    func lists() throws {
        let pattern = #"{"automations":{"id":[{"exists":true}]}}"#
        #expect(try verdict(pattern, on: #"{"automations":[{"no":1},[{"id":null}]]}"#) == true)
        #expect(try verdict(pattern, on: #"{"automations":[{"no":1},"id"]}"#) == false)
        #expect(try verdict(#"{"a":[2]}"#, on: #"{"a":[1,[2]]}"#) == true)
    }

    @Test("A dotted name above a leaf means the same as nested names, anywhere else only itself")
    func dots() throws {
        let dotted = #"{"state.status":["running"]}"#
        let nested = #"{"state":{"status":["running"]}}"#
        for record in [#"{"state":{"status":"running"}}"#, #"{"state.status":"running"}"#] {
            #expect(try verdict(dotted, on: record) == true)
            #expect(try verdict(nested, on: record) == true)
        }
        #expect(try verdict(#"{"a.b":{"c":[1]}}"#, on: #"{"a":{"b":{"c":1}}}"#) == false)
        #expect(try verdict(#"{"a":{"b":{"c":[1]}}}"#, on: #"{"a.b":{"c":1}}"#) == false)
        #expect(try verdict(#"{"a.b":{"c":[1]}}"#, on: #"{"a.b":{"c":1}}"#) == true)
        #expect(try verdict(#"{"a.b":{"c":[1]}}"#, on: #"{"a.b":5}"#) == false)
    }

    @Test("JSON inside a text stays a text")
    func embedded() throws {
        #expect(try verdict(#"{"a":{"b":[1]}}"#, on: #"{"a":"{\"b\":1}"}"#) == false)
    }

    @Test("Of members with one name the last one counts, however it is spelled")
    func repeatedNames() throws {
        #expect(try verdict(#"{"a":[1]}"#, on: #"{"a":1,"a":2}"#) == false)
        #expect(try verdict(#"{"a":[2]}"#, on: #"{"a":1,"\u0061":2}"#) == true)
        #expect(try verdict(#"{"a":{"b":[1]}}"#, on: #"{"x":{"a":1},"a":{"b":1},"a":{}}"#) == false)
        #expect(try verdict(#"{"a":{"b":[1]}}"#, on: #"{"a.b":1,"a.b":2}"#) == false)
        #expect(try verdict(#"{"a":{"b":[1]}}"#, on: #"{"a":[{"b":1},{"b":2}]}"#) == true)
        #expect(try verdict(#"{"a":[1]}"#, on: #"{"z":1,"z":2,"a":1}"#) == true)
    }

    @Test(
        "What is no JSON object is told, wherever it ends being one",
        arguments: [
            "", " ", "plain", "1", #""a""#, "null", "[]", "{", #"{"a""#, #"{"a":}"#, #"{"a":1"#, #"{"a":1,}"#,
            #"{"a":1} x"#, #"{"a":[1,]}"#, #"{"a":[1 2]}"#, #"{"a":{"b":1}"#, #"{"a":"\x"}"#, #"{"a":01}"#,
            #"{"a":[}"#, #"{"a":1 "b":2}"#, "{\"a\":\"\u{1}\"}", #"{a:1}"#,
        ])
    func noObject(text: String) throws {
        #expect(try verdict(#"{"a":{"b":[1]},"a.c":[2]}"#, on: text) == nil)
        #expect(try verdict(#"{"a":[1]}"#, on: text) == nil)
    }

    @Test("Bytes that are no UTF-8 are no JSON")
    func noUTF8() throws {
        var matcher = FilterMatcher(RecordFilter([try FilterPattern(#"{"a":[{"exists":true}]}"#)]))
        let bytes = Array(#"{"a":""#.utf8) + [0xFF, UInt8(ascii: "\""), UInt8(ascii: "}")]
        matcher.begin()
        let isObject = matcher.add(json: bytes.span, below: .root)
        #expect(!isObject)
    }

    @Test("Nesting to the limit is read, one level more is refused")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        }
        #expect(try verdict(#"{"a":{"a":[1]}}"#, on: nested(128)) == false)
        #expect(try verdict(#"{"a":{"a":[1]}}"#, on: nested(129)) == nil)
        let lists = String(repeating: "[", count: 127) + "1" + String(repeating: "]", count: 127)
        #expect(try verdict(#"{"a":[1]}"#, on: #"{"a":\#(lists)}"#) == true)
        #expect(try verdict(#"{"a":[1]}"#, on: #"{"a":[\#(lists)]}"#) == nil)
    }
}
