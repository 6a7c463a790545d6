/// A second order of a table's items, by other attributes than its key.
package struct SecondaryIndex: Equatable, Sendable {
    /// What a read through the index sees of an item.
    package enum Projection: Equatable, Sendable {
        case all
        case keysOnly
        /// The keys and these attributes.
        case include([String])
    }

    package let name: String
    /// A local index has the table's hash key.
    package let isGlobal: Bool
    package let hashKey: TableDefinition.KeyAttribute
    package let rangeKey: TableDefinition.KeyAttribute?
    package let projection: Projection
    /// 0 on demand and for local indexes.
    package let readCapacityUnits: Int
    package let writeCapacityUnits: Int

    package init(
        name: String, isGlobal: Bool, hashKey: TableDefinition.KeyAttribute,
        rangeKey: TableDefinition.KeyAttribute?, projection: Projection, readCapacityUnits: Int = 0,
        writeCapacityUnits: Int = 0
    ) {
        self.name = name
        self.isGlobal = isGlobal
        self.hashKey = hashKey
        self.rangeKey = rangeKey
        self.projection = projection
        self.readCapacityUnits = readCapacityUnits
        self.writeCapacityUnits = writeCapacityUnits
    }
}
