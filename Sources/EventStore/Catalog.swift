package import EventModel

/// The definitions of everything in the store, in memory; the committed state, from any thread.
package final class Catalog: Sendable {
    init() {}

    /// All definitions at one moment.
    package var snapshot: CatalogSnapshot { fatalError("pending") }

    package func queue(_ key: QueueKey) -> QueueDefinition? { snapshot.queue(key) }
    package func queue(named name: String, in location: Location) -> QueueDefinition? {
        snapshot.queue(named: name, in: location)
    }
    package func queue(_ arn: ARN) -> QueueDefinition? { snapshot.queue(arn) }
    package func stream(_ key: StreamKey) -> StreamDefinition? { snapshot.stream(key) }
    package func stream(named name: String, in location: Location) -> StreamDefinition? {
        snapshot.stream(named: name, in: location)
    }
    package func stream(_ arn: ARN) -> StreamDefinition? { snapshot.stream(arn) }
    package func table(_ key: TableKey) -> TableDefinition? { snapshot.table(key) }
    package func table(named name: String, in location: Location) -> TableDefinition? {
        snapshot.table(named: name, in: location)
    }
    package func function(named name: String, in location: Location) -> FunctionDefinition? {
        snapshot.function(named: name, in: location)
    }
    package func mapping(_ id: String) -> EventSourceMapping? { snapshot.mapping(id) }
}

/// All definitions at one moment, a value; lists are sorted by name (mappings by ID).
package struct CatalogSnapshot: Sendable {
    package func queue(_ key: QueueKey) -> QueueDefinition? { fatalError("pending") }
    package func queue(named name: String, in location: Location) -> QueueDefinition? { fatalError("pending") }
    /// `nil` too when the ARN names no queue.
    package func queue(_ arn: ARN) -> QueueDefinition? { fatalError("pending") }
    package func queues(in location: Location, prefix: String = "") -> [QueueDefinition] { fatalError("pending") }
    package var queues: [QueueDefinition] { fatalError("pending") }
    /// When a queue of that name was last deleted, if within the last 60 s before the last deletion of any queue.
    package func deletion(ofQueueNamed name: String, in location: Location) -> Timestamp? { fatalError("pending") }

    package func stream(_ key: StreamKey) -> StreamDefinition? { fatalError("pending") }
    /// A Kinesis stream.
    package func stream(named name: String, in location: Location) -> StreamDefinition? { fatalError("pending") }
    /// A Kinesis stream or a table's stream.
    package func stream(_ arn: ARN) -> StreamDefinition? { fatalError("pending") }
    /// The stream that a shard belongs to.
    package func stream(of shard: ShardKey) -> StreamDefinition? { fatalError("pending") }
    package func kinesisStreams(in location: Location) -> [StreamDefinition] { fatalError("pending") }
    /// Streams of tables, disabled ones included, oldest first within a table.
    package func tableStreams(in location: Location, tableNamed: String? = nil) -> [StreamDefinition] {
        fatalError("pending")
    }

    package func table(_ key: TableKey) -> TableDefinition? { fatalError("pending") }
    package func table(named name: String, in location: Location) -> TableDefinition? { fatalError("pending") }
    package func tables(in location: Location) -> [TableDefinition] { fatalError("pending") }

    package func function(named name: String, in location: Location) -> FunctionDefinition? { fatalError("pending") }
    package func functions(in location: Location) -> [FunctionDefinition] { fatalError("pending") }
    package var functions: [FunctionDefinition] { fatalError("pending") }

    package func mapping(_ id: String) -> EventSourceMapping? { fatalError("pending") }
    package func mappings(in location: Location) -> [EventSourceMapping] { fatalError("pending") }
    package var mappings: [EventSourceMapping] { fatalError("pending") }
}
