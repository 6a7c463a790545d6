import CZLib

/// Messages of AWS's event streams, `application/vnd.amazon.eventstream` (sources-api.md B6).
///
/// Total length and length of the headers, four bytes each, CRC-32 of these eight, headers, payload, CRC-32 of all before.
package enum EventStreamFrame {
    package static let contentType = "application/vnd.amazon.eventstream"

    /// An event: one of the members of the stream's union, or `initial-response`.
    package static func event(_ type: String, contentType: String, _ payload: [UInt8]) -> [UInt8] {
        message(
            [(":message-type", "event"), (":event-type", type), (":content-type", contentType)], payload)
    }

    /// An error that ends the stream.
    package static func exception(_ shape: String, contentType: String, _ payload: [UInt8]) -> [UInt8] {
        message(
            [(":message-type", "exception"), (":exception-type", shape), (":content-type", contentType)],
            payload)
    }

    /// - Parameter headers: Names of at most 255 bytes, values of at most 65,535.
    static func message(_ headers: [(name: String, value: String)], _ payload: [UInt8]) -> [UInt8] {
        var fields: [UInt8] = []
        for header in headers {
            let name = Array(header.name.utf8)
            let value = Array(header.value.utf8)
            precondition(name.count <= 255 && value.count <= 65_535, "headers are short")
            fields.append(UInt8(name.count))
            fields += name
            fields.append(textType)
            fields.append(UInt8(value.count >> 8))
            fields.append(UInt8(value.count & 0xff))
            fields += value
        }
        var bytes: [UInt8] = []
        let total = 16 + fields.count + payload.count
        bytes.reserveCapacity(total)
        append(UInt32(total), to: &bytes)
        append(UInt32(fields.count), to: &bytes)
        append(checksum(bytes), to: &bytes)
        bytes += fields
        bytes += payload
        append(checksum(bytes), to: &bytes)
        return bytes
    }

    /// The type of a header's value that is a text.
    private static let textType: UInt8 = 7

    private static func append(_ word: UInt32, to bytes: inout [UInt8]) {
        for shift in stride(from: 24, through: 0, by: -8) as StrideThrough<UInt32> {
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }

    // https://www.zlib.net/manual.html#Checksum
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_z(0, bytes, bytes.count))
    }
}
