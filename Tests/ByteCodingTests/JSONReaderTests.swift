import ByteCoding
import Testing

@Suite("Reading JSON piece by piece")
struct JSONReaderTests {
    /// Texts that are no JSON, and the byte at which that shows.
    private static let malformed: [(text: String, offset: Int)] = [
        ("", 0), (" ", 1), ("tru", 0), ("nulL", 0), ("True", 0), ("'a'", 0), ("undefined", 0),
        ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[1", 2), ("[", 1), ("[}", 1), ("[1}", 2), ("]", 0),
        (#"{"a":1,}"#, 7), (#"{"a" 1}"#, 5), (#"{"a":}"#, 5), (#"{a:1}"#, 1), (#"{"a":1 "b":2}"#, 7),
        (#"{"a":1]"#, 6), (#"{"a""#, 4), (#"{,}"#, 1), (#"{"a":1"#, 6), (#"{1:2}"#, 1),
        ("1 2", 2), ("[] []", 3), ("{}x", 2), ("01", 1), ("-", 1), ("1.", 2), (".5", 0), ("+1", 0), ("1e", 2),
        ("1e+", 3), ("-a", 1), ("0x10", 1), ("NaN", 0), ("Infinity", 0), ("- 1", 1), ("1.e3", 2),
        (#"""#, 1), (#""abc"#, 4), (#""a\"#, 2), (#""\x""#, 1), (#""\u12""#, 5), (#""\u12G4""#, 5),
        (#""\ud800""#, 1), (#""\udc00""#, 1), (#""\ud800\u0041""#, 1), (#""\ud800x""#, 1), (#""\ud83d\""#, 1),
        ("\"a\nb\"", 2), ("\"a\tb\"", 2), ("\"\u{0}\"", 1), ("\u{FEFF}1", 0), ("1//x", 1), ("/**/1", 0),
    ]

    @Test(
        "What is no JSON is refused at the right byte, whether it is read as a tree or passed over",
        arguments: malformed)
    func refusals(text: String, offset: Int) {
        #expect(failure(readingTree: Array(text.utf8))?.offset == offset)
        #expect(failure(skipping: Array(text.utf8))?.offset == offset)
    }

    @Test(
        "What is no UTF-8 is refused",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xF0, 0x9F, 0x98],
            [0xE2, 0x28, 0xA1],
        ] as [[UInt8]])
    func brokenUTF8(bytes: [UInt8]) {
        let text: [UInt8] = [0x22, 0x61] + bytes + [0x22]
        #expect(failure(readingTree: text)?.offset == 2)
        #expect(failure(skipping: text)?.offset == 2)
        let isValid = UTF8Text.isValid(bytes.span)
        #expect(!isValid)
    }

    @Test(
        "Strings come out unescaped",
        arguments: [
            (#""""#, ""), (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u00e9\u00E9é""#, "ééé"), (#""\ud83d\ude00 😀""#, "😀 😀"), (#""\u0000""#, "\u{0}"),
            (#""eight---\n--eight\n""#, "eight---\n--eight\n"), (#" "x" "#, "x"),
            (#""\udbff\udfff""#, "\u{10FFFF}"),
        ])
    func strings(text: String, value: String) throws {
        var reader = JSONReader(Array(text.utf8))
        #expect(try reader.string() == value)
        try reader.end()
        var bytes: [UInt8] = [1, 2]
        var second = JSONReader(Array(text.utf8))
        #expect(try second.stringBytes(appendingTo: &bytes) == 2..<2 + value.utf8.count)
        #expect(Array(bytes[2...]) == Array(value.utf8))
    }

    @Test("A special byte is found wherever it stands in a word", arguments: 0..<20)
    func specialBytesAtEveryPlace(place: Int) throws {
        for special in ["\"", "\\", "\n", "é", "\u{1F}", "\u{7F}", "\u{A0}", "!", "[", "]", "#"] {
            let padding = String(repeating: "a", count: place)
            let text = padding + special + padding
            var writer = JSONWriter()
            writer.value(text)
            var reader = JSONReader(writer.bytes)
            #expect(try reader.string() == text)
        }
    }

    @Test("Numbers keep their text")
    func numbers() throws {
        for text in ["0", "-0", "12", "-1.5", "1e3", "1E+3", "0.10e-2", "123456789012345678901234567890"] {
            var reader = JSONReader(Array((text + " ").utf8))
            #expect(try reader.number() == text)
            try reader.end()
        }
        var reader = JSONReader(Array("[9223372036854775807,-9223372036854775808,2.5,1e2]".utf8))
        try reader.beginArray()
        _ = try reader.nextElement()
        #expect(try reader.int() == .max)
        _ = try reader.nextElement()
        #expect(try reader.int() == .min)
        _ = try reader.nextElement()
        #expect(try reader.double() == 2.5)
        _ = try reader.nextElement()
        #expect(try reader.double() == 100)
        #expect(try !reader.nextElement())
    }

    @Test(
        "A number that is no integer or does not fit is refused as one",
        arguments: ["1.0", "1e2", "9223372036854775808"])
    func integers(text: String) {
        var reader = JSONReader(Array(text.utf8))
        #expect(throws: JSONError.self) { try reader.int() }
        var double = JSONReader(Array("1e999".utf8))
        #expect(throws: JSONError.self) { try double.double() }
    }

    @Test("A walk over containers sees members, elements and ranges")
    func walk() throws {
        let text = Array(#" { "a" : [ 1 , true,null ] , "b":{}, "c" : "x" } "#.utf8)
        var reader = JSONReader(text)
        #expect(try reader.peek() == .object)
        try reader.beginObject()
        #expect(try reader.nextKey() == "a")
        #expect(try reader.peek() == .array)
        try reader.beginArray()
        #expect(try reader.nextElement())
        #expect(try reader.int() == 1)
        #expect(try reader.nextElement())
        #expect(try reader.bool())
        #expect(try reader.nextElement())
        try reader.null()
        #expect(try !reader.nextElement())
        #expect(try reader.nextKey() == "b")
        let range = try reader.skipValue()
        #expect(String(decoding: text[range], as: UTF8.self) == "{}")
        #expect(try reader.nextKey() == "c")
        #expect(try reader.skipValue().count == 3)
        #expect(try reader.nextKey() == nil)
        try reader.end()
    }

    @Test("A value that is not read cannot be passed over by accident")
    func forgottenValue() throws {
        var reader = JSONReader(Array(#"{"a":1,"b":2}"#.utf8))
        try reader.beginObject()
        _ = try reader.nextKey()
        #expect(throws: JSONError.self) { try reader.nextKey() }
    }

    @Test("Nesting is read to its limit and refused past it")
    func depth() throws {
        let deepest = JSONReader.depthMax
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let fits =
                String(repeating: open, count: deepest) + "1" + String(repeating: close, count: deepest)
            #expect(failure(readingTree: Array(fits.utf8)) == nil)
            #expect(failure(skipping: Array(fits.utf8)) == nil)
            let tooDeep = open + fits + close
            #expect(failure(readingTree: Array(tooDeep.utf8)) != nil)
            #expect(failure(skipping: Array(tooDeep.utf8)) != nil)
        }
        // What is open already counts when the rest is passed over.
        var reader = JSONReader(Array("[[[]]]".utf8))
        try reader.beginArray()
        _ = try reader.nextElement()
        #expect(try reader.skipValue() == 1..<5)
        #expect(failure(skipping: [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) != nil)
    }

    @Test("A reader stays inside its range")
    func subrange() throws {
        let text = Array(#"[1,"two",3]"#.utf8)
        var reader = JSONReader(text, from: 3, upTo: 8)
        #expect(try reader.string() == "two")
        try reader.end()
        var cut = JSONReader(text, from: 3, upTo: 7)
        #expect(throws: JSONError.self) { try cut.string() }
    }

    @Test("base64 is decoded in place, also where slashes are escaped")
    func base64() throws {
        var reader = JSONReader(Array(#"["aGk=","\/\/8=",""]"#.utf8))
        var out: [UInt8] = []
        try reader.beginArray()
        _ = try reader.nextElement()
        #expect(try reader.base64(appendingTo: &out) == 0..<2)
        _ = try reader.nextElement()
        #expect(try reader.base64(appendingTo: &out) == 2..<4)
        _ = try reader.nextElement()
        #expect(try reader.base64(appendingTo: &out) == 4..<4)
        #expect(out == [0x68, 0x69, 0xFF, 0xFF])
        for text in [#""aGk""#, #""aG k""#, #""a\nGk=""#, "1", #""aGl=""#] {
            var refused = JSONReader(Array(text.utf8))
            #expect(throws: JSONError.self) { try refused.base64(appendingTo: &out) }
        }
        #expect(out.count == 4)
    }

    @Test("Mutated texts never crash the reader, and tree and skip agree", arguments: 0..<40 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let original = Array(
            #"{"Records":[{"a":"b\u00e9\n","é":[1,-2.5e+3,true,false,null,{}],"d":""},[[[]]]],"n":0}"#.utf8)
        let likely =
            Array(#"{}[]",:\u0123456789eE+-. tfn"#.utf8) + [0x00, 0x1F, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
        for _ in 0..<300 {
            var text = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                let byte = likely.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text[place] = byte
                case 1: text.insert(byte, at: place)
                case 2: text.remove(at: place)
                default: text.removeSubrange(place...)
                }
                if text.isEmpty { text = [byte] }
            }
            #expect(failure(readingTree: text)?.offset == failure(skipping: text)?.offset)
        }
    }

    private func failure(readingTree text: [UInt8]) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONValue(parsing: text)
            return nil
        } catch {
            return error
        }
    }

    private func failure(skipping text: [UInt8]) -> JSONError? {
        do throws(JSONError) {
            var reader = JSONReader(text)
            _ = try reader.skipValue()
            try reader.end()
            return nil
        } catch {
            return error
        }
    }
}
