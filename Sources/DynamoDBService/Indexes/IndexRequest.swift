import AWSWire
import ByteCoding
import EventModel

/// `GlobalSecondaryIndexes` and `LocalSecondaryIndexes` of `CreateTable`.
struct IndexRequest {
    /// Most indexes of a table (DynamoDB developer guide, limits).
    private static let globalMax = 20
    private static let localMax = 5

    let indexes: [SecondaryIndex]

    init(
        _ arguments: CallArguments, _ types: [TableDefinition.KeyAttribute], _ table: KeySchema,
        isOnDemand: Bool
    ) throws(AWSError) {
        var indexes: [SecondaryIndex] = []
        for (member, isGlobal) in [("LocalSecondaryIndexes", false), ("GlobalSecondaryIndexes", true)] {
            guard let list = try arguments.array(member) else { continue }
            guard !list.isEmpty else {
                throw .invalid("List of \(isGlobal ? "Global" : "Local")SecondaryIndexes is empty")
            }
            let limit = isGlobal ? Self.globalMax : Self.localMax
            guard list.count <= limit else {
                throw .invalid(
                    "\(isGlobal ? "Global" : "Local")SecondaryIndex count exceeds the per-table limit of \(limit)"
                )
            }
            for element in list {
                let index = try Self.index(element, isGlobal, types, isOnDemand)
                guard !indexes.contains(where: { $0.name == index.name }) else {
                    throw .invalid("Duplicate index name: \(index.name)")
                }
                if !isGlobal { try Self.checkLocal(index, table) }
                indexes.append(index)
            }
        }
        self.indexes = indexes
    }

    private static func index(
        _ element: JSONValue, _ isGlobal: Bool, _ types: [TableDefinition.KeyAttribute], _ isOnDemand: Bool
    ) throws(AWSError) -> SecondaryIndex {
        let member = isGlobal ? "globalSecondaryIndexes" : "localSecondaryIndexes"
        guard let name = element["IndexName"]?.stringValue else {
            throw .nullMember("\(member).1.member.indexName")
        }
        guard (3...255).contains(name.utf8.count), name.utf8.allSatisfy(TableName.isAllowed) else {
            throw .constraint(
                name, "\(member).1.member.indexName",
                "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+, with 3 to 255 characters")
        }
        guard let schema = element["KeySchema"]?.arrayValue else {
            throw .nullMember("\(member).1.member.keySchema")
        }
        let keys = try KeySchema(schema, types)
        var units = (read: 0, write: 0)
        if isGlobal {
            let throughput = try TableRequest.throughput(CallArguments(element.objectValue ?? JSONObject([])))
            if isOnDemand, throughput != nil {
                throw .invalid(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                        + "PAY_PER_REQUEST")
            }
            if !isOnDemand {
                guard let throughput else {
                    throw .invalid("ProvisionedThroughput must be specified for index: \(name)")
                }
                units = throughput
            }
        }
        return SecondaryIndex(
            name: name, isGlobal: isGlobal, hashKey: keys.hash, rangeKey: keys.range,
            projection: try projection(element["Projection"], member), readCapacityUnits: units.read,
            writeCapacityUnits: units.write)
    }

    private static func projection(
        _ json: JSONValue?, _ member: String
    ) throws(AWSError) -> SecondaryIndex.Projection {
        guard let json, !json.isNull else { throw .nullMember("\(member).1.member.projection") }
        let type = json["ProjectionType"]?.stringValue
        let included = json["NonKeyAttributes"]?.arrayValue?.compactMap(\.stringValue)
        switch type {
        case "INCLUDE":
            guard let included, !included.isEmpty else {
                throw .invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
            }
            return .include(included)
        case "ALL", "KEYS_ONLY":
            guard included == nil else {
                throw .invalid("ProjectionType is \(type ?? ""), but NonKeyAttributes is specified")
            }
            return type == "ALL" ? .all : .keysOnly
        default: throw .invalid("Unknown ProjectionType: \(type ?? "null")")
        }
    }

    private static func checkLocal(_ index: SecondaryIndex, _ table: KeySchema) throws(AWSError) {
        guard table.range != nil else {
            throw .invalid(
                "Table KeySchema does not have a range key, which is required when specifying a "
                    + "LocalSecondaryIndex")
        }
        guard index.rangeKey != nil else {
            throw .invalid("Index KeySchema does not have a range key for index: \(index.name)")
        }
        guard index.hashKey == table.hash else {
            throw .invalid(
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: "
                    + "\(index.name). index hash key: \(index.hashKey.name), table hash key: \(table.hash.name)"
            )
        }
    }
}
