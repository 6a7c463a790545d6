import EventModel

/// An `AWS::DynamoDB::Table`.
struct TableResource {
    /// Most indexes of a table (DynamoDB developer guide, limits).
    private static let globalIndexes = 20
    private static let localIndexes = 5

    private let reader: PropertyReader
    private let types: [String: String]
    private let isOnDemand: Bool
    private let keys: [String: TableDefinition.KeyAttribute]

    init(_ reader: PropertyReader) {
        self.reader = reader
        types = Self.attributeTypes(reader)
        keys = Self.keySchema(reader, types)
        isOnDemand =
            reader.choice("BillingMode", of: ["PAY_PER_REQUEST", "PROVISIONED"]) == "PAY_PER_REQUEST"
    }

    func table(named name: String) -> TemplatePlan.Table? {
        reader.accept("TableName")
        if keys["HASH"] == nil {
            reader.problems.add(reader.place, "AWS::DynamoDB::Table needs a KeySchema with a HASH key.")
        }
        let units = throughput(reader, "AWS::DynamoDB::Table")
        let view = streamView()
        let isProtected = reader.boolean("DeletionProtectionEnabled") ?? false
        let indexes = indexes()
        let expiry = timeToLive()
        let tags = reader.tags("Tags")
        reader.finish()
        guard let hash = keys["HASH"] else { return nil }
        let used = Set([hash.name] + (keys["RANGE"].map { [$0.name] } ?? []))
            .union(indexes.flatMap { [$0.hashKey.name] + ($0.rangeKey.map { [$0.name] } ?? []) })
        for name in types.keys.sorted() where !used.contains(name) {
            reader.problems.add(reader.place, "AttributeDefinitions holds \(name), which is no key.")
        }
        return TemplatePlan.Table(
            name: name, hashKey: hash, rangeKey: keys["RANGE"], isOnDemand: isOnDemand,
            readCapacityUnits: units.read, writeCapacityUnits: units.write,
            isDeletionProtected: isProtected, streamView: view, indexes: indexes,
            timeToLiveAttribute: expiry, tags: tags)
    }

    // MARK: - Keys

    private static func attributeTypes(_ reader: PropertyReader) -> [String: String] {
        var types: [String: String] = [:]
        for element in reader.list("AttributeDefinitions") ?? [] {
            let definition = PropertyReader(element, what: "AttributeDefinitions", problems: reader.problems)
            let name = definition.required("AttributeName")
            let type = definition.choice("AttributeType", of: ["S", "N", "B"])
            definition.finish()
            if let name, let type { types[name] = type }
        }
        return types
    }

    private static func keySchema(
        _ reader: PropertyReader, _ types: [String: String]
    ) -> [String: TableDefinition.KeyAttribute] {
        var keys: [String: TableDefinition.KeyAttribute] = [:]
        for element in reader.list("KeySchema") ?? [] {
            let schema = PropertyReader(element, what: "KeySchema", problems: reader.problems)
            let name = schema.required("AttributeName")
            let role = schema.choice("KeyType", of: ["HASH", "RANGE"])
            schema.finish()
            guard let name, let role else { continue }
            guard let type = types[name] else {
                reader.problems.add(element.place, "AttributeDefinitions has no type for the key \(name).")
                continue
            }
            keys[role] = TableDefinition.KeyAttribute(name: name, type: type)
        }
        return keys
    }

    /// The units of a table or a global index; zeros on demand.
    private func throughput(_ reader: PropertyReader, _ what: String) -> (read: Int, write: Int) {
        let throughput = reader.object("ProvisionedThroughput")
        let reads = throughput?.integer("ReadCapacityUnits", in: 1...Int.max)
        let writes = throughput?.integer("WriteCapacityUnits", in: 1...Int.max)
        throughput?.finish()
        if !isOnDemand, !reader.has("ProvisionedThroughput") {
            reader.problems.add(
                reader.place, "\(what) needs ProvisionedThroughput, or BillingMode PAY_PER_REQUEST.")
        }
        return isOnDemand ? (0, 0) : (reads ?? 1, writes ?? 1)
    }

    // MARK: - Stream and expiry

