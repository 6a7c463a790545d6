import EventModel

/// Ascending positions as bytes: the distance of each to the one before, seven bits a byte, lowest first.
enum PositionList {
    static func encode(_ positions: [Position]) -> [UInt8] {
        var bytes: [UInt8] = []
        var previous: Position = 0
        for position in positions {
            precondition(position > previous, "positions rise")
            var rest = UInt64(position - previous)
            previous = position
            while rest >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }
        return bytes
    }

    /// What `encode` was given; of bytes that it never wrote, what can be read.
    static func decode(_ bytes: Span<UInt8>) -> [Position] {
        var positions: [Position] = []
        var previous: Position = 0
        var distance: UInt64 = 0
        var shift: UInt64 = 0
        for index in bytes.indices {
            distance |= UInt64(bytes[index] & 0x7f) << shift
            shift += 7
            guard bytes[index] < 0x80 else { continue }
            previous &+= Position(truncatingIfNeeded: distance)
            positions.append(previous)
            distance = 0
            shift = 0
        }
        return positions
    }
}
