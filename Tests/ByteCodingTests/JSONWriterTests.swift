import ByteCoding
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test("Commas come where they belong")
    func commas() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.value(1)
        writer.value("x")
        writer.beginObject()
        writer.endObject()
        writer.null()
        writer.beginArray()
        writer.endArray()
        writer.endArray()
        writer.raw(#""Keys":{},"New":1"#)
        writer.key(escaping: "b\"")
        writer.value(true)
        writer.key("c")
        writer.raw(Array("[2]".utf8))
        writer.key("d")
        writer.raw(Array("[3]".utf8)[...])
        writer.key("e")
        writer.raw([0x34].span)
        writer.key("f")
        writer.number("1e5")
        writer.key("g")
        writer.base64([0xFF].span)
        writer.endObject()
        let text =
            #"{"a":[1,"x",{},null,[]],"Keys":{},"New":1,"b\"":true,"c":[2],"d":[3],"e":4,"f":1e5,"g":"/w=="}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
        writer.removeAll()
        writer.value(false)
        #expect(writer.bytes == Array("false".utf8))
    }

    @Test(
        "Numbers are written digit by digit",
        arguments: [
            (0, "0"), (7, "7"), (10, "10"), (-1, "-1"), (1_234_567_890, "1234567890"),
            (Int64.max, "9223372036854775807"), (Int64.min, "-9223372036854775808"),
        ])
    func integers(number: Int64, text: String) {
        var writer = JSONWriter()
        writer.value(number)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test(
        "Thousandths become a fraction without needless zeros",
        arguments: [
            (0, "0"), (1500, "1.5"), (1, "0.001"), (-1, "-0.001"), (-2050, "-2.05"), (1000, "1"),
            (1_700_000_000_123, "1700000000.123"), (10, "0.01"),
        ])
    func thousandths(number: Int64, text: String) {
        var writer = JSONWriter()
        writer.value(thousandths: number)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test("Every character survives writing and reading")
    func everyCharacter() throws {
        let text =
            String(String.UnicodeScalarView((0...0x11FF).compactMap(Unicode.Scalar.init)))
            + "\u{10FFFF}😀\u{FFFF}"
        var writer = JSONWriter()
        writer.value(text)
        #expect(try JSONValue(parsing: writer.bytes) == .string(text))
        #expect(writer.bytes.starts(with: #""\u0000\u0001"#.utf8))
        #expect(!writer.bytes.contains { $0 < 0x20 })
    }

    @Test(
        "Doubles survive writing and reading",
        arguments: [0, -0.5, 1e300, 2.2250738585072014e-308, 0.1, 1e21, 123456.789])
    func doubles(number: Double) throws {
        var writer = JSONWriter()
        writer.value(number)
        #expect(try JSONValue(parsing: writer.bytes).doubleValue == number)
    }
}