    private func streamView() -> StreamView? {
        guard let specification = reader.object("StreamSpecification") else { return nil }
        let views: [StreamView] = [.keysOnly, .newImage, .oldImage, .newAndOldImages]
        let text = specification.choice("StreamViewType", of: views.map(\.rawValue))
        if !specification.has("StreamViewType") {
            specification.problems.add(specification.place, "StreamSpecification needs StreamViewType.")
        }
        specification.finish()
        return text.flatMap(StreamView.init(rawValue:))
    }

    private func timeToLive() -> String? {
        guard let specification = reader.object("TimeToLiveSpecification") else { return nil }
        let isEnabled = specification.boolean("Enabled")
        let name = specification.text("AttributeName")
        if !specification.has("Enabled") {
            specification.problems.add(specification.place, "TimeToLiveSpecification needs Enabled.")
        }
        specification.finish()
        guard isEnabled == true else { return nil }
        guard let name, (1...255).contains(name.utf8.count) else {
            specification.problems.add(
                specification.place,
                "TimeToLiveSpecification needs AttributeName, an attribute of 1 to 255 bytes.")
            return nil
        }
        return name
    }

    // MARK: - Indexes

    private func indexes() -> [SecondaryIndex] {
        var indexes: [SecondaryIndex] = []
        for (key, isGlobal) in [("LocalSecondaryIndexes", false), ("GlobalSecondaryIndexes", true)] {
            let elements = reader.list(key) ?? []
            let limit = isGlobal ? Self.globalIndexes : Self.localIndexes
            if elements.count > limit {
                reader.problems.add(reader.place, "\(key) of \(reader.what) can hold \(limit) indexes.")
            }
            for element in elements {
                let index = PropertyReader(
                    element, what: "an index of \(reader.what)", problems: reader.problems)
                guard let made = self.index(index, isGlobal: isGlobal) else { continue }
                if indexes.contains(where: { $0.name == made.name }) {
                    reader.problems.add(element.place, "There are two indexes named \(made.name).")
                }
                indexes.append(made)
            }
        }
        return indexes
    }

    private func index(_ index: PropertyReader, isGlobal: Bool) -> SecondaryIndex? {
        let name = index.required("IndexName")
        let own = Self.keySchema(index, types)
        let projection = projection(index)
        let units = isGlobal ? throughput(index, "The index \(name ?? "")") : (0, 0)
        index.finish()
        guard let name, let projection else { return nil }
        guard NameRule("IndexName", 3...255, beside: "-_.").accepts(name) else {
            index.problems.add(index.place, "'\(name)' cannot be the name of an index.")
            return nil
        }
        guard let hash = own["HASH"] else {
            index.problems.add(index.place, "The index \(name) needs a KeySchema with a HASH key.")
            return nil
        }
        if !isGlobal, hash != keys["HASH"] || own["RANGE"] == nil || keys["RANGE"] == nil {
            index.problems.add(
                index.place,
                "The local index \(name) needs the table's HASH key and a RANGE key, and so does the table.")
            return nil
        }
        return SecondaryIndex(
            name: name, isGlobal: isGlobal, hashKey: hash, rangeKey: own["RANGE"], projection: projection,
            readCapacityUnits: units.0, writeCapacityUnits: units.1)
    }

    private func projection(_ index: PropertyReader) -> SecondaryIndex.Projection? {
        guard let projection = index.object("Projection") else {
            if !index.has("Projection") { index.problems.add(index.place, "\(index.what) needs Projection.") }
            return nil
        }
        let type = projection.choice("ProjectionType", of: ["ALL", "KEYS_ONLY", "INCLUDE"])
        let included = projection.texts("NonKeyAttributes")
        projection.finish()
        guard let type else {
            if !projection.has("ProjectionType") {
                projection.problems.add(projection.place, "\(projection.what) needs ProjectionType.")
            }
            return nil
        }
        guard (type == "INCLUDE") == (included?.isEmpty == false) else {
            projection.problems.add(
                projection.place, "NonKeyAttributes belong to the ProjectionType INCLUDE, which needs them.")
            return nil
        }
        switch type {
        case "ALL": return .all
        case "KEYS_ONLY": return .keysOnly
        default: return .include(included ?? [])
        }
    }
}
