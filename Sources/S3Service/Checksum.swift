import ByteCoding
import CZLib
import Digest
import EventStore

/// The digests of bodies that S3 knows besides MD5 (S3 user guide, "Checking object integrity").
enum ChecksumAlgorithm: String, CaseIterable, Sendable {
    case crc32 = "CRC32"
    case crc32c = "CRC32C"
    case crc64nvme = "CRC64NVME"
    case sha1 = "SHA1"
    case sha256 = "SHA256"

    /// `x-amz-checksum-crc32`.
    var header: String { "x-amz-checksum-\(rawValue.lowercased())" }
    /// `ChecksumCRC32`, the element in answers.
    var element: String { "Checksum\(rawValue)" }

    /// How a digest over several parts is made: of the whole, or of the parts' digests.
    var joinsParts: Bool {
        switch self {
        case .crc64nvme: true
        case .crc32, .crc32c, .sha1, .sha256: false
        }
    }

    var isCyclic: Bool {
        switch self {
        case .crc32, .crc32c, .crc64nvme: true
        case .sha1, .sha256: false
        }
    }

    /// The digest's bytes, most significant first.
    func digest(_ content: [UInt8]) -> [UInt8] {
        switch self {
        case .crc32: Self.bytes(UInt64(Self.crc32(content)), count: 4)
        case .crc32c: Self.bytes(UInt64(CyclicTable.castagnoli.digest(content)), count: 4)
        case .crc64nvme: Self.bytes(CyclicTable.nvme.digest(content), count: 8)
        case .sha1: SHA1.hash(content)
        case .sha256: SHA256.hash(content)
        }
    }

    /// The digest in base64, as headers carry it.
    func text(_ content: [UInt8]) -> String { Base64.encode(digest(content)) }

    private static func crc32(_ content: [UInt8]) -> UInt32 {
        content.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
    }

    private static func bytes(_ value: UInt64, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
    }
}

/// Cyclic redundancy checks that no library of the distributions offers, one byte a step.
///
/// Bits come lowest first, the register starts and ends inverted (RFC 3720 B.4; NVM Express base specification, "64b
/// CRC").
struct CyclicTable: Sendable {
    static let castagnoli = CyclicTable(reversedPolynomial: 0x82F6_3B78, bits: 32)
    static let nvme = CyclicTable(reversedPolynomial: 0x9A6C_9329_AC4B_C9B5, bits: 64)

    private let table: [UInt64]
    private let ones: UInt64

    private init(reversedPolynomial polynomial: UInt64, bits: Int) {
        ones = bits == 64 ? .max : 1 << UInt64(bits) - 1
        table = (0..<256).map { first in
            var value = UInt64(first)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
            return value
        }
    }

    func digest(_ content: [UInt8]) -> UInt64 {
        var value = ones
        content.withUnsafeBufferPointer { bytes in
            table.withUnsafeBufferPointer { table in
                for byte in bytes { value = table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value >> 8 }
            }
        }
        return value ^ ones
    }
}
