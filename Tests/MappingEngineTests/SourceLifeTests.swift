import EventModel
import EventStore
import MappingEngine
import Testing

@Suite("Functions that go and come back")
struct SourceLifeTests {
    @Test("Records wait for their function without spending retries, and go out when it is there again")
    func stream() throws {
        let world = try EngineWorld()
        try world.define("f")
        let stream = try world.store.perform { writer throws(StoreError) in
            try writer.createStream(
                name: "s", location: Location(), isOnDemand: false, shardCount: 1, retentionHours: 24)
        }
        let id = try world.map(
            stream.arn, to: "f",
            stream: StreamMappingSettings(startingPosition: .trimHorizon, maximumRetryAttempts: 0))
        try world.append("first", to: stream)
        world.wait(for: "the first record") { world.events.contains("Zmlyc3Q=") }
        try world.removeFunction("f")
        world.wait(for: "the engine to know") { !world.isDefined("f") }
        try world.append("second", to: stream)
        world.wait(for: "the mapping to say so") {
            world.snapshot(id)?.waitsFor.contains("There is no function f.") == true
        }
        #expect(world.snapshot(id)?.mapping.state == .enabled)
        try world.define("f")
        world.wait(for: "the second record") { world.events.contains("c2Vjb25k") }
        world.wait(for: "the checkpoint") { world.snapshot(id)?.shards.first?.recordsBehind == 0 }
        let counts = try #require(world.snapshot(id)?.counts)
        #expect((counts.records, counts.retries, counts.discarded) == (2, 0, 0))
        try world.close()
    }

    @Test("Messages stay in their queue while there is no function, and no receive counts")
    func queue() throws {
        let world = try EngineWorld()
        let queue = try world.store.perform { writer throws(StoreError) in
            var attributes = QueueAttributes()
            attributes.visibilityTimeoutSeconds = 1
            return try writer.createQueue(name: "q", location: Location(), attributes: attributes, tags: [:])
        }
        let id = try world.map(queue.arn, to: "f")
        try world.store.perform { writer throws(StoreError) in
            var batch = MessageBatch()
            batch.append(body: Array("hello".utf8), md5: 1)
            _ = try writer.send(batch, to: queue.key)
        }
        world.wait(for: "the mapping to say so") {
            world.snapshot(id)?.waitsFor == "the function to be defined"
        }
        let counters = world.store.leases.counters(of: queue.key, now: EngineWorld.wallTime)
        #expect((counters.visible, counters.inFlight) == (1, 0))
        try world.define("f")
        world.wait(for: "the message") { world.events.contains("hello") }
        #expect(world.events.contains(#""ApproximateReceiveCount":"1""#))
        try world.close()
    }

    @Test("A shard whose records were all trimmed is passed over, and its child is read")
    func trimmed() throws {
        let world = try EngineWorld()
        try world.define("f")
        let stream = try world.store.perform { writer throws(StoreError) in
            let stream = try writer.createStream(
                name: "s", location: Location(), isOnDemand: false, shardCount: 2, retentionHours: 24)
            return try writer.mergeShards(stream.shards[0].key, with: stream.shards[1].key, of: stream.key)
        }
        let id = try world.map(
            stream.arn, to: "f", stream: StreamMappingSettings(startingPosition: .trimHorizon))
        try world.append("child", to: stream)
        world.wait(for: "the child's record") { world.events.contains("Y2hpbGQ=") }
        #expect(world.snapshot(id)?.shards.map(\.shardID) == ["shardId-000000000002"])
        try world.close()
    }
}
