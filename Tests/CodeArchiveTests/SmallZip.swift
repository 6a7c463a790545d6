/// Makes zip files by hand, so that they can say what no honest program would write.
struct SmallZip {
    struct Entry {
        var name: String
        var content: [UInt8] = []
        /// Unix mode with the file's type; 0 says that the archive comes from another system.
        var mode: UInt32 = 0o100644
        /// What is told instead of the content's check sum and size.
        var wrongSum: UInt32?
        var toldSize: UInt32?
        var isEncrypted = false
    }

    var entries: [Entry]

    var bytes: [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            let offset = UInt32(file.count)
            let name = Array(entry.name.utf8)
            let size = UInt32(entry.content.count)
            let sum = entry.wrongSum ?? Self.sum(entry.content)
            let flags: UInt16 = entry.isEncrypted ? 1 : 0
            let middle: [UInt8] =
                short(20) + short(flags) + short(0) + short(0) + short(33) + long(sum) + long(size)
                + long(entry.toldSize ?? size) + short(UInt16(name.count)) + short(0)
            file += long(0x0403_4b50) + middle + name + entry.content
            let system: UInt16 = entry.mode == 0 ? 0 : 3
            directory +=
                long(0x0201_4b50) + short(20 | system << 8) + middle + short(0) + short(0) + short(0)
                + long(entry.mode << 16) + long(offset) + name
        }
        let start = UInt32(file.count)
        let count = UInt16(entries.count)
        return file + directory + long(0x0605_4b50) + short(0) + short(0) + short(count) + short(count)
            + long(UInt32(directory.count)) + long(start) + short(0)
    }

    private func short(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xff), UInt8(value >> 8)] }

    private func long(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// CRC-32 of zip files, bit by bit.
    private static func sum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xffff_ffff
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
