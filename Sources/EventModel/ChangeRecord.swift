/// What a table's stream keeps of one change of an item.
///
/// The stored form is six bytes (event name, flags, `SizeBytes` in little-endian order) and then `images`, so that a
/// reader can take the header from a row and copy the rest into its event without looking into it.
package struct ChangeRecord: Equatable, Sendable {
    package enum EventName: UInt8, Equatable, Sendable {
        case insert = 1
        case modify = 2
        case remove = 3

        package var text: StaticString {
            switch self {
            case .insert: "INSERT"
            case .modify: "MODIFY"
            case .remove: "REMOVE"
            }
        }
    }

    /// What stands before the images.
    package struct Header: Equatable, Sendable {
        package static let byteCount = 6

        package let eventName: EventName
        /// Bytes of keys and images as the view shows them (esm-streams.md §8, `SizeBytes`).
        package let sizeBytes: Int
        /// Whether time-to-live removed the item; such records carry a `userIdentity`.
        package let isExpiry: Bool

        package init(eventName: EventName, sizeBytes: Int, isExpiry: Bool = false) {
            self.eventName = eventName
            self.sizeBytes = sizeBytes
            self.isExpiry = isExpiry
        }

        /// Reads the first bytes of a stored record; `nil` for what is none.
        package init?(_ stored: Span<UInt8>) {
            guard stored.count >= Self.byteCount, let name = EventName(rawValue: stored[0]), stored[1] <= 1
            else { return nil }
            eventName = name
            isExpiry = stored[1] == 1
            var size = 0
            for index in (2..<6).reversed() { size = size << 8 | Int(stored[index]) }
            sizeBytes = size
        }
    }

    package let header: Header
    /// Members of the record's `dynamodb` object as JSON without braces:
    /// `"Keys":{…}`, then `,"NewImage":{…}` and `,"OldImage":{…}` as view and event have them.
    package let images: [UInt8]

    package init(header: Header, images: [UInt8]) {
        self.header = header
        self.images = images
    }

    /// The stored form.
    package var stored: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Header.byteCount + images.count)
        bytes.append(header.eventName.rawValue)
        bytes.append(header.isExpiry ? 1 : 0)
        let size = UInt32(header.sizeBytes)
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: size >> shift))
        }
        bytes.append(contentsOf: images)
        return bytes
    }

    /// Appends the record's `eventID`, 32 lower-case hexadecimal digits that follow from its place alone, so that the
    /// Streams API and every invocation show the same.
    package static func appendEventID(shard: ShardKey, position: Position, to text: inout [UInt8]) {
        let high = mixed(UInt64(bitPattern: shard.rawValue) << 44 ^ UInt64(bitPattern: position))
        let low = mixed(high &+ UInt64(bitPattern: position))
        for word in [high, low] {
            for shift in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15
                text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }

    /// The finalizer of SplitMix64, one to one, so that `high` alone tells places apart.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mix = value &+ 0x9e37_79b9_7f4a_7c15
        mix = (mix ^ (mix >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mix = (mix ^ (mix >> 27)) &* 0x94d0_49bb_1331_11eb
        return mix ^ (mix >> 31)
    }
}
