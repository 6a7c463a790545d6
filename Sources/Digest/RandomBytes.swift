import CCrypto
import Glibc

/// Unpredictable bytes from the kernel.
package enum RandomBytes {
    package static func make(count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            fill(UnsafeMutableRawBufferPointer(buffer))
            written = count
        }
    }

    /// A random UUID (version 4) in lower case.
    package static func uuid() -> String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            writeUUID(into: buffer)
            return 36
        }
    }

    /// Appends a random UUID (version 4) in lower case.
    package static func appendUUID(to out: inout [UInt8]) {
        out.append(addingCapacity: 36) { span in
            span.withUnsafeMutableBufferPointer { buffer, written in
                writeUUID(into: buffer)
                written += 36
            }
        }
    }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var written = 0
        while written < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[written...])
            let got = getrandom(rest.baseAddress, rest.count, 0)
            // Large requests may be cut short by a signal; nothing else goes wrong.
            precondition(got >= 0 || errno == EINTR, "the kernel has no randomness")
            written += max(got, 0)
        }
    }

    /// Writes 36 characters.
    private static func writeUUID(into buffer: UnsafeMutableBufferPointer<UInt8>) {
        var random: UInt128 = 0
        withUnsafeMutableBytes(of: &random) { fill($0) }
        // RFC 9562 §5.4: version 4 in the seventh byte, variant 10 in the ninth, counted from the high end.
        random = random & ~(0xF << 76) | 4 << 76
        random = random & ~(3 << 62) | 2 << 62
        var index = 0
        for place in 0..<32 {
            if place == 8 || place == 12 || place == 16 || place == 20 {
                buffer[index] = UInt8(ascii: "-")
                index += 1
            }
            let half = UInt64(truncatingIfNeeded: place < 16 ? random >> 64 : random)
            let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (place & 15)) & 15)
            buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            index += 1
        }
    }
}
