import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    /// Most keys of one batch (DynamoDB API reference, `BatchGetItem`).
    private static let batchGetMax = 100
    /// Bytes of the items of one answer; the keys behind them come back unprocessed (same source).
    private static let batchGetBytesMax = 16 * 1_048_576

    func batchGetItem(_ call: ServiceCall) throws(AWSError) {
        let request = try BatchGetRequest(call)
        guard !request.tables.isEmpty else {
            throw .constraint("{}", "requestItems", "Member must have length greater than or equal to 1")
        }
        guard request.tables.reduce(0, { $0 + $1.keys.count }) <= Self.batchGetMax else {
            throw .validation("Too many items requested for the BatchGetItem call")
        }
        // Over all groups: a table may be given twice, by name and by ARN.
        var places: Set<ItemPlace> = []
        var reads: [(asked: BatchGetRequest.Table, table: TableDefinition, keys: [ItemKey])] = []
        for asked in request.tables {
            guard !asked.keys.isEmpty else { throw .nullMember("requestItems.\(asked.name).member.keys") }
            let table = try table(TableName(asked.name, of: call))
            var keys: [ItemKey] = []
            for key in asked.keys { keys.append(try ItemKey(exactly: key, of: table)) }
            for key in keys {
                guard places.insert(ItemPlace(table: table.key, key: key.bytes)).inserted else {
                    throw .validation("Provided list of item keys contains duplicates")
                }
            }
            reads.append((asked, table, keys))
        }
        var answer = BatchGetAnswer(bytesLeft: Self.batchGetBytesMax)
        do throws(StoreError) {
            for read in reads {
                try answer.add(read.asked, read.table, read.keys, reader)
            }
        } catch {
            throw AWSError(storeFailure: error)
        }
        call.succeed(json: answer.json(request.capacity))
    }
}

/// The body of a batch read.
private struct BatchGetRequest {
    struct Table {
        let name: String
        var keys: [AttributeMap] = []
        var isConsistent = false
        var projection: Projection?
        /// Members besides the keys, to be repeated with keys that were not processed.
        var others: [(name: String, value: JSONValue)] = []
    }

    private(set) var tables: [Table] = []
    private(set) var capacity = ConsumedCapacity.Detail.none

    init(_ call: ServiceCall) throws(AWSError) {
        var reader = WireReader(call.body)
        let isPresent: Void? = try reader.members { reader, member throws(AWSError) in
            switch member {
            case "RequestItems":
                _ = try reader.members { reader, name throws(AWSError) in
                    tables.append(try Self.table(name, &reader, call.operation))
                }
            case "ReturnConsumedCapacity":
                capacity = try ConsumedCapacity.Detail(wire: reader.string())
            default: try reader.skip()
            }
        }
        guard isPresent != nil else { throw .malformed("the body is not a structure") }
        try reader.end()
    }

    private static func table(
        _ name: String, _ reader: inout WireReader, _ operation: String
    ) throws(AWSError) -> Table {
        var table = Table(name: name)
        var members = ExpressionMembers(.projection)
        _ = try reader.members { reader, member throws(AWSError) in
            if member == "Keys" {
                _ = try reader.elements { reader throws(AWSError) in
                    table.keys.append(try AttributeMap.decode(&reader) ?? AttributeMap())
                }
                return
            }
            let value = try reader.tree()
            table.others.append((member, value))
            var inner = WireReader(value.bytes)
            if member == "ConsistentRead" {
                table.isConsistent = try inner.bool() ?? false
            } else {
                _ = try members.read(member, &inner, operation)
            }
        }
        table.projection = try members.parsed().projection
        return table
    }
}

/// The answer to a batch read, table by table.
private struct BatchGetAnswer {
    private(set) var bytesLeft: Int
    private var responses = JSONWriter(capacity: 1_024)
    private var unprocessed = JSONWriter()
    private var consumed: [ConsumedCapacity] = []

    init(bytesLeft: Int) {
        self.bytesLeft = bytesLeft
        responses.beginObject()
        unprocessed.beginObject()
    }

    mutating func add(
        _ asked: BatchGetRequest.Table, _ table: TableDefinition, _ keys: [ItemKey], _ reader: StoreReader
    ) throws(StoreError) {
        responses.key(escaping: asked.name)
        responses.beginArray()
        var rest = keys[...]
        while let key = rest.first {
            let item = try reader.item(key.bytes, in: table.key).map { stored throws(StoreError) in
                try AttributeMap(stored: stored)
            }
            let size = item?.sizeBytes ?? 0
            guard size <= bytesLeft else { break }
            bytesLeft -= size
            rest.removeFirst()
            if let item { (asked.projection?.applied(to: item) ?? item).encode(to: &responses) }
            consumed.add(
                ConsumedCapacity.readUnits(size, isConsistent: asked.isConsistent), to: table.name)
        }
        responses.endArray()
        guard !rest.isEmpty else { return }
        // What comes behind would jump the queue otherwise.
        bytesLeft = 0
        unprocessed.key(escaping: asked.name)
        unprocessed.beginObject()
        unprocessed.key("Keys")
        unprocessed.beginArray()
        for key in rest { key.attributes.encode(to: &unprocessed) }
        unprocessed.endArray()
        for other in asked.others {
            unprocessed.key(escaping: other.name)
            unprocessed.value(other.value)
        }
        unprocessed.endObject()
    }

    mutating func json(_ capacity: ConsumedCapacity.Detail) -> [UInt8] {
        responses.endObject()
        unprocessed.endObject()
        var json = JSONWriter(capacity: 64 + responses.bytes.count)
        json.beginObject()
        json.key("Responses")
        json.raw(responses.bytes)
        json.key("UnprocessedKeys")
        json.raw(unprocessed.bytes)
        consumed.encode(capacity, to: &json)
        json.endObject()
        return json.bytes
    }
}
