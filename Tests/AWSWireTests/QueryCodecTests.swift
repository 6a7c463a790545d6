import AWSWire
import Testing

@Suite("The Query protocol as JSON and back")
struct QueryCodecTests {
    private let operation = QueryOperation(
        "Put",
        [
            QueryMember("Name"), QueryMember("Count", .integer), QueryMember("Blob", .blob),
            QueryMember("Item", .list(.text), json: "Items"),
            QueryMember("Pair", .map(key: "Key", value: "Value", .text), json: "Pairs"),
            QueryMember("Entry", .list(.structure([QueryMember("Id"), QueryMember("N", .integer)]))),
        ],
        output: [
            QueryMember("Id", .list(.text), json: "Ids"),
            QueryMember("Pair", .map(key: "Key", value: "Value", .text), json: "Pairs"),
            QueryMember("Entry", .list(.structure([QueryMember("Id"), QueryMember("Done")]))),
        ])

    private func json(_ form: String) throws -> String {
        let parameters = try #require(WireParameters(formEncoded: form.utf8))
        return String(decoding: try QueryToJSON.convert(parameters, to: operation.input), as: UTF8.self)
    }

    @Test(
        "Dotted names become lists, maps and structures",
        arguments: [
            ("", "{}"), ("Name=a&Unknown=b&Name=c", #"{"Name":"a"}"#),
            ("Count=-7&Name=", #"{"Name":"","Count":-7}"#), ("Count=", "{}"),
            ("Blob=aGk%3D", #"{"Blob":"aGk="}"#),
            ("Item.10=c&Item.2=b&Item.1=a", #"{"Items":["a","b","c"]}"#), ("Item=a", #"{"Items":["a"]}"#),
            ("Item.member.1=a&Item.member.2=b", #"{"Items":["a","b"]}"#),
            ("Item=", #"{"Items":[]}"#),
            ("Pair.1.Key=k&Pair.1.Value=v&Pair.2.Key=l", #"{"Pairs":{"k":"v","l":""}}"#),
            ("Pair.Key=k&Pair.Value=v", #"{"Pairs":{"k":"v"}}"#),
            ("Entry.1.Id=a&Entry.1.N=1&Entry.2.N=2", #"{"Entry":[{"Id":"a","N":1},{"N":2}]}"#),
            ("Item..=x&Item.1.2.3.4.5.6.7.8.9.10.11.12=x", #"{"Items":[""]}"#),
        ])
    func toJSON(form: String, expected: String) throws {
        #expect(try json(form) == expected)
    }

    @Test("What cannot be read is named in full")
    func problems() {
        #expect(throws: QueryProblem.missing(parameter: "Pair.3.Key")) { try json("Pair.3.Value=v") }
        #expect(throws: QueryProblem.notAnInteger(parameter: "Entry.1.N", value: "1.5")) {
            try json("Entry.1.N=1.5")
        }
        #expect(throws: QueryProblem.notBase64(parameter: "Blob", value: "?")) { try json("Blob=?") }
    }

    @Test("Answers become flattened XML in the order of the table; nothing is an empty element")
    func toXML() throws {
        let answers = JSONToQuery(operation, namespace: "urn:n", requestID: "r")
        let metadata = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PutResponse>"
        func xml(_ json: String) throws -> String {
            String(decoding: try answers.document(Array(json.utf8)), as: UTF8.self)
        }
        #expect(try xml("{}") == #"<PutResponse xmlns="urn:n"><PutResult/>"# + metadata)
        #expect(
            try xml(
                #"{"Entry":[{"Done":true,"Id":"<"},{}],"Ids":["a","b"],"Pairs":{"k":"v"},"Other":1,"Id":null}"#
            )
                == #"<PutResponse xmlns="urn:n"><PutResult><Id>a</Id><Id>b</Id>"#
                + "<Pair><Key>k</Key><Value>v</Value></Pair>"
                + "<Entry><Id>&lt;</Id><Done>true</Done></Entry><Entry></Entry></PutResult>" + metadata)
        let silent = JSONToQuery(QueryOperation("Put", []), namespace: "urn:n", requestID: "r")
        #expect(
            String(decoding: try silent.document([]), as: UTF8.self) == #"<PutResponse xmlns="urn:n">"#
                + metadata)
    }
}
