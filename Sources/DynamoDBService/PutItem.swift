import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    /// Largest item, names and values, in bytes (DynamoDB developer guide, limits).
    static let itemBytesMax = 409_600

    func putItem(_ call: ServiceCall) throws(AWSError) {
        let request = try ItemRequest(call)
        let name = try TableName(request.tableName, of: call)
        let item = try ItemRequest.required(request.item, "item")
        let table = try table(name)
        let key = try ItemKey(in: item, of: table)
        try Self.checkSize(of: item)
        perform(ItemWrite(putting: item, key: key, in: table.key), request, table, call)
    }

    func deleteItem(_ call: ServiceCall) throws(AWSError) {
        let request = try ItemRequest(call)
        let name = try TableName(request.tableName, of: call)
        let given = try ItemRequest.required(request.key, "key")
        let table = try table(name)
        let key = try ItemKey(exactly: given, of: table)
        perform(ItemWrite(deleting: key, in: table.key), request, table, call)
    }

    func table(_ name: TableName) throws(AWSError) -> TableDefinition {
        guard let table = store.catalog.table(named: name.name, in: name.location) else {
            throw .tableNotFound
        }
        return table
    }

    static func checkSize(of item: AttributeMap) throws(AWSError) {
        guard item.sizeBytes <= itemBytesMax else {
            throw .validation("Item size has exceeded the maximum allowed size")
        }
    }

    private func perform(
        _ change: ItemWrite, _ request: ItemRequest, _ table: TableDefinition, _ call: ServiceCall
    ) {
        let returnsOld = request.returnsOld
        let capacity = request.capacity
        let name = table.name
        write(call) { writer throws(StoreError) in
            guard writer.catalog.table(change.table) != nil else { return .failure(.tableNotFound) }
            let old = try change.perform(on: writer)
            var json = JSONWriter()
            json.beginObject()
            if returnsOld, let old {
                json.key("Attributes")
                json.raw(old)
            }
            if capacity != .none {
                let oldSize = try old.map { old throws(StoreError) in try AttributeMap(stored: old).sizeBytes
                }
                let units = ConsumedCapacity.writeUnits(oldSize ?? 0, change.item?.sizeBytes ?? 0)
                json.key("ConsumedCapacity")
                ConsumedCapacity(tableName: name, halfUnits: units).encode(capacity, to: &json)
            }
            json.endObject()
            return .success(json.bytes)
        }
    }
}
