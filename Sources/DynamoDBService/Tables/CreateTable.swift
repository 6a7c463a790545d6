import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func createTable(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let name = try TableName(arguments.string("TableName"), of: call)
        let types = try KeySchema.types(arguments)
        guard let schema = try arguments.array("KeySchema") else { throw .nullMember("keySchema") }
        let keys = try KeySchema(schema, types)
        try TableRequest.refuse(
            [
                "ResourcePolicy", "OnDemandThroughput",
                "WarmThroughput", "GlobalTableSettingsReplicationMode", "GlobalTableSourceArn",
            ], arguments, call)
        let (isOnDemand, throughput) = try Self.billing(arguments)
        let indexes = try IndexRequest(arguments, types, keys, isOnDemand: isOnDemand).indexes
        try KeySchema.checkAllUsed(types, keys, indexes)
        let view: StreamView? =
            switch try TableRequest.stream(arguments) {
            case .on(let view): view
            case .off, nil: nil
            }
        var table = TableDefinition(
            key: TableKey(rawValue: 0), id: identifiers.next(), name: name.name, location: name.location,
            hashKey: keys.hash, rangeKey: keys.range, isOnDemand: isOnDemand,
            readCapacityUnits: throughput.read, writeCapacityUnits: throughput.write,
            isDeletionProtected: try arguments.bool("DeletionProtectionEnabled") ?? false,
            tags: try TableRequest.tags(arguments), createdAt: now(), latestStream: nil)
        table.indexes = indexes
        let definition = table
        write(call) { writer throws(StoreError) in
            guard writer.catalog.table(named: definition.name, in: definition.location) == nil else {
                return .failure(
                    AWSError("ResourceInUseException", "Table already exists: \(definition.name)"))
            }
            let table = try writer.createTable(definition, view: view)
            return .success(
                TableDescription(table, .creating, writer.catalog).answer("TableDescription"))
        }
    }

    private static func billing(
        _ arguments: CallArguments
    ) throws(AWSError) -> (isOnDemand: Bool, throughput: (read: Int, write: Int)) {
        let isOnDemand = try TableRequest.isOnDemand(arguments) ?? false
        let throughput = try TableRequest.throughput(arguments)
        guard !isOnDemand else {
            guard throughput == nil else {
                throw .invalid(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                        + "PAY_PER_REQUEST")
            }
            return (true, (0, 0))
        }
        guard let throughput else {
            throw .invalid(
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
            )
        }
        return (false, throughput)
    }
}

/// `KeySchema` with the types that `AttributeDefinitions` gives its attributes.
struct KeySchema {
    let hash: TableDefinition.KeyAttribute
    let range: TableDefinition.KeyAttribute?

    init(_ schema: [JSONValue], _ types: [TableDefinition.KeyAttribute]) throws(AWSError) {
        guard (1...2).contains(schema.count) else {
            let bound = schema.isEmpty ? "greater than or equal to 1" : "less than or equal to 2"
            throw .constraint(
                "\(JSONValue.array(schema).text)", "keySchema", "Member must have length \(bound)")
        }
        var names: [String] = []
        for (index, element) in schema.enumerated() {
            guard let name = element["AttributeName"]?.stringValue else {
                throw .nullMember("keySchema.\(index + 1).member.attributeName")
            }
            let wanted = index == 0 ? "HASH" : "RANGE"
            guard element["KeyType"]?.stringValue == wanted else {
                let position = index == 0 ? "first" : "second"
                throw .validation(
                    "Invalid KeySchema: The \(position) KeySchemaElement is not a \(wanted) key type")
            }
            names.append(name)
        }
        guard Set(names).count == names.count else {
            throw .validation(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name")
        }
        let defined = types.map(\.name)
        guard names.allSatisfy({ defined.contains($0) }) else {
            throw .invalid(
                "Some index key attributes are not defined in AttributeDefinitions. "
                    + "Keys: [\(names.joined(separator: ", "))], "
                    + "AttributeDefinitions: [\(defined.joined(separator: ", "))]")
        }
        let attributes = names.compactMap { name in types.first { $0.name == name } }
        guard let first = attributes.first else { throw .nullMember("keySchema") }
        hash = first
        range = attributes.count > 1 ? attributes[1] : nil
    }

    /// Attributes that are defined are keys of the table or of an index.
    static func checkAllUsed(
        _ types: [TableDefinition.KeyAttribute], _ keys: KeySchema, _ indexes: [SecondaryIndex]
    ) throws(AWSError) {
        let own = [keys.hash.name] + (keys.range.map { [$0.name] } ?? [])
        let used = own + indexes.flatMap { $0.keyAttributes.map(\.name) }
        guard types.contains(where: { !used.contains($0.name) }) else { return }
        guard !indexes.isEmpty else {
            throw .invalid(
                "Number of attributes in KeySchema does not exactly match number of attributes defined in "
                    + "AttributeDefinitions")
        }
        throw .invalid(
            "Some AttributeDefinitions are not used. "
                + "AttributeDefinitions: [\(types.map(\.name).joined(separator: ", "))], "
                + "keys used: [\(Array(Set(used)).sorted().joined(separator: ", "))]")
    }

    static func types(
        _ arguments: CallArguments
    ) throws(AWSError) -> [TableDefinition.KeyAttribute] {
        guard let definitions = try arguments.array("AttributeDefinitions") else {
            throw .nullMember("attributeDefinitions")
        }
        var types: [TableDefinition.KeyAttribute] = []
        for (index, element) in definitions.enumerated() {
            let member = "attributeDefinitions.\(index + 1).member"
            guard let name = element["AttributeName"]?.stringValue else {
                throw .nullMember("\(member).attributeName")
            }
            guard let type = element["AttributeType"]?.stringValue else {
                throw .nullMember("\(member).attributeType")
            }
            guard ["S", "N", "B"].contains(type) else {
                throw .constraint(
                    type, "\(member).attributeType", "Member must satisfy enum value set: [B, N, S]")
            }
            guard !types.contains(where: { $0.name == name }) else {
                throw .validation("Cannot have two attributes with the same name")
            }
            types.append(TableDefinition.KeyAttribute(name: name, type: type))
        }
        return types
    }
}
