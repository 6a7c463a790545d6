import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    /// Items in the order of the request, `{}` for those that do not exist.
    func transactGetItems(_ call: ServiceCall) throws(AWSError) {
        let (requests, capacity) = try Self.gets(call)
        var consumed: [ConsumedCapacity] = []
        var places: Set<ItemPlace> = []
        var reads: [(table: TableDefinition, key: ItemKey, projection: Projection?)] = []
        for request in requests {
            let table = try table(TableName(request.tableName, of: call))
            let key = try ItemKey(exactly: ItemRequest.required(request.key, "key"), of: table)
            guard places.insert(ItemPlace(table: table.key, key: key.bytes)).inserted else {
                throw .validation("Transaction request cannot include multiple operations on one item")
            }
            reads.append((table, key, request.expressions.projection))
        }
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("Responses")
        json.beginArray()
        do throws(StoreError) {
            // Separate reads could see a commit that came between them.
            let items = try reader.items(reads.map { ($0.key.bytes, $0.table.key) })
            for (read, stored) in zip(reads, items) {
                let item = try stored.map { stored throws(StoreError) in try AttributeMap(stored: stored) }
                json.beginObject()
                if let item {
                    json.key("Item")
                    (read.projection?.applied(to: item) ?? item).encode(to: &json)
                }
                json.endObject()
                let units = ConsumedCapacity.readUnits(item?.sizeBytes ?? 0, isConsistent: true) * 2
                consumed.add(units, to: read.table.name)
            }
        } catch {
            throw AWSError(storeFailure: error)
        }
        json.endArray()
        consumed.encode(capacity, to: &json)
        json.endObject()
        call.succeed(json: json.bytes)
    }

    private static func gets(
        _ call: ServiceCall
    ) throws(AWSError) -> ([ItemRequest], ConsumedCapacity.Detail) {
        var requests: [ItemRequest] = []
        var capacity = ConsumedCapacity.Detail.none
        var list: Void?
        var reader = WireReader(call.body)
        let isPresent: Void? = try reader.members { reader, name throws(AWSError) in
            switch name {
            case "TransactItems":
                list = try reader.elements { reader throws(AWSError) in
                    let before = requests.count
                    _ = try reader.members { reader, kind throws(AWSError) in
                        guard kind == "Get" else {
                            try reader.skip()
                            return
                        }
                        requests.append(
                            try ItemRequest(&reader, call.operation, ExpressionMembers(.projection)))
                    }
                    guard requests.count == before + 1 else {
                        throw .nullMember("transactItems.\(before + 1).member.get")
                    }
                }
            case "ReturnConsumedCapacity":
                capacity = try ConsumedCapacity.Detail(wire: reader.string())
            default: try reader.skip()
            }
        }
        guard isPresent != nil else { throw .malformed("the body is not a structure") }
        try reader.end()
        guard list != nil else { throw .nullMember("transactItems") }
        try checkTransactionCount(requests.count)
        return (requests, capacity)
    }
}
