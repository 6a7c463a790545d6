import AWSWire
import ByteCoding
import Testing

@Suite("CBOR and JSON")
struct CBORTests {
    private static let members = CBORMembers.kinesis

    private func json(_ hex: String, _ dialect: CBORDialect = .amazon) throws -> String {
        let bytes = try #require(Hex.decode(hex))
        return String(decoding: try CBORToJSON.convert(bytes, Self.members, dialect), as: UTF8.self)
    }

    private func cbor(_ json: String, _ dialect: CBORDialect = .amazon) throws -> String {
        Hex.encode(try JSONToCBOR.convert(Array(json.utf8), Self.members, dialect))
    }

    @Test(
        "The examples of RFC 8949 that JSON can say are read",
        arguments: [
            ("00", "0"), ("17", "23"), ("1818", "24"), ("1903e8", "1000"), ("1a000f4240", "1000000"),
            ("1bffffffffffffffff", "18446744073709551615"), ("20", "-1"), ("3863", "-100"),
            ("3903e7", "-1000"), ("f90000", "0.0"), ("f93c00", "1.0"), ("fb3ff199999999999a", "1.1"),
            ("f97bff", "65504.0"), ("fa47c35000", "100000.0"), ("f9c400", "-4.0"), ("f4", "false"),
            ("f5", "true"), ("f6", "null"), ("f7", "null"), ("40", #""""#), ("4401020304", #""AQIDBA==""#),
            ("60", #""""#), ("6449455446", #""IETF""#), ("62225c", #""\"\\""#), ("62c3bc", #""ü""#),
            ("80", "[]"), ("83010203", "[1,2,3]"), ("8301820203820405", "[1,[2,3],[4,5]]"), ("a0", "{}"),
            ("a26161016162820203", #"{"a":1,"b":[2,3]}"#), ("5f42010243030405ff", #""AQIDBAU=""#),
            ("7f657374726561646d696e67ff", #""streaming""#), ("9fff", "[]"),
            ("9f018202039f0405ffff", "[1,[2,3],[4,5]]"), ("83019f0203ff820405", "[1,[2,3],[4,5]]"),
            ("bf61610161629f0203ffff", #"{"a":1,"b":[2,3]}"#), ("d9d9f76161", #""a""#),
            ("bf7f6161ff01ff", #"{"a":1}"#), ("3b7ffffffffffffffe", "-9223372036854775807"),
        ])
    func examples(hex: String, text: String) throws {
        #expect(try json(hex) == text)
    }

    @Test(
        "What is no CBOR, or none that JSON can say, is refused with its place",
        arguments: [
            ("", 0), ("61", 0), ("1c", 0), ("ff", 1), ("8301", 2), ("9f01", 2), ("a101", 2),
            ("a16161", 3), ("bf6161ff", 4), ("0000", 1), ("f97e00", 3), ("f97c00", 3),
            ("fbfff0000000000000", 9),
            ("c249010000000000000000", 1), ("61ff", 2), ("7f61ffff", 3), ("7f4161ff", 3), ("5f6161ff", 3),
            ("c16161", 3), ("f0", 0), ("f8ff", 0), ("3bffffffffffffffff", 9), ("5bffffffffffffffff", 0),
            ("9bffffffffffffffff00", 10), ("7f7f6161ffff", 2), ("c1f97e00", 4), ("c11bffffffffffffffff", 10),
        ])
    func malformed(hex: String, offset: Int) throws {
        #expect {
            try json(hex)
        } throws: { error in
            (error as? CBORError)?.offset == offset
        }
    }

    @Test("Nesting is read up to a limit, whatever nests")
    func depth() throws {
        for opener in ["81", "9f", "a16161", "d9d9f7"] {
            #expect(throws: CBORError.self) { try json(String(repeating: opener, count: 65) + "00") }
        }
        #expect(
            try json(String(repeating: "81", count: 64) + "00").hasSuffix(
                "[0" + String(repeating: "]", count: 64)))
        #expect(throws: CBORError.self) { try json(String(repeating: "9f", count: 1_000_000)) }
    }

    @Test(
        "Milliseconds behind tag 1 are seconds in JSON, and the other way round",
        arguments: [
            ("c11b0000018c9dbc719b", "1703453421.979"), ("c100", "0"), ("c11903e8", "1"), ("c101", "0.001"),
            ("c13903e7", "-1"),
        ])
    func milliseconds(hex: String, seconds: String) throws {
        #expect(try json(hex) == seconds)
        // The member says what it is where CBOR does not.
        #expect(try json("a16954696d657374616d70" + hex) == "{\"Timestamp\":\(seconds)}")
        #expect(try json("a16954696d657374616d70" + hex.dropFirst(2)) == "{\"Timestamp\":\(seconds)}")
        #expect(try cbor("{\"Timestamp\":\(seconds)}") == "bf6954696d657374616d70\(hex)ff")
        #expect(try cbor("{\"Timestamp\":[\(seconds)]}") == "bf6954696d657374616d709f\(hex)ffff")
    }

    @Test("Other clients' fractions of milliseconds are rounded")
    func roundedMilliseconds() throws {
        // 1703453421979.4
        #expect(try json("c1fb4278c9dbc719b666") == "1703453421.979")
    }

    @Test("RPC v2 has seconds in both")
    func seconds() throws {
        #expect(try json("c11a65883cad", .rpcV2) == "1703427245")
        #expect(try json("c1fb41d9620f2b4ccccd", .rpcV2) == "1703427245.2")
        #expect(try cbor(#"{"Timestamp":1703427245}"#, .rpcV2) == "bf6954696d657374616d70c11a65883cadff")
        #expect(
            try cbor(#"{"Timestamp":1703427245.2}"#, .rpcV2)
                == "bf6954696d657374616d70c1fb41d9620f2b4ccccdff")
    }

    @Test("Blobs are byte strings, and text in their place is refused")
    func blobs() throws {
        #expect(try cbor(#"{"Records":[{"Data":"AQID","X":"AQID"}]}"#).contains("6444617461" + "43010203"))
        #expect(try json("a1644461746143010203") == #"{"Data":"AQID"}"#)
        #expect(throws: CBORError.self) { try json("a164446174616441514944") }
        #expect(throws: JSONError.self) { try cbor(#"{"Data":"no base64"}"#) }
    }

    @Test("The keys of tags are the user's and mean nothing")
    func freeMaps() throws {
        #expect(try json("a16454616773a1644461746161" + "78") == #"{"Tags":{"Data":"x"}}"#)
        #expect(try json("a16454616773a16954696d657374616d7001") == #"{"Tags":{"Timestamp":1}}"#)
        #expect(try cbor(#"{"Tags":{"Data":"x"}}"#) == "bf6454616773bf64446174616178ffff")
        // What is no map of tags, such as a list, has names again.
        #expect(try cbor(#"{"A":{"Data":"eA=="}}"#) == "bf6141bf64446174614178ffff")
    }

    @Test(
        "Numbers are as short as they can be without a loss",
        arguments: [
            ("1", "01"), ("-1", "20"), ("18446744073709551615", "1bffffffffffffffff"),
            ("1.0", "fb3ff0000000000000"),
            ("-9223372036854775808", "3b7fffffffffffffff"), ("1e300", "fb7e37e43c8800759c"), ("true", "f5"),
            ("null", "f6"), (#""ü""#, "62c3bc"), ("[]", "9fff"), ("{}", "bfff"),
        ])
    func written(json: String, hex: String) throws {
        #expect(try cbor(json) == hex)
    }

    @Test("Any JSON comes back as it was", arguments: 0..<50)
    func roundTrip(seed: UInt64) throws {
        var random = Xorshift(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        let value = Self.tree(depth: 6, &random)
        let bytes = try JSONToCBOR.convert(value.bytes, CBORMembers(blobs: [], timestamps: []), .amazon)
        let back = try CBORToJSON.convert(bytes, CBORMembers(blobs: [], timestamps: []), .amazon)
        #expect(try JSONValue(parsing: back) == value)
    }

    @Test("Bytes that were damaged are read or refused, never anything else", arguments: 0..<20)
    func damage(seed: UInt64) throws {
        var random = Xorshift(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        let value = Self.tree(depth: 6, &random)
        let bytes = try JSONToCBOR.convert(value.bytes, Self.members, .amazon)
        for _ in 0..<200 {
            var damaged = bytes
            for _ in 0...random.next(3) { damaged[random.next(damaged.count)] = UInt8(random.next(256)) }
            if random.next(4) == 0 { damaged.removeLast(random.next(damaged.count)) }
            do {
                let json = try CBORToJSON.convert(damaged, Self.members, .amazon)
                _ = try JSONValue(parsing: json)
            } catch is CBORError {}
        }
    }

    private static func tree(depth: Int, _ random: inout Xorshift) -> JSONValue {
        switch random.next(depth == 0 ? 5 : 8) {
        case 0: return .string(String(repeating: "aü\"", count: random.next(200)))
        case 1: return .number(String(Int64(bitPattern: random.next())))
        case 2: return .number("\(Double(random.next(1000)) + 0.5)")
        case 3: return .bool(random.next(2) == 0)
        case 4: return .null
        case 5, 6:
            var object = JSONObject()
            for number in 0..<random.next(6) { object["k\(number)"] = tree(depth: depth - 1, &random) }
            return .object(object)
        default: return .array((0..<random.next(6)).map { _ in tree(depth: depth - 1, &random) })
        }
    }

    private struct Xorshift {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }

        mutating func next(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    }
}
