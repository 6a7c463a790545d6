package import EventModel

/// All definitions at one moment, a value; lists are sorted by name (mappings by ID).
package struct CatalogSnapshot: Sendable {
    /// One reference, so that a copy costs one count however many tables there are.
    private final class Storage: Sendable {
        let definitions: Definitions
        init(_ definitions: Definitions) { self.definitions = definitions }
    }

    private let storage: Storage

    init(_ definitions: Definitions) { storage = Storage(definitions) }

    var all: Definitions { storage.definitions }
}

// MARK: - Queues

extension CatalogSnapshot {
    package func queue(_ key: QueueKey) -> QueueDefinition? { all.queues[key] }

    package func queue(named name: String, in location: Location) -> QueueDefinition? {
        all.queueKeys[ResourceName(location: location, name: name)].flatMap { all.queues[$0] }
    }

    /// `nil` too when the ARN names no queue.
    package func queue(_ arn: ARN) -> QueueDefinition? {
        guard arn.service == "sqs" else { return nil }
        return queue(named: arn.resource, in: Location(account: arn.account, region: arn.region))
    }

    package func queues(in location: Location, prefix: String = "") -> [QueueDefinition] {
        queues.filter { $0.location == location && $0.name.hasPrefix(prefix) }
    }

    package var queues: [QueueDefinition] { all.queues.values.sorted { $0.name < $1.name } }

    /// When a queue was last purged; `nil` when it never was.
    package func lastPurge(of queue: QueueKey) -> Timestamp? { all.queuePurges[queue] }

    /// How long `deletion` remembers (SQS: a name is free again 60 s after its deletion).
    static let deletionMemory = Duration.seconds(60)

    /// When a queue of that name was last deleted; forgotten after a minute or so, and by a restart.
    package func deletion(ofQueueNamed name: String, in location: Location) -> Timestamp? {
        all.queueDeletions[ResourceName(location: location, name: name)]
    }
}

// MARK: - Streams and tables

extension CatalogSnapshot {
    package func stream(_ key: StreamKey) -> StreamDefinition? { all.streams[key] }

    /// A Kinesis stream.
    package func stream(named name: String, in location: Location) -> StreamDefinition? {
        stream(location.arn("kinesis", "stream/\(name)"))
    }

    /// A Kinesis stream or a table's stream.
    package func stream(_ arn: ARN) -> StreamDefinition? { all.streamKeys[arn].flatMap { all.streams[$0] } }

    /// The stream that a mapping with this source reads: itself, or that of a registered consumer.
    package func stream(read source: ARN) -> StreamDefinition? {
        guard let reference = ConsumerReference(source) else { return stream(source) }
        return stream(reference.streamARN).flatMap { reference.consumer(of: $0) == nil ? nil : $0 }
    }

    /// The stream that a shard belongs to.
    package func stream(of shard: ShardKey) -> StreamDefinition? {
        all.streamOfShard[shard].flatMap { all.streams[$0] }
    }

    package var streams: [StreamDefinition] {
        all.streams.values.sorted { ($0.name, $0.key) < ($1.name, $1.key) }
    }

    package func kinesisStreams(in location: Location) -> [StreamDefinition] {
        streams.filter { stream in
            guard case .kinesis = stream.kind else { return false }
            return stream.location == location
        }
    }

    /// Streams of tables, disabled ones included, oldest first within a table.
    package func tableStreams(in location: Location, tableNamed name: String? = nil) -> [StreamDefinition] {
        streams.filter { stream in
            guard case .table(_, let tableName, _, _) = stream.kind else { return false }
            return stream.location == location && (name == nil || name == tableName)
        }
    }

    package func table(_ key: TableKey) -> TableDefinition? { all.tables[key] }

    package func table(named name: String, in location: Location) -> TableDefinition? {
        all.tableKeys[ResourceName(location: location, name: name)].flatMap { all.tables[$0] }
    }

    /// Of all accounts and regions, in no order.
    package var expiringTables: [TableDefinition] {
        all.tables.values.filter { $0.timeToLiveAttribute != nil }
    }

    package func tables(in location: Location) -> [TableDefinition] {
        all.tables.values.filter { $0.location == location }.sorted { $0.name < $1.name }
    }
}

// MARK: - Functions and mappings

extension CatalogSnapshot {
    package func function(named name: String, in location: Location) -> FunctionDefinition? {
        family(FunctionKey(location: location, name: name))?.latest
    }

    /// A function with its versions, aliases and what else belongs to it.
    package func family(_ key: FunctionKey) -> FunctionFamily? { all.functions[key] }

    /// The version that a reference leads to; for an alias with two versions the main one.
    package func function(_ reference: FunctionReference) -> FunctionDefinition? {
        family(reference.key)?.definition(qualifier: reference.qualifier)
    }

    package func functions(in location: Location) -> [FunctionDefinition] {
        families(in: location).map(\.latest)
    }

    package func families(in location: Location) -> [FunctionFamily] {
        families.filter { $0.key.location == location }
    }

    package var families: [FunctionFamily] { all.functions.values.sorted { $0.key < $1.key } }

    /// Another one after each commit that changed a function or what belongs to it.
    package var functionEdition: Int { all.functionEdition }

    /// `$LATEST` of all functions.
    package var functions: [FunctionDefinition] { families.map(\.latest) }

    package func layer(_ key: LayerKey) -> LayerFamily? { all.layers[key] }

    package func layer(_ reference: LayerReference) -> LayerVersionDefinition? {
        all.layers[reference.key]?.versions[reference.version]
    }

    /// Layers with a version that is there, sorted by name.
    package func layers(in location: Location) -> [(key: LayerKey, family: LayerFamily)] {
        all.layers.filter { $0.key.location == location && !$0.value.versions.isEmpty }
            .map { (key: $0.key, family: $0.value) }.sorted { $0.key.name < $1.key.name }
    }

    /// Names of all files and folders of code that something refers to (`CodeFiles`).
    var codeNames: Set<String> {
        var names: Set<String> = []
        for family in all.functions.values {
            for code in family.packages { names.insert(code.digest) }
            for version in family.allVersions {
                if let path = version.layersPath { names.insert(CodeFiles.name(ofPath: path)) }
            }
        }
        for layer in all.layers.values {
            for version in layer.versions.values { names.insert(version.code.digest) }
        }
        return names
    }

    package func mapping(_ id: String) -> EventSourceMapping? { all.mappings[id] }

    package func mappings(in location: Location) -> [EventSourceMapping] {
        mappings.filter { $0.location == location }
    }

    package var mappings: [EventSourceMapping] { all.mappings.values.sorted { $0.id < $1.id } }

    func mappingKey(_ id: String) -> Int64? { all.mappingKeys[id] }
}

// MARK: - Buckets

extension CatalogSnapshot {
    package func bucket(named name: String) -> BucketDefinition? { all.buckets[name] }

    /// `nil` too when the ARN names no bucket as a whole.
    package func bucket(_ arn: ARN) -> BucketDefinition? {
        arn.service == "s3" ? bucket(named: arn.resource) : nil
    }

    /// Of an account, in all regions.
    package func buckets(of account: String) -> [BucketDefinition] {
        all.buckets.values.filter { $0.location.account == account }.sorted { $0.name < $1.name }
    }

    /// True when a report to that queue, topic or bucket would arrive.
    package func hasDestination(_ arn: ARN) -> Bool {
        switch arn.service {
        case "sqs": queue(arn) != nil
        case "sns": topic(arn) != nil
        case "s3": bucket(arn) != nil
        default: false
        }
    }
}
