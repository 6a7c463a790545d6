package import AWSWire
import Digest
package import EventModel
package import EventStore
package import HTTP
import Synchronization

/// Kinesis Data Streams over the store's streams: everything but warm throughput, channels and queues.
///
/// Puts are answered after their group's commit; one call becomes visible at once.
package final class KinesisService: @unchecked Sendable {
    // Confined to `loop`: `handle` is the only entry point and preconditions it, everything else is called from there
    // or from completions that were handed back to the loop.
    let store: EventStore
    let reader: StoreReader
    let loop: EventLoop
    let now: @Sendable () -> Timestamp
    let hasher = MD5Hasher()
    /// Where the keys of each stream go; thrown away whenever definitions change.
    private var maps: [StreamKey: ShardMap] = [:]
    /// Counts changes of definitions; the writer thread counts, the loop compares.
    private let definitionChanges = DefinitionChanges()
    private var seenChanges = 0
    /// `nil` while what shards take and give is not limited.
    var throttle: ShardThrottle?
    let subscriptions: ShardSubscriptions

    /// - Parameters:
    ///   - reader: For this service alone, or for services of the same loop.
    ///   - loop: The loop of the server that calls.
    ///   - isLimited: Whether each shard takes and gives only what Kinesis's do (`ShardThrottle`).
    ///   - now: The wall clock.
    package init(
        store: EventStore, reader: StoreReader, loop: EventLoop, isLimited: Bool = false,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.reader = reader
        self.loop = loop
        self.now = now
        throttle = isLimited ? ShardThrottle() : nil
        subscriptions = ShardSubscriptions(store, loop, now: now)
        store.observe { [definitionChanges, subscriptions] changes in
            subscriptions.noteCommit(changes)
            if changes.definitionsChanged { definitionChanges.count.add(1, ordering: .releasing) }
        }
    }

    package func register(on router: inout ServiceRouter) {
        router.register(jsonTarget: "Kinesis_20131202", of: .kinesis, cbor: .kinesis) { [self] call in
            handle(call)
        }
        router.register(rpcV2CBOR: "Kinesis_20131202", of: .kinesis, members: .kinesis) { [self] call in
            handle(call)
        }
    }

    private func handle(_ call: ServiceCall) {
        precondition(loop.isCurrent, "Kinesis is confined to its loop")
        do throws(AWSError) {
            try perform(call)
        } catch {
            call.fail(error)
        }
    }

    private func perform(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "PutRecord": try putRecord(call)
        case "PutRecords": try putRecords(call)
        case "GetRecords": try getRecords(call)
        case "GetShardIterator": try getShardIterator(call)
        case "CreateStream": try createStream(call)
        case "DeleteStream": try deleteStream(call)
        case "DescribeStream": try describeStream(call)
        case "DescribeStreamSummary": try describeStreamSummary(call)
        case "ListStreams": try listStreams(call)
        case "ListShards": try listShards(call)
        case "SplitShard": try splitShard(call)
        case "MergeShards": try mergeShards(call)
        case "UpdateShardCount": try updateShardCount(call)
        case "IncreaseStreamRetentionPeriod": try increaseStreamRetentionPeriod(call)
        case "DecreaseStreamRetentionPeriod": try decreaseStreamRetentionPeriod(call)
        default: try performControl(call)
        }
    }
}

/// Shared between the writer thread and the loop.
private final class DefinitionChanges: Sendable {
    let count = Atomic<Int>(0)
}

// MARK: - What operations share

extension KinesisService {
    /// The Kinesis stream that a call names, by ARN or by name in the caller's region; the ARN counts if both are given.
    func stream(name: String?, arn: String?, _ call: ServiceCall) throws(AWSError) -> StreamDefinition {
        if let arn {
            guard let parsed = ARN(arn), parsed.service == "kinesis", parsed.resource.hasPrefix("stream/")
            else {
                var constraints = Constraints()
                constraints.note(
                    arn, at: "streamARN",
                    "Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+"
                )
                try constraints.check()
                throw .streamNotFound(arn, call.location.account)
            }
            guard let stream = store.catalog.stream(parsed) else {
                throw .streamNotFound(String(parsed.resource.dropFirst(7)), parsed.account)
            }
            return stream
        }
        guard let name else { throw .invalidArgument("Either StreamName or StreamARN should be provided.") }
        var constraints = Constraints()
        constraints.name(name, at: "streamName")
        try constraints.check()
        guard let stream = store.catalog.stream(named: name, in: call.location) else {
            throw .streamNotFound(name, call.location.account)
        }
        return stream
    }

    func stream(of arguments: CallArguments, _ call: ServiceCall) throws(AWSError) -> StreamDefinition {
        try stream(name: arguments.string("StreamName"), arn: arguments.string("StreamARN"), call)
    }

    /// Where the keys of a stream go.
    func shardMap(of stream: StreamDefinition) -> ShardMap {
        let changes = definitionChanges.count.load(ordering: .acquiring)
        if changes != seenChanges {
            maps.removeAll()
            seenChanges = changes
        }
        if let map = maps[stream.key] { return map }
        let map = ShardMap(of: stream)
        maps[stream.key] = map
        return map
    }

    /// Runs an operation on the writer thread, or here when nobody else has work, and continues on the loop with what it returned.
    func submit<T: Sendable>(
        _ call: ServiceCall, _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> T,
        then answer: @escaping @Sendable (T) -> Void
    ) {
        store.submit(mayRunHere: loop.isQuiet, operation) { [loop] result in
            loop.execute {
                switch result {
                case .success(let value): answer(value)
                case .failure(let error): call.fail(error.wireError)
                }
            }
        }
    }
}
