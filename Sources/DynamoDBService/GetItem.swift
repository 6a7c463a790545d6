import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func getItem(_ call: ServiceCall) throws(AWSError) {
        let request = try ItemRequest(call, ExpressionMembers(.projection))
        let name = try TableName(request.tableName, of: call)
        let given = try ItemRequest.required(request.key, "key")
        let table = try table(name)
        let key = try ItemKey(exactly: given, of: table)
        do throws(StoreError) {
            let item = try reader.item(key.bytes, in: table.key)
            var json = JSONWriter(capacity: 128 + (item?.count ?? 0))
            json.beginObject()
            if let item {
                json.key("Item")
                if let projection = request.expressions.projection {
                    json.raw(projection.applied(to: try AttributeMap(stored: item)).json)
                } else {
                    json.raw(item)
                }
            }
            if request.capacity != .none {
                let size = try item.map { item throws(StoreError) in try AttributeMap(stored: item).sizeBytes
                }
                let units = ConsumedCapacity.readUnits(size ?? 0, isConsistent: request.isConsistent)
                json.key("ConsumedCapacity")
                ConsumedCapacity(tableName: table.name, halfUnits: units).encode(request.capacity, to: &json)
            }
            json.endObject()
            call.succeed(json: json.bytes)
        } catch {
            throw AWSError(storeFailure: error)
        }
    }
}
