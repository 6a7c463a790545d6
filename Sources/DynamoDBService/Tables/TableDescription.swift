import ByteCoding
import EventModel
import EventStore

/// How a table looks in answers.
struct TableDescription {
    enum Status: String {
        case creating = "CREATING"
        case active = "ACTIVE"
        case updating = "UPDATING"
        case deleting = "DELETING"
    }

    let table: TableDefinition
    let status: Status
    /// The table's newest stream, enabled or not.
    let stream: StreamDefinition?
    let itemCount: Int
    let sizeBytes: Int

    /// Looks the stream up in the same moment's definitions.
    init(
        _ table: TableDefinition, _ status: Status, _ catalog: CatalogSnapshot, itemCount: Int = 0,
        sizeBytes: Int = 0
    ) {
        self.table = table
        self.status = status
        stream = table.latestStream.flatMap { catalog.stream($0) }
        self.itemCount = itemCount
        self.sizeBytes = sizeBytes
    }

    /// A whole answer: the description as its only member.
    func answer(_ member: String) -> [UInt8] {
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key(escaping: member)
        encode(to: &json)
        json.endObject()
        return json.bytes
    }

    private func encode(to json: inout JSONWriter) {
        json.beginObject()
        encodeKeys(to: &json)
        json.key("TableStatus")
        json.value(status.rawValue)
        json.key("CreationDateTime")
        json.value(thousandths: table.createdAt.millisecondsSinceEpoch)
        encodeBilling(to: &json)
        json.key("TableSizeBytes")
        json.value(sizeBytes)
        json.key("ItemCount")
        json.value(itemCount)
        json.key("TableArn")
        json.value(table.arn.description)
        json.key("TableId")
        json.value(table.id)
        encodeIndexes(to: &json)
        encodeStream(to: &json)
        json.key("DeletionProtectionEnabled")
        json.value(table.isDeletionProtected)
        json.endObject()
    }

    private func encodeKeys(to json: inout JSONWriter) {
        json.key("AttributeDefinitions")
        json.beginArray()
        for attribute in table.definedAttributes {
            json.beginObject()
            json.key("AttributeName")
            json.value(attribute.name)
            json.key("AttributeType")
            json.value(attribute.type)
            json.endObject()
        }
        json.endArray()
        json.key("TableName")
        json.value(table.name)
        TableDefinition.encode(keySchema: table.keyAttributes, to: &json)
    }

    private func encodeBilling(to json: inout JSONWriter) {
        if table.isOnDemand {
            json.key("BillingModeSummary")
            json.beginObject()
            json.key("BillingMode")
            json.value("PAY_PER_REQUEST")
            if status == .active {
                json.key("LastUpdateToPayPerRequestDateTime")
                json.value(thousandths: table.createdAt.millisecondsSinceEpoch)
            }
            json.endObject()
        }
        json.key("ProvisionedThroughput")
        json.beginObject()
        json.key("NumberOfDecreasesToday")
        json.value(0)
        json.key("ReadCapacityUnits")
        json.value(table.isOnDemand ? 0 : table.readCapacityUnits)
        json.key("WriteCapacityUnits")
        json.value(table.isOnDemand ? 0 : table.writeCapacityUnits)
        json.endObject()
    }

    private func encodeStream(to json: inout JSONWriter) {
        guard let stream, case .table(_, _, let view, let label) = stream.kind else { return }
        if stream.isEnabled {
            json.key("StreamSpecification")
            json.beginObject()
            json.key("StreamEnabled")
            json.value(true)
            json.key("StreamViewType")
            json.value(view.rawValue)
            json.endObject()
        }
        json.key("LatestStreamLabel")
        json.value(label)
        json.key("LatestStreamArn")
        json.value(stream.arn.description)
    }
}

extension TableDefinition {
    /// Of the table's keys and its indexes', each once.
    fileprivate var definedAttributes: [KeyAttribute] {
        var attributes = keyAttributes
        for attribute in indexes.flatMap(\.keyAttributes) where !attributes.contains(attribute) {
            attributes.append(attribute)
        }
        return attributes
    }

    /// The member `KeySchema`.
    static func encode(keySchema: [KeyAttribute], to json: inout JSONWriter) {
        json.key("KeySchema")
        json.beginArray()
        for (index, attribute) in keySchema.enumerated() {
            json.beginObject()
            json.key("AttributeName")
            json.value(attribute.name)
            json.key("KeyType")
            json.value(index == 0 ? "HASH" : "RANGE")
            json.endObject()
        }
        json.endArray()
    }
}
