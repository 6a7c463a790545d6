import EventModel
import Testing

@Suite("A filter pattern")
struct FilterPatternTests {
    @Test(
        "Every form of the grammar is taken",
        arguments: [
            #"{"a":["x"]}"#, #"{"a":[""]}"#, #"{"a":[1,-2.5e3,true,false,null,"x"]}"#,
            #"{"a":{"b":{"c":["x"]}},"d":[1]}"#, #"{"a.b":["x"]}"#, #"{"a.b":{"c":["x"]}}"#,
            #"{"a":[{"exists":true}]}"#, #"{"a":[{"exists":false},"x"]}"#,
            #"{"a":[{"prefix":""}]}"#, #"{"a":[{"prefix":{"equals-ignore-case":"x"}}]}"#,
            #"{"a":[{"suffix":"x"}]}"#, #"{"a":[{"suffix":{"equals-ignore-case":"x"}}]}"#,
            #"{"a":[{"equals-ignore-case":""}]}"#,
            #"{"a":[{"anything-but":"x"}]}"#, #"{"a":[{"anything-but":1}]}"#,
            #"{"a":[{"anything-but":["x","y"]}]}"#, #"{"a":[{"anything-but":[1,2]}]}"#,
            #"{"a":[{"anything-but":{"prefix":"x"}}]}"#, #"{"a":[{"anything-but":{"prefix":["x","y"]}}]}"#,
            #"{"a":[{"anything-but":{"suffix":"x"}}]}"#,
            #"{"a":[{"anything-but":{"equals-ignore-case":["x","y"]}}]}"#,
            #"{"a":[{"anything-but":{"wildcard":""}}]}"#,
            #"{"a":[{"anything-but":{"wildcard":["*a","b*"]}}]}"#,
            #"{"a":[{"numeric":["=",1]}]}"#, #"{"a":[{"numeric":[">",1]}]}"#,
            #"{"a":[{"numeric":[">=",1,"<",2]}]}"#, #"{"a":[{"numeric":["<=",2,">",1.5]}]}"#,
            #"{"a":[{"wildcard":""}]}"#, #"{"a":[{"wildcard":"*a*b*"}]}"#,
            #"{"a":[{"wildcard":"a\\*\\\\*"}]}"#,
            #"{"a":[{"cidr":"10.0.0.0/24"}]}"#, #"{"a":[{"cidr":"2001:db8::/32"}]}"#,
            #"{"a":[{"cidr":"0.0.0.0/0"}]}"#,
            #"{"$or":[{"a":["x"]},{"b":{"c":[1]}}],"d":["y"]}"#, #"{"a":{"$or":[{"b":[1]}]}}"#,
            " { \"a\" : [ \"x\" ] } ",
        ])
    func valid(text: String) throws {
        #expect(FilterPattern.problem(in: text) == nil)
        #expect(try FilterPattern(text).text == text)
    }

