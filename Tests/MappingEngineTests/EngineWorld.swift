import EventModel
import EventStore
import Foundation
import Glibc
import HTTP
import MappingEngine
import Metering
import RuntimeAPI
import Synchronization
import Telemetry
import Testing

/// An engine over a store of its own; functions are commands that append their event to a file.
final class EngineWorld {
    let folder: String
    let store: EventStore
    let loop: EventLoop
    let engine: Engine
    private let host: FunctionHost

    init() throws {
        folder = "/tmp/millrace-engine-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        store = try EventStore.open(
            directory: folder + "/data", durability: .normal, now: { EngineWorld.wallTime })
        loop = try EventLoop(label: "engine")
        let metrics = Metrics()
        host = try FunctionHost(
            loop: loop,
            configuration: FunctionHostConfiguration(
                runtimeDirectory: folder + "/runtime", endpointURL: "http://127.0.0.1:4566"),
            logger: .silent, metrics: metrics, now: { EngineWorld.wallTime })
        engine = Engine(
            context: EngineContext(
                loop: loop, store: store, reader: try store.makeReader(), host: host, metrics: metrics,
                recorder: MetricRecorder(), logger: .silent, now: { EngineWorld.wallTime }))
        loop.start()
        engine.start()
    }

    /// Ends everything in the order in which the daemon does.
    func close() throws {
        let done = DispatchSemaphore(value: 0)
        engine.drain { done.signal() }
        done.wait()
        let host = HostBox(host: host)
        loop.execute { host.host.shutdown { done.signal() } }
        done.wait()
        loop.stop()
        try store.close()
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Used on the loop only, where it is carried to.
    private struct HostBox: @unchecked Sendable {
        let host: FunctionHost
    }

    static var wallTime: Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(millisecondsSinceEpoch: Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000)
    }
}

// MARK: - Definitions

extension EngineWorld {
    func define(_ name: String) throws {
        let function = FunctionDefinition(
            name: name,
            handler: .command(
                ["/bin/sh", "-c", "cat >> events; echo >> events; echo '{}'"], workingDirectory: folder),
            modifiedAt: EngineWorld.wallTime)
        try store.perform { writer throws(StoreError) in try writer.putFunction(function) }
    }

    func removeFunction(_ name: String) throws {
        try store.perform { writer throws(StoreError) in
            try writer.deleteFunction(named: name, in: Location())
        }
    }

    /// Maps a source to a function; stream settings make it a stream mapping.
    func map(_ source: ARN, to function: String, stream: StreamMappingSettings? = nil) throws -> String {
        let mapping = EventSourceMapping(
            id: UUID().uuidString.lowercased(), location: Location(), source: source,
            functionARN: Location().arn("lambda", "function:\(function)"),
            settings: MappingSettings(batchSize: 10, stream: stream), state: .creating, isEnabled: true,
            stateTransitionReason: "USER_INITIATED",
            lastProcessingResult: stream == nil ? nil : "No records processed",
            modifiedAt: EngineWorld.wallTime)
        try store.perform { writer throws(StoreError) in try writer.createMapping(mapping) }
        return mapping.id
    }

    func append(_ text: String, to stream: StreamDefinition) throws {
        try store.perform { writer throws(StoreError) in
            guard let shard = writer.catalog.stream(stream.key)?.shards.last(where: \.isOpen) else {
                throw .notFound("The shard")
            }
            var batch = RecordBatch()
            batch.append(shard: shard.key, partitionKey: Array("k".utf8), payload: Array(text.utf8))
            _ = try writer.append(batch, to: stream.key)
        }
    }
}

// MARK: - What happened

extension EngineWorld {
    /// The events that the functions were given.
    var events: String {
        (try? String(contentsOfFile: folder + "/events", encoding: .utf8)) ?? ""
    }

    func snapshot(_ id: String) -> MappingSnapshot? {
        let done = DispatchSemaphore(value: 0)
        let box = SnapshotBox()
        loop.execute { [engine] in
            box.found.withLock { $0 = engine.snapshots().first { $0.mapping.id == id } }
            done.signal()
        }
        done.wait()
        return box.found.withLock { $0 }
    }

    func isDefined(_ function: String) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let box = SnapshotBox()
        let host = HostBox(host: host)
        let key = FunctionKey(location: Location(), name: function)
        loop.execute {
            box.isDefined.withLock { $0 = host.host.isDefined(key) }
            done.signal()
        }
        done.wait()
        return box.isDefined.withLock { $0 }
    }

    private final class SnapshotBox: Sendable {
        let found = Mutex<MappingSnapshot?>(nil)
        let isDefined = Mutex(false)
    }

    /// Looks again and again, because handlers are processes with a pace of their own.
    func wait(for what: Comment, _ condition: () throws -> Bool) rethrows {
        let end = EngineWorld.wallTime + .seconds(20)
        while EngineWorld.wallTime < end {
            if try condition() { return }
            usleep(2_000)
        }
        Issue.record(what)
    }
}
