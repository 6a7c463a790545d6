import ByteCoding
import EventModel

/// What the file keeps of a secondary index.
enum IndexCodec {
    static func json(_ index: SecondaryIndex) -> JSONValue {
        let (projection, included): (String, [String]) =
            switch index.projection {
            case .all: ("ALL", [])
            case .keysOnly: ("KEYS_ONLY", [])
            case .include(let names): ("INCLUDE", names)
            }
        return JSONValue(members: [
            ("name", .string(index.name)), ("isGlobal", .bool(index.isGlobal)),
            ("hashKey", TableCodec.key(index.hashKey)),
            ("rangeKey", index.rangeKey.map(TableCodec.key) ?? .null),
            ("projection", .string(projection)), ("included", .array(included.map { .string($0) })),
            ("readCapacityUnits", JSONValue(index.readCapacityUnits)),
            ("writeCapacityUnits", JSONValue(index.writeCapacityUnits)),
        ])
    }

    static func index(_ json: StoredJSON, of table: String) throws(StoreError) -> SecondaryIndex {
        guard let name = json.string("name"),
            let hashKey = json.member("hashKey").flatMap(TableCodec.attribute)
        else { throw .corrupt("the settings of table \(table) have an index without name or key") }
        let included = json.value["included"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let projection: SecondaryIndex.Projection =
            switch json.string("projection") {
            case "ALL": .all
            case "KEYS_ONLY": .keysOnly
            case "INCLUDE": .include(included)
            default: throw .corrupt("the index \(name) of table \(table) has no projection")
            }
        return SecondaryIndex(
            name: name, isGlobal: json.bool("isGlobal", or: true), hashKey: hashKey,
            rangeKey: json.member("rangeKey").flatMap(TableCodec.attribute), projection: projection,
            readCapacityUnits: json.int("readCapacityUnits", or: 0),
            writeCapacityUnits: json.int("writeCapacityUnits", or: 0))
    }
}
