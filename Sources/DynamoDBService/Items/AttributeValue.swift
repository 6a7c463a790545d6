/// One value of an item, with its DynamoDB type. Text is UTF-8 bytes: DynamoDB compares bytes, and a `String` would
/// take different spellings of one character for equal.
indirect enum AttributeValue: Hashable, Sendable {
    case string([UInt8])
    case number(DecimalNumber)
    case binary([UInt8])
    /// Sets are kept in the order of their members.
    case stringSet([[UInt8]])
    case numberSet([DecimalNumber])
    case binarySet([[UInt8]])
    case list([AttributeValue])
    case map(AttributeMap)
    case bool(Bool)
    case null

    /// The name of the type on the wire.
    var typeName: String {
        switch self {
        case .string: "S"
        case .number: "N"
        case .binary: "B"
        case .stringSet: "SS"
        case .numberSet: "NS"
        case .binarySet: "BS"
        case .list: "L"
        case .map: "M"
        case .bool: "BOOL"
        case .null: "NULL"
        }
    }

    /// Bytes that the value counts for (esm-streams.md §8; lists and maps by the DynamoDB developer guide, item sizes:
    /// three bytes, and one for each element).
    var sizeBytes: Int {
        switch self {
        case .string(let bytes), .binary(let bytes): bytes.count
        case .number(let number): number.sizeBytes
        case .stringSet(let members), .binarySet(let members): members.reduce(0) { $0 + $1.count }
        case .numberSet(let members): members.reduce(0) { $0 + $1.sizeBytes }
        case .list(let members): members.reduce(3) { $0 + $1.sizeBytes + 1 }
        case .map(let members): members.sizeBytes + 3 + members.count
        case .bool, .null: 1
        }
    }
}

/// Attributes by name: an item, or a value of type map. Kept in the order of the names' bytes, so that equal items
/// are written as equal bytes.
struct AttributeMap: Hashable, Sendable {
    struct Member: Hashable, Sendable {
        /// UTF-8.
        let name: [UInt8]
        let value: AttributeValue
    }

    let members: [Member]

    /// Of members with the same name the last one counts.
    init(_ unordered: [Member] = []) {
        let sorted = unordered.enumerated().sorted { left, right in
            left.element.name == right.element.name
                ? left.offset < right.offset
                : left.element.name.lexicographicallyPrecedes(right.element.name)
        }
        var kept: [Member] = []
        kept.reserveCapacity(sorted.count)
        for (_, member) in sorted {
            if kept.last?.name == member.name { kept.removeLast() }
            kept.append(member)
        }
        members = kept
    }

    var count: Int { members.count }

    subscript(_ name: String) -> AttributeValue? {
        members.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// Names and values.
    var sizeBytes: Int { members.reduce(0) { $0 + $1.name.count + $1.value.sizeBytes } }
}