    @Test(
        "What is wrong is told in EventBridge's words",
        arguments: [
            (#"["a"]"#, "Filter is not an object"), (#""simple string""#, "Filter is not an object"),
            ("null", "Filter is not an object"), (#"{"a":"x"}"#, #""a" must be an object or an array"#),
            (#"{"a":null}"#, #""a" must be an object or an array"#),
            (#"{"a":[]}"#, "Empty arrays are not allowed"), ("{}", "Empty objects are not allowed"),
            (#"{"a":{}}"#, "Empty objects are not allowed"),
            (#"{"a":[["x"]]}"#, "Match value must be String, number, true, false, or null"),
            (#"{"a":[{"EXISTS":true}]}"#, "Unrecognized match type EXISTS"),
            (#"{"a":[{"exists":"true"}]}"#, "exists match pattern must be either true or false."),
            (#"{"a":[{"exists":true,"prefix":"x"}]}"#, "Only one key allowed in match expression"),
            (#"{"a":[{}]}"#, "Only one key allowed in match expression"),
            (#"{"a":[{"prefix":1}]}"#, "prefix match pattern must be a string"),
            (#"{"a":[{"prefix":null}]}"#, "prefix match pattern must be a string"),
            (#"{"a":[{"prefix":["x"]}]}"#, "prefix match pattern must be a string"),
            (#"{"a":[{"suffix":{"prefix":"x"}}]}"#, "suffix match pattern must be a string"),
            (#"{"a":[{"equals-ignore-case":["x"]}]}"#, "equals-ignore-case match pattern must be a string"),
            (#"{"a":[{"wildcard":1}]}"#, "wildcard match pattern must be a string"),
            (#"{"a":[{"wildcard":"a**"}]}"#, "Consecutive wildcard characters at pos 2"),
            (#"{"a":[{"wildcard":"a\\b"}]}"#, "Invalid escape character at pos 2"),
            (#"{"a":[{"wildcard":"a\\"}]}"#, "Invalid escape character at the end"),
            (#"{"a":[{"numeric":5}]}"#, "Value of numeric must be an array."),
            (#"{"a":[{"numeric":[]}]}"#, "Bad numeric range operator"),
            (#"{"a":[{"numeric":[">"]}]}"#, "Bad numeric range operator"),
            (#"{"a":[{"numeric":[">","1"]}]}"#, "Value of > must be numeric"),
            (#"{"a":[{"numeric":[1,2]}]}"#, "Invalid member in numeric match"),
            (#"{"a":[{"numeric":["!=",2]}]}"#, "Unrecognized numeric range operator: !="),
            (#"{"a":[{"numeric":[">",0,">",0]}]}"#, "Bad numeric range operator: >"),
            (#"{"a":[{"numeric":["<",0,"<=",0]}]}"#, "Bad numeric range operator: <="),
            (#"{"a":[{"numeric":["=",0,"<=",0]}]}"#, "Unrecognized numeric range operator: ="),
            (#"{"a":[{"numeric":[">",2,"<",1]}]}"#, "Bottom must be less than top"),
            (#"{"a":[{"numeric":[">",2,"<=",2]}]}"#, "Bottom must be less than top"),
            (
                #"{"a":[{"anything-but":null}]}"#,
                "Value of anything-but must be an array or single string/number value."
            ),
            (
                #"{"a":[{"anything-but":{"cidr":"10.0.0.0/8"}}]}"#,
                "Value of anything-but must be an array or single string/number value."
            ),
            (
                #"{"a":[{"anything-but":["x",null]}]}"#,
                "Inside anything but list, start|null|boolean is not supported."
            ),
            (
                #"{"a":[{"anything-but":["x",1]}]}"#,
                "Inside anything but list, either all values are number or string"
            ),
            (#"{"a":[{"anything-but":[]}]}"#, "Empty arrays are not allowed"),
            (#"{"a":[{"anything-but":{"prefix":""}}]}"#, "Null prefix/suffix not allowed"),
            (#"{"a":[{"anything-but":{"suffix":["x",""]}}]}"#, "Null prefix/suffix not allowed"),
            (#"{"a":[{"anything-but":{"prefix":1}}]}"#, "prefix match pattern must be a string"),
            (
                #"{"a":[{"anything-but":{"prefix":{"equals-ignore-case":"x"}}}]}"#,
                "prefix match pattern must be a string"
            ),
            (
                #"{"a":[{"anything-but":{"wildcard":["a",1]}}]}"#,
                "wildcard match pattern must be a string"
            ),
            (#"{"a":[{"cidr":"10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
            (#"{"a":[{"cidr":"10.0.0.0/x"}]}"#, "Malformed CIDR, mask bits must be an integer"),
            (#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, "Malformed CIDR, too many mask bits"),
            (#"{"a":[{"cidr":"xx.11.xx/8"}]}"#, "Nonstandard IP address: xx.11.xx"),
            (#"{"a":[{"cidr":["10.0.0.0/8"]}]}"#, "cidr match pattern must be a string"),
            (#"{"$or":{"a":[1]}}"#, "$or must be an array of objects"),
            (#"{"$or":[]}"#, "$or must be an array of objects"),
            (#"{"$or":[{"a":[1]},"x"]}"#, "$or must be an array of objects"),
            (#"{"$or":[{"a":"x"}]}"#, #""a" must be an object or an array"#),
        ])
    func invalid(text: String, reason: String) {
        #expect(FilterPattern.problem(in: text)?.reason == reason)
        #expect(throws: ConfigurationError(.invalidParameterValue, "Invalid filter pattern definition.")) {
            _ = try FilterPattern(text)
        }
    }

    @Test("Text that is no JSON is refused", arguments: ["", "plain", "{", #"{"a":[1]}x"#, "{'a':[1]}"])
    func noJSON(text: String) {
        #expect(FilterPattern.problem(in: text) != nil)
    }

    @Test("Of members with one name the last one counts")
    func repeatedName() throws {
        #expect(
            try FilterPattern(#"{"a":["x"],"a":["y"]}"#).condition == FilterPattern(#"{"a":["y"]}"#).condition
        )
    }

    @Test("Tests right under a stream's data key suit no stream; a queue's body may be plain")
    func sources() throws {
        let stream = try #require(MappingSource(Location().arn("kinesis", "stream/s")))
        let table = try #require(MappingSource(Location().arn("dynamodb", "table/t/stream/2024")))
        let queue = try #require(MappingSource(Location().arn("sqs", "q")))
        let data = try FilterPattern(#"{"data":["x"]}"#)
        #expect(!data.suits(stream))
        #expect(data.suits(table))
        #expect(try FilterPattern(#"{"data":{"a":["x"]}}"#).suits(stream))
        #expect(try !FilterPattern(#"{"$or":[{"dynamodb":[{"exists":true}]},{"a":[1]}]}"#).suits(table))
        #expect(try FilterPattern(#"{"body":["x"]}"#).suits(queue))
    }
}

@Suite("A decimal value")
struct DecimalValueTests {
    private func value(_ text: String) -> DecimalValue { DecimalValue(text.utf8) }

    @Test(
        "Numbers are equal by value, however they are written",
        arguments: [
            ("300", "300.0"), ("300", "3.0e2"), ("300", "3E+2"), ("0.3", "3e-1"), ("-0", "0"),
            ("0.000", "0e99"),
            ("1000", "0.001e6"), ("12.50", "125e-1"), ("-1.5", "-15e-1"),
        ])
    func equal(first: String, second: String) {
        #expect(value(first) == value(second))
        #expect(!(value(first) < value(second)) && !(value(second) < value(first)))
    }

    @Test("Numbers are in order, exactly")
    func order() {
        let texts = [
            "-1e400", "-12", "-1.5", "-1", "-0.01", "0", "1e-400", "0.00999", "0.01", "1", "1.5", "2", "10",
            "9007199254740992", "9007199254740993", "1e400", "1e99999999999999999999",
        ]
        for (index, small) in texts.enumerated() {
            for large in texts[(index + 1)...] {
                #expect(value(small) < value(large), "\(small) < \(large)")
                #expect(!(value(large) < value(small)), "\(large) < \(small)")
            }
        }
    }
}
