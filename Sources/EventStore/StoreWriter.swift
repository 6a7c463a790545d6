package import EventModel

/// What an operation may do inside its group's transaction; lives on the writer thread only.
///
/// Looks up definitions as the operations before it in the group left them. Every method checks first and throws
/// `.notFound`, `.conflict` or `.limit` without having written.
package final class StoreWriter {
    init() { fatalError("pending") }

    /// The time of this group; the same for all its operations, never earlier than that of the group before.
    package var now: Timestamp { fatalError("pending") }
    /// Definitions, with the changes of this group.
    package var catalog: CatalogSnapshot { fatalError("pending") }
}

// MARK: - Queues

extension StoreWriter {
    /// - Throws: `.conflict` when a queue of that name exists, `.limit` when all queue keys are spent.
    package func createQueue(
        name: String, location: Location, attributes: QueueAttributes, tags: [String: String]
    ) throws(StoreError) -> QueueDefinition { fatalError("pending") }
    /// Replaces attributes and tags; `modifiedAt` becomes now.
    package func updateQueue(
        _ key: QueueKey, attributes: QueueAttributes, tags: [String: String]
    ) throws(StoreError) -> QueueDefinition { fatalError("pending") }
    /// Deletes the queue; its messages are gone at once, their space returns in the background.
    package func deleteQueue(_ key: QueueKey) throws(StoreError) { fatalError("pending") }
    /// Deletes all messages: visible, delayed and in flight.
    package func purgeQueue(_ key: QueueKey) throws(StoreError) { fatalError("pending") }

    /// Stores messages; results are in the order of the entries.
    package func send(_ batch: MessageBatch, to queue: QueueKey) throws(StoreError) -> [SentMessage] {
        fatalError("pending")
    }
    /// Deletes messages. `EventStore.delete` also hides them until the commit; use this one inside larger operations,
    /// after `leases.beginDelete`.
    package func delete(_ positions: [Position], from queue: QueueKey) throws(StoreError) { fatalError("pending") }
}

// MARK: - Streams

extension StoreWriter {
    /// Creates a Kinesis stream with `shardCount` open shards over even hash key ranges.
    /// - Throws: `.conflict` when a stream of that name exists, `.limit` when shard keys are spent.
    package func createStream(
        name: String, location: Location, isOnDemand: Bool, shardCount: Int, retentionHours: Int
    ) throws(StoreError) -> StreamDefinition { fatalError("pending") }
    package func deleteStream(_ key: StreamKey) throws(StoreError) { fatalError("pending") }

    /// Stores records; results are in the order of the entries, and all become visible at once.
    ///
    /// - Throws: `.conflict` when an entry's shard is closed, `.notFound` when it is of another stream.
    package func append(_ batch: RecordBatch, to stream: StreamKey) throws(StoreError) -> [AppendedRecord] {
        fatalError("pending")
    }
}

// MARK: - Tables

extension StoreWriter {
    /// `key`, `createdAt` and `latestStream` of the definition are replaced; with `view` its first stream is made.
    package func createTable(
        _ definition: TableDefinition, view: StreamView?
    ) throws(StoreError) -> TableDefinition { fatalError("pending") }
    /// Replaces what may change of a table: billing, deletion protection, tags.
    package func updateTable(_ definition: TableDefinition) throws(StoreError) -> TableDefinition {
        fatalError("pending")
    }
    /// Deletes the table; its streams are disabled and stay readable for 24 h.
    package func deleteTable(_ key: TableKey) throws(StoreError) { fatalError("pending") }
    /// Starts a new stream with one shard. `.conflict` when one is enabled.
    package func enableStream(of table: TableKey, view: StreamView) throws(StoreError) -> StreamDefinition {
        fatalError("pending")
    }
    /// Closes the stream's shards; it stays readable for 24 h. `.conflict` when none is enabled.
    package func disableStream(of table: TableKey) throws(StoreError) -> StreamDefinition { fatalError("pending") }

    /// The stored bytes of an item, with the changes of this group.
    package func item(_ key: [UInt8], in table: TableKey) throws(StoreError) -> [UInt8]? { fatalError("pending") }
    /// Stores an item under its canonical key bytes, replacing what was there.
    package func putItem(_ item: [UInt8], key: [UInt8], in table: TableKey) throws(StoreError) { fatalError("pending") }
    /// Deletes an item; false when there was none.
    package func deleteItem(_ key: [UInt8], in table: TableKey) throws(StoreError) -> Bool { fatalError("pending") }
    /// Appends a change to the table's enabled stream; nothing happens and `nil` returns when there is none.
    package func appendChange(
        _ change: ChangeRecord, key: [UInt8], in table: TableKey
    ) throws(StoreError) -> AppendedRecord? { fatalError("pending") }
}

// MARK: - Functions and mappings

extension StoreWriter {
    /// Creates a function or replaces the one of its name.
    package func putFunction(_ definition: FunctionDefinition) throws(StoreError) { fatalError("pending") }
    package func deleteFunction(named name: String, in location: Location) throws(StoreError) { fatalError("pending") }
    /// - Throws: `.conflict` when the ID is taken.
    package func createMapping(_ mapping: EventSourceMapping) throws(StoreError) { fatalError("pending") }
    package func updateMapping(_ mapping: EventSourceMapping) throws(StoreError) { fatalError("pending") }
    /// Deletes the mapping with its checkpoints; its discards stay.
    package func deleteMapping(_ id: String) throws(StoreError) { fatalError("pending") }

    /// Sets where a mapping begins in a shard, unless it has a checkpoint there; returns the one that holds.
    package func startCheckpoint(
        mapping id: String, shard: ShardKey, after position: Position
    ) throws(StoreError) -> Position { fatalError("pending") }
    /// Makes one step of a stream mapping durable; returns the discards with their IDs.
    ///
    /// A destination that is gone makes its message dropped, which the result counts; checkpoint and discards hold.
    package func settle(_ settlement: Settlement) throws(StoreError) -> SettlementResult { fatalError("pending") }
    /// Appends to the decision log; the newest `StoreLimits.decisionsPerMapping` of a mapping are kept.
    package func record(_ decisions: [Decision]) throws(StoreError) { fatalError("pending") }
}

/// What `settle` did besides moving the checkpoint.
package struct SettlementResult: Equatable, Sendable {
    package var discardIDs: [Int64] = []
    package var sent: [SentMessage] = []
    /// Messages that could not be sent because their queue is gone.
    package var undeliverable = 0
    package init() {}
}
