import AWSWire
import EventModel

/// The primary key of one item, checked against its table.
struct ItemKey: Hashable, Sendable {
    /// Only the key's attributes.
    let attributes: AttributeMap
    /// What tells items apart, and orders those of one hash key as their range keys are ordered:
    /// two bytes of length, the hash key, and the range key in comparable form.
    let bytes: [UInt8]

    /// Largest hash and range keys, in bytes (DynamoDB developer guide, limits).
    static let hashKeyBytesMax = 2_048
    static let rangeKeyBytesMax = 1_024

    /// Takes the key out of a whole item.
    init(in item: AttributeMap, of table: TableDefinition) throws(AWSError) {
        for attribute in table.keyAttributes {
            guard let value = item[attribute.name] else {
                throw .invalid("Missing the key \(attribute.name) in the item")
            }
            guard value.typeName == attribute.type else {
                throw .invalid(
                    "Type mismatch for key \(attribute.name) expected: \(attribute.type) actual: "
                        + value.typeName)
            }
        }
        try self.init(checked: item, table)
    }

    /// Takes what a caller gave as a key, which must be the key and nothing else.
    init(exactly key: AttributeMap, of table: TableDefinition) throws(AWSError) {
        guard key.count == table.keyAttributes.count else {
            throw .validation("The number of conditions on the keys is invalid")
        }
        for attribute in table.keyAttributes {
            guard let value = key[attribute.name], value.typeName == attribute.type else {
                throw .keyMismatch
            }
        }
        try self.init(checked: key, table)
    }

    private init(checked item: AttributeMap, _ table: TableDefinition) throws(AWSError) {
        var members: [AttributeMap.Member] = []
        var key: [UInt8] = []
        for (index, attribute) in table.keyAttributes.enumerated() {
            guard let value = item[attribute.name] else { throw .keyMismatch }
            members.append(AttributeMap.Member(name: Array(attribute.name.utf8), value: value))
            let part = try Self.comparableBytes(of: value, attribute.name)
            let isHash = index == 0
            try Self.checkSize(value.sizeBytes, isHash: isHash)
            key.append(contentsOf: isHash ? Self.hashPrefix(part) : part)
        }
        attributes = AttributeMap(members)
        bytes = key
    }

    /// How the canonical keys of all items of a hash key begin.
    static func hashPrefix(_ part: [UInt8]) -> [UInt8] {
        [UInt8(part.count >> 8), UInt8(part.count & 0xff)] + part
    }

    /// The hash key's part of canonical key bytes, with its length.
    static func hashPart(of key: Span<UInt8>) -> [UInt8] {
        guard key.count >= 2 else { return [] }
        let count = min(key.count, 2 + Int(key[0]) << 8 + Int(key[1]))
        return (0..<count).map { key[$0] }
    }

    /// Bytes of a key attribute's value that compare as DynamoDB compares the values.
    static func comparableBytes(
        of value: AttributeValue, _ name: String
    ) throws(AWSError) -> [UInt8] {
        switch value {
        case .string(let bytes), .binary(let bytes):
            guard !bytes.isEmpty else {
                let kind = value.typeName == "S" ? "string" : "binary"
                throw .validation(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                        + "contain an empty \(kind) value. Key: \(name)")
            }
            return bytes
        case .number(let number): return number.orderedBytes
        case .stringSet, .numberSet, .binarySet, .list, .map, .bool, .null: throw .keyMismatch
        }
    }

    static func checkSize(_ size: Int, isHash: Bool) throws(AWSError) {
        if isHash, size > hashKeyBytesMax {
            throw .invalid("Size of hashkey has exceeded the maximum size limit of2048 bytes")
        }
        if !isHash, size > rangeKeyBytesMax {
            throw .invalid("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
        }
    }
}

extension TableDefinition {
    /// Hash key, then range key if there is one.
    var keyAttributes: [KeyAttribute] { [hashKey] + (rangeKey.map { [$0] } ?? []) }
}
