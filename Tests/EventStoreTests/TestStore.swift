import EventModel
import EventStore
import Foundation
import Synchronization
import Testing

/// A clock that tests advance by hand.
final class ManualClock: Sendable {
    private let moment: Mutex<Int64>

    /// Whole seconds, because the delayed counter has that grain.
    init(_ milliseconds: Int64 = 1_763_600_000_000) { moment = Mutex(milliseconds) }

    var now: Timestamp { moment.withLock { Timestamp(millisecondsSinceEpoch: $0) } }
    func advance(_ length: Duration) { moment.withLock { $0 += length.wholeMilliseconds } }
}

/// A store in a folder of its own, with its own clock; the folder goes with it.
final class TestStore {
    let directory: String
    let clock: ManualClock
    private(set) var store: EventStore
    private(set) var reader: StoreReader

    init(opening directory: String = TestStore.freshDirectory(), clock: ManualClock = ManualClock()) throws {
        self.clock = clock
        self.directory = directory
        store = try EventStore.open(directory: directory, durability: .normal, now: { clock.now })
        reader = try store.makeReader()
    }

    static func freshDirectory() -> String {
        "/tmp/millrace-store-\(UUID().uuidString)"
    }

    deinit {
        // The folder is temporary; a failure here is not what a test is about.
        try? store.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Closes and opens again.
    func reopen() throws {
        try store.close()
        store = try EventStore.open(directory: directory, durability: .normal, now: { [clock] in clock.now })
        reader = try store.makeReader()
    }

    var now: Timestamp { clock.now }
}

// MARK: - Queues

/// A received message with its bytes.
struct Copied: Equatable {
    let message: ReceivedMessage
    let body: String
    let attributes: String
}

extension TestStore {
    func makeQueue(
        _ name: String = "q", _ change: (inout QueueAttributes) -> Void = { _ in }
    ) throws -> QueueKey {
        var attributes = QueueAttributes()
        change(&attributes)
        let wanted = attributes
        return try store.perform { writer throws(StoreError) in
            try writer.createQueue(name: name, location: Location(), attributes: wanted, tags: [:]).key
        }
    }

    @discardableResult
    func send(_ bodies: [String], to queue: QueueKey, delaySeconds: Int? = nil) throws -> [SentMessage] {
        var batch = MessageBatch()
        for body in bodies {
            batch.append(body: Array(body.utf8), md5: UInt128(body.count), delaySeconds: delaySeconds)
        }
        let ready = batch
        return try store.perform { writer throws(StoreError) in try writer.send(ready, to: queue) }
    }

    func receive(
        _ queue: QueueKey, _ maximum: Int = 10, visibilitySeconds: Int? = nil, maxBytes: Int = .max
    ) throws -> [Copied] {
        var copies: [Copied] = []
        _ = try reader.receive(
            from: queue, maximum: maximum, maxBytes: maxBytes, visibilitySeconds: visibilitySeconds, now: now
        ) { message, body, attributes in
            copies.append(Copied(message: message, body: text(body), attributes: text(attributes)))
        }
        return copies
    }

    func delete(_ positions: [Position], from queue: QueueKey) throws {
        store.leases.beginDelete(positions, in: queue)
        try store.perform { writer throws(StoreError) in try writer.delete(positions, from: queue) }
    }

    func counters(_ queue: QueueKey) -> QueueCounters { store.leases.counters(of: queue, now: now) }

    /// Waits until everything that was handed to the writer before is committed.
    func settle() throws { try store.perform { _ throws(StoreError) in } }
}

func text(_ bytes: Span<UInt8>) -> String {
    var copy: [UInt8] = []
    for index in bytes.indices { copy.append(bytes[index]) }
    return String(decoding: copy, as: UTF8.self)
}

// MARK: - Streams

struct CopiedRecord: Equatable {
    let position: Position
    let arrival: Timestamp
    let partitionKey: String
    let payload: String
}

extension TestStore {
    func makeStream(_ name: String = "s", shards: Int = 1) throws -> StreamDefinition {
        try store.perform { writer throws(StoreError) in
            try writer.createStream(
                name: name, location: Location(), isOnDemand: false, shardCount: shards, retentionHours: 24)
        }
    }

    @discardableResult
    func append(_ payloads: [String], to stream: StreamDefinition, shard: Int = 0) throws -> [AppendedRecord]
    {
        var batch = RecordBatch()
        for payload in payloads {
            batch.append(
                shard: stream.shards[shard].key, partitionKey: Array("k".utf8), payload: Array(payload.utf8))
        }
        let ready = batch
        return try store.perform { writer throws(StoreError) in try writer.append(ready, to: stream.key) }
    }

    func records(
        _ shard: ShardKey, after: Position = 0, limit: Int = 1_000, maxBytes: Int = .max
    ) throws -> [CopiedRecord] {
        var copies: [CopiedRecord] = []
        _ = try reader.records(in: shard, after: after, limit: limit, maxBytes: maxBytes) {
            position, arrival, partitionKey, payload in
            copies.append(
                CopiedRecord(
                    position: position, arrival: arrival, partitionKey: text(partitionKey),
                    payload: text(payload)))
            return true
        }
        return copies
    }
}

// MARK: - Crashes

extension TestStore {
    /// What a process that died now would find: the files as they are, with nothing closed.
    func copyAfterCrash() throws -> TestStore {
        let copy = TestStore.freshDirectory()
        try FileManager.default.copyItem(atPath: directory, toPath: copy)
        return try TestStore(opening: copy, clock: ManualClock(now.millisecondsSinceEpoch))
    }
}
