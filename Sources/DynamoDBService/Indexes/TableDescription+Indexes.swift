import ByteCoding
import EventModel

extension TableDescription {
    /// The members `LocalSecondaryIndexes` and `GlobalSecondaryIndexes`, as far as the table has such.
    ///
    /// Counts and sizes are 0: DynamoDB brings them up to date every six hours only.
    func encodeIndexes(to json: inout JSONWriter) {
        for isGlobal in [false, true] {
            let indexes = table.indexes.filter { $0.isGlobal == isGlobal }
            guard !indexes.isEmpty else { continue }
            if isGlobal { json.key("GlobalSecondaryIndexes") } else { json.key("LocalSecondaryIndexes") }
            json.beginArray()
            for index in indexes { encode(index, to: &json) }
            json.endArray()
        }
    }

    private func encode(_ index: SecondaryIndex, to json: inout JSONWriter) {
        json.beginObject()
        json.key("IndexName")
        json.value(index.name)
        TableDefinition.encode(keySchema: index.keyAttributes, to: &json)
        encode(index.projection, to: &json)
        if index.isGlobal {
            json.key("IndexStatus")
            json.value(status == .creating ? "CREATING" : "ACTIVE")
            json.key("ProvisionedThroughput")
            json.beginObject()
            json.key("NumberOfDecreasesToday")
            json.value(0)
            json.key("ReadCapacityUnits")
            json.value(index.readCapacityUnits)
            json.key("WriteCapacityUnits")
            json.value(index.writeCapacityUnits)
            json.endObject()
        }
        json.key("IndexSizeBytes")
        json.value(0)
        json.key("ItemCount")
        json.value(0)
        json.key("IndexArn")
        json.value("\(table.arn)/index/\(index.name)")
        json.endObject()
    }

    private func encode(_ projection: SecondaryIndex.Projection, to json: inout JSONWriter) {
        json.key("Projection")
        json.beginObject()
        json.key("ProjectionType")
        switch projection {
        case .all: json.value("ALL")
        case .keysOnly: json.value("KEYS_ONLY")
        case .include(let names):
            json.value("INCLUDE")
            json.key("NonKeyAttributes")
            json.beginArray()
            for name in names { json.value(name) }
            json.endArray()
        }
        json.endObject()
    }
}
