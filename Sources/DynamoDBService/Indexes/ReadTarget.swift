import AWSWire
import EventModel
import EventStore

/// What a query or a scan goes through: a table or one of its indexes.
struct ReadTarget {
    let table: TableDefinition
    let index: SecondaryIndex?
    /// Where the keys to walk are.
    let store: TableKey

    init(_ table: TableDefinition, _ indexName: String?) throws(AWSError) {
        self.table = table
        guard let indexName else {
            index = nil
            store = table.key
            return
        }
        guard let number = table.indexes.firstIndex(where: { $0.name == indexName }) else {
            throw .validation("The table does not have the specified index: \(indexName)")
        }
        index = table.indexes[number]
        store = table.key.index(number)
    }

    var hashKey: TableDefinition.KeyAttribute { index?.hashKey ?? table.hashKey }
    var rangeKey: TableDefinition.KeyAttribute? { index == nil ? table.rangeKey : index?.rangeKey }
    var keyAttributes: [TableDefinition.KeyAttribute] { index?.keyAttributes ?? table.keyAttributes }

    /// What `LastEvaluatedKey` and `ExclusiveStartKey` hold: the index's key and the table's.
    var startAttributes: [TableDefinition.KeyAttribute] {
        let own = keyAttributes
        return own + table.keyAttributes.filter { attribute in !own.contains { $0.name == attribute.name } }
    }

    func startKey(of item: AttributeMap) -> AttributeMap {
        AttributeMap(
            startAttributes.compactMap { attribute in
                item[attribute.name].map { value in
                    AttributeMap.Member(name: Array(attribute.name.utf8), value: value)
                }
            })
    }

    /// The canonical key of a place at which a page ended.
    func key(from start: AttributeMap) throws(AWSError) -> [UInt8] {
        guard let index else { return try ItemKey(exactly: start, of: table).bytes }
        guard start.count == startAttributes.count else { throw .keyMismatch }
        let own = try ItemKey(exactly: table.key(of: start), of: table)
        guard let entry = try IndexEntry.key(of: start, itemKey: own.bytes, in: index) else {
            throw .keyMismatch
        }
        return entry
    }

    // MARK: - Ranges of range keys

    /// The stretch of keys of a hash key whose range key is exactly the value.
    func exactly(_ value: AttributeValue, behind prefix: [UInt8], _ name: String) throws(AWSError)
        -> ItemKeyRange
    {
        guard index != nil else {
            let key = prefix + (try ItemKey.comparableBytes(of: value, name))
            return ItemKeyRange(from: key, to: ItemKeyRange.behind(key))
        }
        return ItemKeyRange(prefix: prefix + (try IndexEntry.terminated(value, name)))
    }

    /// The stretch of keys of a hash key whose range key begins with the value.
    func beginning(with value: AttributeValue, behind prefix: [UInt8], _ name: String) throws(AWSError)
        -> ItemKeyRange
    {
        let start =
            index == nil
            ? try ItemKey.comparableBytes(of: value, name) : try IndexEntry.opened(value, name)
        return ItemKeyRange(prefix: prefix + start)
    }

    // MARK: - What is seen

    /// The attributes that the index shows; `nil` for all.
    var shownAttributes: [String]? {
        guard let index else { return nil }
        switch index.projection {
        case .all: return nil
        case .keysOnly: return startAttributes.map(\.name)
        case .include(let names): return startAttributes.map(\.name) + names
        }
    }

    /// Checks what a request wants to see; a local index fetches from the table what it does not have itself.
    func check(_ request: ReadRequest) throws(AWSError) {
        guard let index else {
            guard request.select != .allProjectedAttributes else {
                throw .invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
            }
            return
        }
        guard index.isGlobal else { return }
        guard !request.isConsistent else {
            throw .validation("Consistent reads are not supported on global secondary indexes")
        }
        guard let shown = shownAttributes else { return }
        guard request.select != .allAttributes else {
            throw .invalid(
                "Select type ALL_ATTRIBUTES is not supported for global secondary index \(index.name) because "
                    + "its projection type is not ALL")
        }
        let wanted = (request.expressions.projection?.paths ?? []).map {
            String(decoding: $0.attribute, as: UTF8.self)
        }
        let missing = wanted.filter { !shown.contains($0) }
        guard missing.isEmpty else {
            throw .invalid(
                "Global secondary index \(index.name) does not project [\(missing.joined(separator: ", "))]")
        }
    }

    /// How an item looks to a request; `nil` for as it is.
    func view(for request: ReadRequest) -> Projection? {
        guard let index, let shown = shownAttributes else { return nil }
        let fetches = request.select == .allAttributes || request.expressions.projection != nil
        guard index.isGlobal || !fetches else { return nil }
        return Projection(paths: shown.map { DocumentPath(elements: [.name(Array($0.utf8))]) })
    }
}
