import ByteCoding
import Testing

@Suite("base64, hexadecimal digits and UTF-8")
struct Base64Tests {
    @Test(
        "The examples of RFC 4648 hold",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func examples(content: String, text: String) {
        #expect(Base64.encode(Array(content.utf8)) == text)
        #expect(Base64.decode(text) == Array(content.utf8))
    }

    @Test("All lengths and bytes survive encoding and decoding")
    func roundTrip() {
        var random = SeededRandom(seed: 4648)
        for count in 0..<300 {
            let content = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            var text: [UInt8] = [0x21]
            Base64.encode(content.span, into: &text)
            #expect(text.count == 1 + Base64.encodedCount(count))
            var back: [UInt8] = [7]
            #expect(decode(Array(text[1...]), into: &back))
            #expect(back == [7] + content)
        }
    }

    @Test("The slow and obvious way gives the same text")
    func model() {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let content = (0..<999).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ $0 >> 3) }
        var expected = ""
        for start in stride(from: 0, to: content.count, by: 3) {
            let bits = Int(content[start]) << 16 | Int(content[start + 1]) << 8 | Int(content[start + 2])
            for shift in [18, 12, 6, 0] { expected.append(alphabet[bits >> shift & 63]) }
        }
        #expect(Base64.encode(content) == expected)
    }

    @Test(
        "Text that is not canonical is refused and leaves nothing behind",
        arguments: [
            "Q", "QQ", "QQ=", "Q===", "====", "=QQQ", "Q=QQ", "QQ=Q", "QQ==QQ==", "QR==", "QQE", "QQF=",
            "QQ!=",
            "QQ\n=", "QQ==\n", " QQ==", "QQQ-", "QQQ_", "QQQé", "QQQ\u{0}", "QQQQQ===", "A=AAAAAA",
            "AAA=AAAA",
        ])
    func refusals(text: String) {
        #expect(Base64.decode(text) == nil)
        var out: [UInt8] = [1]
        #expect(!decode(Array(text.utf8), into: &out))
        #expect(out == [1])
    }

    @Test("A character outside the alphabet is found at every place")
    func everyPlace() {
        let text = Array(Base64.encode((0..<30).map { UInt8($0) }).utf8)
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for place in text.indices {
            for byte in UInt8.min...UInt8.max where !alphabet.contains(byte) {
                if byte == UInt8(ascii: "="), place == text.count - 1 { continue }
                var broken = text
                broken[place] = byte
                var out: [UInt8] = []
                #expect(!decode(broken, into: &out))
            }
        }
    }

    @Test("Hexadecimal digits go both ways")
    func hexadecimal() {
        #expect(Hex.encode([0, 9, 10, 255, 171]) == "00090affab")
        #expect(Hex.decode("00090aFFab") == [0, 9, 10, 255, 171])
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0g") == nil)
        #expect(Hex.decode("") == [])
    }

    @Test("Well-formed text is valid, and SQS takes all of it but control characters and U+FFFE, U+FFFF")
    func characters() {
        for value in 0..<0x11_0000 as Range<UInt32>
        where value < 0x3000 || value % 251 == 0 || value & 0xFFFF > 0xFFF0 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(scalar.utf8) + Array("padding!".utf8)
            #expect(isValid(bytes))
            let isControl = value < 0x20 && value != 9 && value != 10 && value != 13
            #expect(
                isAllowed(bytes) == (!isControl && value != 0xFFFE && value != 0xFFFF)
            )
        }
        #expect(!isAllowed([0x61, 0xED, 0xA0, 0x80]))
        #expect(!isAllowed([0xEF, 0xBF]))
        #expect(isAllowed([]))
    }

    // Spans cannot stand inside an expectation.
    private func isValid(_ bytes: [UInt8]) -> Bool { UTF8Text.isValid(bytes.span) }
    private func isAllowed(_ bytes: [UInt8]) -> Bool { UTF8Text.isAllowedInMessages(bytes.span) }
    private func decode(_ text: [UInt8], into out: inout [UInt8]) -> Bool {
        Base64.decode(text.span, into: &out)
    }
}
