import ByteCoding
import EventModel

/// What the file keeps of a table besides its name.
enum TableCodec {
    static func text(_ table: TableDefinition) -> String {
        JSONValue(members: [
            ("id", .string(table.id)),
            ("hashKey", key(table.hashKey)),
            ("rangeKey", table.rangeKey.map(key) ?? .null),
            ("isOnDemand", .bool(table.isOnDemand)),
            ("readCapacityUnits", JSONValue(table.readCapacityUnits)),
            ("writeCapacityUnits", JSONValue(table.writeCapacityUnits)),
            ("isDeletionProtected", .bool(table.isDeletionProtected)),
            ("latestStream", JSONValue(optional: table.latestStream.map { Int($0.rawValue) })),
            ("tags", JSONValue(table.tags)),
            ("indexes", .array(table.indexes.map(IndexCodec.json))),
            ("timeToLiveAttribute", table.timeToLiveAttribute.map { .string($0) } ?? .null),
        ]).text
    }

    static func definition(
        _ text: String, key: TableKey, name: String, location: Location, createdAt: Timestamp
    ) throws(StoreError) -> TableDefinition {
        let json = try StoredJSON(text: text, of: "table \(name)")
        guard let hashKey = json.member("hashKey").flatMap(attribute) else {
            throw .corrupt("the settings of table \(name) name no hash key")
        }
        var table = TableDefinition(
            key: key, id: json.string("id", or: ""), name: name, location: location, hashKey: hashKey,
            rangeKey: json.member("rangeKey").flatMap(attribute),
            isOnDemand: json.bool("isOnDemand", or: true),
            readCapacityUnits: json.int("readCapacityUnits", or: 0),
            writeCapacityUnits: json.int("writeCapacityUnits", or: 0),
            isDeletionProtected: json.bool("isDeletionProtected", or: false), tags: json.strings("tags"),
            createdAt: createdAt,
            latestStream: json.int("latestStream").map { StreamKey(rawValue: Int64($0)) })
        table.timeToLiveAttribute = json.string("timeToLiveAttribute")
        for element in json.value["indexes"]?.arrayValue ?? [] {
            table.indexes.append(try IndexCodec.index(StoredJSON(element), of: name))
        }
        return table
    }

    static func key(_ attribute: TableDefinition.KeyAttribute) -> JSONValue {
        JSONValue(members: [("name", .string(attribute.name)), ("type", .string(attribute.type))])
    }

    static func attribute(_ json: StoredJSON) -> TableDefinition.KeyAttribute? {
        guard let name = json.string("name"), let type = json.string("type") else { return nil }
        return TableDefinition.KeyAttribute(name: name, type: type)
    }
}
