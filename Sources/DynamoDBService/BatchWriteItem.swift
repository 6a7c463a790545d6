import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    /// Most requests in one batch (DynamoDB API reference, `BatchWriteItem`).
    private static let batchMax = 25

    /// All writes of a batch are one transaction here, in the order of the request; nothing is left unprocessed.
    func batchWriteItem(_ call: ServiceCall) throws(AWSError) {
        let request = try BatchRequest(call)
        let count = request.tables.reduce(0) { $0 + $1.writes.count }
        guard !request.tables.isEmpty else {
            throw .validation(
                "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: "
                    + "Member must have length greater than or equal to 1")
        }
        guard request.tables.allSatisfy({ !$0.writes.isEmpty }) else {
            throw .validation("The batch write request list for a table cannot be null or empty")
        }
        guard count <= Self.batchMax else {
            throw .validation("Too many items requested for the BatchWriteItem call")
        }
        var writes: [ItemWrite] = []
        var names: [String] = []
        // Over all groups: a table may be given twice, by name and by ARN.
        var places: Set<ItemPlace> = []
        for group in request.tables {
            let table = try table(TableName(group.name, of: call))
            for asked in group.writes {
                let write = try Self.write(asked, table)
                guard places.insert(ItemPlace(table: table.key, key: write.key.bytes)).inserted else {
                    throw .validation("Provided list of item keys contains duplicates")
                }
                writes.append(write)
                names.append(table.name)
            }
        }
        perform(writes, names, request.capacity, call)
    }

    private static func write(
        _ asked: BatchRequest.Write, _ table: TableDefinition
    ) throws(AWSError) -> ItemWrite {
        switch asked {
        case .put(let item):
            let key = try ItemKey(in: item, of: table)
            try checkSize(of: item)
            return ItemWrite(.put(ItemWrite.NewItem(item)), key, in: table.key)
        case .delete(let key):
            return ItemWrite(.delete, try ItemKey(exactly: key, of: table), in: table.key)
        }
    }

    private func perform(
        _ writes: [ItemWrite], _ names: [String], _ capacity: ConsumedCapacity.Detail, _ call: ServiceCall
    ) {
        write(call) { writer throws(StoreError) in
            guard writes.allSatisfy({ writer.catalog.table($0.table) != nil }) else {
                return .failure(.tableNotFound)
            }
            var consumed: [ConsumedCapacity] = []
            var prepared: [PreparedWrite] = []
            for (write, name) in zip(writes, names) {
                let ready: PreparedWrite
                switch try write.prepare(on: writer) {
                case .success(let made): ready = made
                case .failure(let failure): return .failure(AWSError(failure, showsItem: false))
                }
                prepared.append(ready)
                guard capacity != .none else { continue }
                consumed.add(try ready.halfUnits(), to: name)
            }
            for ready in prepared { try ready.perform(on: writer) }
            var json = JSONWriter()
            json.beginObject()
            json.key("UnprocessedItems")
            json.beginObject()
            json.endObject()
            consumed.encode(capacity, to: &json)
            json.endObject()
            return .success(json.bytes)
        }
    }
}

/// The body of a batch write.
private struct BatchRequest {
    enum Write {
        case put(AttributeMap)
        case delete(AttributeMap)
    }

    struct Table {
        let name: String
        let writes: [Write]
    }

    private(set) var tables: [Table] = []
    private(set) var capacity = ConsumedCapacity.Detail.none

    init(_ call: ServiceCall) throws(AWSError) {
        var reader = WireReader(call.body)
        let isPresent: Void? = try reader.members { reader, member throws(AWSError) in
            switch member {
            case "RequestItems":
                _ = try reader.members { reader, name throws(AWSError) in
                    tables.append(Table(name: name, writes: try Self.writes(&reader)))
                }
            case "ReturnConsumedCapacity":
                capacity = try ConsumedCapacity.Detail(wire: reader.string())
            default: try reader.skip()
            }
        }
        guard isPresent != nil else { throw .malformed("the body is not a structure") }
        try reader.end()
    }

    private static func writes(_ reader: inout WireReader) throws(AWSError) -> [Write] {
        var writes: [Write] = []
        _ = try reader.elements { reader throws(AWSError) in
            var found: [Write] = []
            _ = try reader.members { reader, kind throws(AWSError) in
                _ = try reader.members { reader, member throws(AWSError) in
                    switch (kind, member) {
                    case ("PutRequest", "Item"):
                        found.append(.put(try AttributeMap.decode(&reader) ?? AttributeMap()))
                    case ("DeleteRequest", "Key"):
                        found.append(.delete(try AttributeMap.decode(&reader) ?? AttributeMap()))
                    default: try reader.skip()
                    }
                }
            }
            guard found.count == 1, let write = found.first else {
                throw .validation(
                    "Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest")
            }
            writes.append(write)
        }
        return writes
    }
}
