import ByteCoding
import EventModel
import EventStore

/// One page of a query or a scan, filled item by item.
struct ItemPage {
    /// Bytes of the items that one page looks at (DynamoDB developer guide, `Query` and `Scan`).
    static let bytesMax = 1_048_576

    let target: ReadTarget
    /// What an index leaves of an item.
    private let view: Projection?
    let filter: Condition?
    let projection: Projection?
    let limit: Int?
    let showsItems: Bool

    private var items = JSONWriter(capacity: 1_024)
    private(set) var count = 0
    private(set) var scannedCount = 0
    private(set) var scannedBytes = 0
    /// The last item that was looked at.
    private var last: AttributeMap?
    /// Whether there may be more behind the last one.
    private(set) var isCut = false

    init(_ request: ReadRequest, _ target: ReadTarget) {
        self.target = target
        view = target.view(for: request)
        filter = request.expressions.filter
        projection = request.expressions.projection
        limit = request.limit
        showsItems = request.select != .count
        items.beginArray()
    }

    /// Looks at an item.
    ///
    /// - Returns: False when the page is full, with the item or without it.
    mutating func add(_ stored: [UInt8]) throws(StoreError) -> Bool {
        let whole = try AttributeMap(stored: stored)
        let item = view?.applied(to: whole) ?? whole
        let size = item.sizeBytes
        guard scannedCount == 0 || scannedBytes + size <= Self.bytesMax else {
            isCut = true
            return false
        }
        scannedCount += 1
        scannedBytes += size
        last = whole
        if filter?.holds(for: item) ?? true {
            count += 1
            if showsItems {
                let shown = projection?.applied(to: item) ?? view.map { _ in item }
                items.raw(shown?.json ?? stored)
            }
        }
        if scannedCount == limit { isCut = true }
        return !isCut
    }

    /// The whole answer.
    mutating func answer(_ capacity: ConsumedCapacity.Detail, isConsistent: Bool) -> [UInt8] {
        items.endArray()
        var json = JSONWriter(capacity: 256 + items.bytes.count)
        json.beginObject()
        if showsItems {
            json.key("Items")
            json.raw(items.bytes)
        }
        json.key("Count")
        json.value(count)
        json.key("ScannedCount")
        json.value(scannedCount)
        if isCut, let last {
            json.key("LastEvaluatedKey")
            target.startKey(of: last).encode(to: &json)
        }
        if capacity != .none {
            json.key("ConsumedCapacity")
            let units = ConsumedCapacity.readUnits(scannedBytes, isConsistent: isConsistent)
            ConsumedCapacity(tableName: target.table.name, halfUnits: units).encode(capacity, to: &json)
        }
        json.endObject()
        return json.bytes
    }
}

extension TableDefinition {
    /// The key's attributes out of an item.
    func key(of item: AttributeMap) -> AttributeMap {
        AttributeMap(
            keyAttributes.compactMap { attribute in
                item[attribute.name].map { value in
                    AttributeMap.Member(name: Array(attribute.name.utf8), value: value)
                }
            })
    }
}
