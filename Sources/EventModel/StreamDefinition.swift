/// What a stream is: identity, settings and shards, without its records.
package struct StreamDefinition: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// A Kinesis stream.
        case kinesis(isOnDemand: Bool)
        /// The change stream of a table; `label` is the last part of its ARN.
        case table(TableKey, tableName: String, view: StreamView, label: String)
    }

    package let key: StreamKey
    package let name: String
    package let location: Location
    package var kind: Kind
    package let createdAt: Timestamp
    package var retentionHours: Int
    /// False once a table stream has been switched off: no new records, what is there stays readable for 24 h.
    package var isEnabled: Bool
    /// In the order of their creation and so of their keys, closed ones included.
    package var shards: [ShardDefinition]
    package var settings: StreamSettings

    package init(
        key: StreamKey, name: String, location: Location, kind: Kind, createdAt: Timestamp,
        retentionHours: Int, isEnabled: Bool, shards: [ShardDefinition],
        settings: StreamSettings = StreamSettings()
    ) {
        self.key = key
        self.name = name
        self.location = location
        self.kind = kind
        self.createdAt = createdAt
        self.retentionHours = retentionHours
        self.isEnabled = isEnabled
        self.shards = shards
        self.settings = settings
    }

    package var arn: ARN {
        switch kind {
        case .kinesis: location.arn("kinesis", "stream/\(name)")
        case .table(_, let tableName, _, let label):
            location.arn("dynamodb", "table/\(tableName)/stream/\(label)")
        }
    }

    package func shard(_ key: ShardKey) -> ShardDefinition? { place(of: key).map { shards[$0] } }

    /// Finds a shard by halving: keys rise in the order of creation.
    package func place(of key: ShardKey) -> Int? {
        var low = 0
        var high = shards.count
        while low < high {
            let middle = (low + high) / 2
            if shards[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < shards.count && shards[low].key == key ? low : nil
    }

    package func shard(id: String) -> ShardDefinition? { shards.first { $0.id == id } }
}

/// What a table stream's records show of the item (DynamoDB API, `StreamSpecification`).
package enum StreamView: String, Equatable, Sendable {
    case keysOnly = "KEYS_ONLY"
    case newImage = "NEW_IMAGE"
    case oldImage = "OLD_IMAGE"
    case newAndOldImages = "NEW_AND_OLD_IMAGES"

    package var showsNewImage: Bool { self == .newImage || self == .newAndOldImages }
    package var showsOldImage: Bool { self == .oldImage || self == .newAndOldImages }
}

/// One ordered part of a stream.
package struct ShardDefinition: Equatable, Sendable {
    package let key: ShardKey
    /// The number in a Kinesis shard's name, from 0, never reused in its stream.
    package let index: Int
    /// The name on the wire: `shardId-000000000000`, or `shardId-00000001571780995058-40810d86` for a table stream.
    package let id: String
    package let parent: ShardKey?
    package let adjacentParent: ShardKey?
    package let hashKeys: HashKeyRange
    package let createdAt: Timestamp
    /// The last position that the shard will ever have; `nil` while it is open.
    package var endingPosition: Position?

    package init(
        key: ShardKey, index: Int, id: String, parent: ShardKey? = nil, adjacentParent: ShardKey? = nil,
        hashKeys: HashKeyRange, createdAt: Timestamp, endingPosition: Position? = nil
    ) {
        self.key = key
        self.index = index
        self.id = id
        self.parent = parent
        self.adjacentParent = adjacentParent
        self.hashKeys = hashKeys
        self.createdAt = createdAt
        self.endingPosition = endingPosition
    }

    package var isOpen: Bool { endingPosition == nil }
}
