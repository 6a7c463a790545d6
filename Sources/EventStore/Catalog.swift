package import EventModel
import Synchronization

/// The definitions of everything in the store, in memory; the committed state, from any thread.
package final class Catalog: Sendable {
    private let current: Mutex<CatalogSnapshot>

    init(_ definitions: Definitions) { current = Mutex(CatalogSnapshot(definitions)) }

    /// All definitions at one moment; cheap.
    package var snapshot: CatalogSnapshot { current.withLock { $0 } }

    func publish(_ definitions: Definitions) {
        let snapshot = CatalogSnapshot(definitions)
        current.withLock { $0 = snapshot }
    }

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
    package func stream(of shard: ShardKey) -> StreamDefinition? { snapshot.stream(of: shard) }
    package func table(_ key: TableKey) -> TableDefinition? { snapshot.table(key) }
    package func table(named name: String, in location: Location) -> TableDefinition? {
        snapshot.table(named: name, in: location)
    }
    package func function(named name: String, in location: Location) -> FunctionDefinition? {
        snapshot.function(named: name, in: location)
    }
    package func mapping(_ id: String) -> EventSourceMapping? { snapshot.mapping(id) }
    package func bucket(named name: String) -> BucketDefinition? { snapshot.bucket(named: name) }
}

/// A name within an account and region.
struct ResourceName: Hashable, Sendable {
    let location: Location
    let name: String
}

/// The tables of definitions that the writer changes; copied on write, so publishing them is one reference.
struct Definitions: Sendable {
    var queues: [QueueKey: QueueDefinition] = [:]
    var queueKeys: [ResourceName: QueueKey] = [:]
    /// When queues were deleted, kept for `CatalogSnapshot.deletionMemory`.
    var queueDeletions: [ResourceName: Timestamp] = [:]
    /// When queues were last purged.
    var queuePurges: [QueueKey: Timestamp] = [:]
    var streams: [StreamKey: StreamDefinition] = [:]
    var streamKeys: [ARN: StreamKey] = [:]
    var streamOfShard: [ShardKey: StreamKey] = [:]
    /// When table streams were disabled; they go 24 h later.
    var disabledAt: [StreamKey: Timestamp] = [:]
    var tables: [TableKey: TableDefinition] = [:]
    var tableKeys: [ResourceName: TableKey] = [:]
    var functions: [FunctionKey: FunctionFamily] = [:]
    var layers: [LayerKey: LayerFamily] = [:]
    /// Changes with every change of a function, so that those who follow functions need not compare them.
    var functionEdition = 0
    var mappings: [String: EventSourceMapping] = [:]
    var mappingKeys: [String: Int64] = [:]
    var topics = TopicDefinitions()
    var events = EventDefinitions()
    var identities = Identities()
    var buckets: [String: BucketDefinition] = [:]
}

extension Definitions {
    mutating func put(_ queue: QueueDefinition) {
        queues[queue.key] = queue
        queueKeys[ResourceName(location: queue.location, name: queue.name)] = queue.key
    }

    mutating func put(_ stream: StreamDefinition) {
        streams[stream.key] = stream
        streamKeys[stream.arn] = stream.key
        for shard in stream.shards { streamOfShard[shard.key] = stream.key }
    }

    mutating func remove(_ stream: StreamDefinition) {
        streams[stream.key] = nil
        // A stream that was created anew has the ARN of the old one.
        if streamKeys[stream.arn] == stream.key { streamKeys[stream.arn] = nil }
        for shard in stream.shards { streamOfShard[shard.key] = nil }
        disabledAt[stream.key] = nil
    }

    mutating func put(_ table: TableDefinition) {
        tables[table.key] = table
        tableKeys[ResourceName(location: table.location, name: table.name)] = table.key
    }
}
