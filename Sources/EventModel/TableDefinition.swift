/// What a DynamoDB table is, as far as Millrace keeps one: keys, billing and its stream, without its items.
package struct TableDefinition: Equatable, Sendable {
    /// An attribute that is part of the primary key.
    package struct KeyAttribute: Equatable, Sendable {
        package let name: String
        /// `S`, `N` or `B`.
        package let type: String
        package init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    package let key: TableKey
    /// The `TableId` on the wire, a lower-case UUID.
    package let id: String
    package let name: String
    package let location: Location
    package let hashKey: KeyAttribute
    package let rangeKey: KeyAttribute?
    package var isOnDemand: Bool
    package var readCapacityUnits: Int
    package var writeCapacityUnits: Int
    package var isDeletionProtected: Bool
    package var tags: [String: String]
    package let createdAt: Timestamp
    /// The newest stream of the table, enabled or not.
    package var latestStream: StreamKey?
    /// The attribute that says in seconds since the epoch when an item expires; `nil` when items do not.
    package var timeToLiveAttribute: String?
    /// Local ones first; an index's place in this list tells its entries from those of the others.
    package var indexes: [SecondaryIndex] = []

    package init(
        key: TableKey, id: String, name: String, location: Location, hashKey: KeyAttribute,
        rangeKey: KeyAttribute?, isOnDemand: Bool, readCapacityUnits: Int, writeCapacityUnits: Int,
        isDeletionProtected: Bool, tags: [String: String], createdAt: Timestamp, latestStream: StreamKey?
    ) {
        self.key = key
        self.id = id
        self.name = name
        self.location = location
        self.hashKey = hashKey
        self.rangeKey = rangeKey
        self.isOnDemand = isOnDemand
        self.readCapacityUnits = readCapacityUnits
        self.writeCapacityUnits = writeCapacityUnits
        self.isDeletionProtected = isDeletionProtected
        self.tags = tags
        self.createdAt = createdAt
        self.latestStream = latestStream
    }

    package var arn: ARN { location.arn("dynamodb", "table/\(name)") }
}
