import AWSWire
import EventModel
import EventStore

/// How an index's keys are written, so that their bytes are in the order of the index.
enum IndexEntry {
    /// The entry of an item: the index's hash key with its length, its range key with an end mark, the item's key.
    ///
    /// - Returns: `nil` when the item lacks one of the index's keys, so that it is not in the index.
    /// - Throws: DynamoDB's sentences about values that cannot be keys.
    static func key(
        of item: AttributeMap, itemKey: [UInt8], in index: SecondaryIndex
    ) throws(AWSError) -> [UInt8]? {
        var entry: [UInt8] = []
        for (place, attribute) in index.keyAttributes.enumerated() {
            guard let value = item[attribute.name] else { return nil }
            guard value.typeName == attribute.type else {
                throw .invalid(
                    "Type mismatch for Index Key \(attribute.name) Expected: \(attribute.type) Actual: "
                        + "\(value.typeName) IndexName: \(index.name)")
            }
            if case .string(let bytes) = value, bytes.isEmpty { throw empty("string", attribute, index) }
            if case .binary(let bytes) = value, bytes.isEmpty { throw empty("binary", attribute, index) }
            try ItemKey.checkSize(value.sizeBytes, isHash: place == 0)
            entry +=
                place == 0
                ? ItemKey.hashPrefix(try ItemKey.comparableBytes(of: value, attribute.name))
                : try terminated(value, attribute.name)
        }
        return entry + itemKey
    }

    private static func empty(
        _ kind: String, _ attribute: TableDefinition.KeyAttribute, _ index: SecondaryIndex
    ) -> AWSError {
        .validation(
            "One or more parameter values are not valid. A value specified for a secondary index key is not "
                + "supported. The AttributeValue for a key attribute cannot contain an empty \(kind) value. "
                + "IndexName: \(index.name), IndexKey: \(attribute.name)")
    }

    /// A range key of which none is the start of another.
    static func terminated(_ value: AttributeValue, _ name: String) throws(AWSError) -> [UInt8] {
        guard case .number = value else { return try opened(value, name) + [0, 1] }
        return try ItemKey.comparableBytes(of: value, name)
    }

    /// The same without its end, with which all range keys begin that begin with the value.
    static func opened(_ value: AttributeValue, _ name: String) throws(AWSError) -> [UInt8] {
        try ItemKey.comparableBytes(of: value, name).flatMap { $0 == 0 ? [0, 0xff] : [$0] }
    }
}

extension SecondaryIndex {
    var keyAttributes: [TableDefinition.KeyAttribute] { [hashKey] + (rangeKey.map { [$0] } ?? []) }
}

extension TableDefinition {
    /// The item's entries in the table's indexes, in their order.
    func indexEntries(of item: AttributeMap, itemKey: [UInt8]) throws(AWSError) -> [[UInt8]?] {
        var entries: [[UInt8]?] = []
        for index in indexes { entries.append(try IndexEntry.key(of: item, itemKey: itemKey, in: index)) }
        return entries
    }
}

/// What a write does to one index.
struct IndexChange {
    let index: TableKey
    let old: [UInt8]?
    let new: [UInt8]?

    /// Of all indexes in which the item's place changes.
    static func all(
        in table: TableDefinition, from old: [UInt8]?, to new: [UInt8]?, itemKey: [UInt8]
    ) throws(StoreError) -> Result<[IndexChange], AWSError> {
        guard !table.indexes.isEmpty else { return .success([]) }
        do throws(AWSError) {
            let before = try old.map { old throws(AWSError) in
                try table.indexEntries(of: stored(old), itemKey: itemKey)
            }
            let after = try new.map { new throws(AWSError) in
                try table.indexEntries(of: stored(new), itemKey: itemKey)
            }
            var changes: [IndexChange] = []
            for number in table.indexes.indices {
                let change = IndexChange(
                    index: table.key.index(number), old: before?[number], new: after?[number])
                if change.old != change.new { changes.append(change) }
            }
            return .success(changes)
        } catch {
            return .failure(error)
        }
    }

    private static func stored(_ bytes: [UInt8]) throws(AWSError) -> AttributeMap {
        do { return try AttributeMap(stored: bytes) } catch { throw AWSError(storeFailure: error) }
    }

    func perform(on writer: StoreWriter, itemKey: [UInt8]) throws(StoreError) {
        if let old { try writer.deleteIndexEntry(old, in: index) }
        if let new { try writer.putIndexEntry(new, itemKey: itemKey, in: index) }
    }
}
