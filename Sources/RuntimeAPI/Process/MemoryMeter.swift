import Glibc

/// Reads the greatest resident size of a living process, seldom.
struct MemoryMeter {
    private let path: String
    private var readAt: MonotonicTime?
    private var megabytes = 0

    init(process: Int32) { path = "/proc/\(process)/status" }

    /// Whole megabytes, rounded up; the last known value when it was read a moment ago or cannot be.
    mutating func read(now: MonotonicTime) -> Int {
        if let readAt, now - readAt < RuntimeLimits.memoryReadInterval { return megabytes }
        readAt = now
        if let kilobytes = MemoryMeter.peakKilobytes(path) { megabytes = (kilobytes + 1_023) / 1_024 }
        return megabytes
    }

    private static func peakKilobytes(_ path: String) -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return nil }
        return peak(inStatus: buffer[..<count])
    }

    /// The number in the line `VmHWM:     9876 kB`.
    static func peak(inStatus text: ArraySlice<UInt8>) -> Int? {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "VmHWM:".utf8) {
            let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return Int(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }
}
