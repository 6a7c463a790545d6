import AWSWire
import ByteCoding
import Testing

@Suite("Messages of event streams")
struct EventStreamFrameTests {
    /// As AWS's own SDKs read it: lengths and both checksums have to be right.
    @Test("An event has its headers, its payload, and checksums that anybody can verify")
    func event() {
        let bytes = EventStreamFrame.event("Tick", contentType: "text/plain", Array("hello".utf8))
        let head: [UInt8] = [0, 0, 0, 0x59, 0, 0, 0, 0x44]
        #expect(Array(bytes.prefix(8)) == head)
        #expect(bytes.count == 0x59)
        #expect(word(bytes, 8) == checksum(head))
        #expect(word(bytes, bytes.count - 4) == checksum(Array(bytes.dropLast(4))))
        let fields =
            "\u{d}:message-type\u{7}\u{0}\u{5}event" + "\u{b}:event-type\u{7}\u{0}\u{4}Tick"
            + "\u{d}:content-type\u{7}\u{0}\u{a}text/plain"
        #expect(Array(bytes[12..<12 + 0x44]) == Array(fields.utf8))
        #expect(Array(bytes[(12 + 0x44)..<(bytes.count - 4)]) == Array("hello".utf8))
    }

    @Test("An exception names its shape")
    func exception() {
        let bytes = EventStreamFrame.exception(
            "ResourceInUseException", contentType: "application/json", Array("{}".utf8))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(":message-type\u{7}\u{0}\u{9}exception"))
        #expect(text.contains(":exception-type\u{7}\u{0}\u{16}ResourceInUseException"))
        #expect(word(bytes, bytes.count - 4) == checksum(Array(bytes.dropLast(4))))
    }

    @Test("The reference's checksum is right on the well-known text")
    func reference() {
        #expect(checksum(Array("123456789".utf8)) == 0xcbf4_3926)
    }

    private func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// CRC-32 bit by bit, slow and plain.
    private func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
