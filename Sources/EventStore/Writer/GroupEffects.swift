import EventModel

/// What a group's commit makes true outside the file; dropped when the commit fails.
struct GroupEffects {
    var definitionsChanged = false
    /// Queues whose tip or count changed.
    var touchedQueues: Set<QueueKey> = []
    var grownQueues: Set<QueueKey> = []
    /// When each delayed message becomes visible.
    var delays: [QueueKey: [Int64]] = [:]
    /// How many messages went to FIFO queues, all of them now.
    var groupedSends: [QueueKey: Int] = [:]
    var deletedMessages: [QueueKey: [Position]] = [:]
    var raisedFloors: [QueueKey: RaisedFloor] = [:]
    var createdQueues: [QueueKey] = []
    /// Queues with other attributes than before.
    var changedQueues: Set<QueueKey> = []
    var removedQueues: [QueueKey] = []
    var leaseRows: [LeaseRow] = []
    /// Queues from whose lease logs rows were removed, with the first that is left.
    var trimmedLeases: [QueueKey: Int64] = [:]
    var touchedShards: Set<ShardKey> = []
    /// Shards that can be read differently although no record came: closed ones.
    var closedShards: Set<ShardKey> = []
    var removedShards: [ShardKey] = []
    var touchedTables: Set<TableKey> = []
    var hasTopicDeliveries = false
    /// A scheduled rule or an event that waits has another time, or is new.
    var hasEventSchedule = false
    /// Files of objects that rows name from now on, and those that no row names any more.
    var adoptedFiles: [String] = []
    var removedFiles: [String] = []
    /// Files that operations of the group wrote themselves; without its commit nobody else would remove them.
    var writtenFiles: [ObjectFile] = []
}

/// Messages up to a position are gone.
struct RaisedFloor: Equatable {
    var position: Position
    var isPurge: Bool
}

/// What the writer knows of a queue besides its definition.
struct QueueTally: Equatable {
    /// Messages that are there.
    var messageCount: Int
    /// The last position given out.
    var tip: Position
    /// Rows at or before it are purged.
    var floor: Position
    /// Positions after it are not counted in the file's tally; the next start counts their rows.
    var savedTip: Position
    /// When the oldest message was sent, as the last look at retention saw it; 0 for unknown.
    var oldestMilliseconds: Int64 = 0
    /// A tally that has to be written with this group, because deletions cannot be counted again.
    var mustSave = false
}

/// What the writer knows of a shard besides its definition.
struct ShardState: Equatable {
    var position: Position
    var arrivalMilliseconds: Int64
    /// The last position that retention removed.
    var trimmed: Position
    /// When the oldest record arrived; 0 for unknown.
    var oldestMilliseconds: Int64 = 0
    /// When the shard was closed: its children's creation, or when its stream was disabled; `nil` while it is open.
    var closedMilliseconds: Int64?
}

/// Items of a table and their bytes.
struct TableTally: Equatable {
    var itemCount: Int
    var byteCount: Int
}

/// Rows of things that are gone, to be removed bit by bit.
struct Erasure: Equatable {
    enum Kind: Int64 {
        case messages = 1
        case records = 2
        /// `first` is the table's key.
        case items = 3
        case leases = 4
        case deduplications = 5
    }

    let id: Int64
    let kind: Kind
    let first: Int64
    let last: Int64
}
