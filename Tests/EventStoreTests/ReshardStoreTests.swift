import EventModel
import EventStore
import Synchronization
import Testing

@Suite("Splits, merges and roll-overs in the store")
struct ReshardStoreTests {
    private static func split(
        _ test: TestStore, _ stream: StreamDefinition, _ shard: Int, at key: UInt128 = 1 << 127
    ) throws -> StreamDefinition {
        let (parent, of) = (stream.shards[shard].key, stream.key)
        return try test.store.perform { writer throws(StoreError) in
            try writer.splitShard(parent, of: of, at: key)
        }
    }

    private static func merge(
        _ test: TestStore, _ stream: StreamDefinition, _ shard: Int, _ other: Int
    ) throws -> StreamDefinition {
        let (left, right, of) = (stream.shards[shard].key, stream.shards[other].key, stream.key)
        return try test.store.perform { writer throws(StoreError) in
            try writer.mergeShards(left, with: right, of: of)
        }
    }

    @Test("A split closes the parent at its last record and opens two children over its range")
    func split() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        try test.append(["a", "b"], to: stream)
        test.clock.advance(.seconds(5))
        let after = try Self.split(test, stream, 0, at: 77)
        #expect(after.shards.map(\.id).last == "shardId-000000000002")
        #expect(after.shards.map(\.endingPosition) == [2, nil, nil])
        #expect(after.shards.map(\.parent) == [nil, stream.shards[0].key, stream.shards[0].key])
        #expect(after.shards[1].hashKeys == HashKeyRange(start: 0, end: 76))
        #expect(after.shards[2].hashKeys == HashKeyRange(start: 77, end: .max))
        #expect(after.shards[2].createdAt == test.now)
        #expect(test.store.catalog.stream(stream.key) == after)
        #expect(throws: StoreError.conflict("Shard shardId-000000000000 of stream s is closed.")) {
            try test.append(["c"], to: after)
        }
        #expect(try test.append(["c"], to: after, shard: 2).map(\.position) == [1])
        #expect(try test.records(stream.shards[0].key).map(\.payload) == ["a", "b"])
        try test.reopen()
        #expect(test.store.catalog.stream(stream.key) == after)
        #expect(try test.append(["d"], to: after, shard: 2).map(\.position) == [2])
    }

    @Test("A merge has a parent and an adjacent parent, in the order in which they were named")
    func merge() throws {
        let test = try TestStore()
        let stream = try test.makeStream(shards: 3)
        try test.append(["a"], to: stream, shard: 1)
        let after = try Self.merge(test, stream, 1, 0)
        #expect(after.shards[3].parent == stream.shards[1].key)
        #expect(after.shards[3].adjacentParent == stream.shards[0].key)
        #expect(after.shards[3].hashKeys.start == 0)
        #expect(after.shards[3].hashKeys.end == stream.shards[1].hashKeys.end)
        #expect(after.shards.map(\.endingPosition) == [0, 1, nil, nil])
        let conflict = StoreError.conflict("Shard shardId-000000000001 of stream s is closed.")
        #expect(throws: conflict) { try Self.merge(test, after, 2, 1) }
        try test.reopen()
        #expect(test.store.catalog.stream(stream.key) == after)
    }

    @Test("What cannot be split or merged changes nothing")
    func refused() throws {
        let test = try TestStore()
        let stream = try test.makeStream(shards: 3)
        #expect(throws: StoreError.self) { try Self.split(test, stream, 1, at: 0) }
        #expect(throws: StoreError.self) {
            try Self.split(test, stream, 1, at: stream.shards[1].hashKeys.start)
        }
        #expect(throws: StoreError.self) { try Self.merge(test, stream, 0, 2) }
        #expect(throws: StoreError.self) { try Self.merge(test, stream, 0, 0) }
        let foreign = try test.makeStream("other")
        #expect(throws: StoreError.notFound("The shard")) {
            let shard = foreign.shards[0].key
            try test.store.perform { writer throws(StoreError) in
                _ = try writer.splitShard(shard, of: stream.key, at: 5)
            }
        }
        #expect(test.store.catalog.stream(stream.key) == stream)
    }

    @Test(
        "A new shard count is reached in one commit, with short-lived shards closed and empty",
        arguments: 1...9)
    func count(from count: Int) throws {
        let test = try TestStore()
        let stream = try test.makeStream(shards: count)
        for target in (count + 1) / 2...2 * count {
            let name = "to \(target)"
            let one = try test.makeStream(name, shards: count)
            let after = try test.store.perform { writer throws(StoreError) in
                try writer.updateShardCount(of: one.key, to: target)
            }
            let open = after.shards.filter(\.isOpen).sorted { $0.hashKeys.start < $1.hashKeys.start }
            #expect(open.map(\.hashKeys) == HashKeyRange.even(count: target))
            #expect(after.shards.map(\.index) == Array(0..<after.shards.count))
            for shard in after.shards.dropFirst(count) { #expect(shard.parent != nil) }
            #expect(after.shards.allSatisfy { $0.isOpen || $0.endingPosition == 0 })
        }
        try test.reopen()
        #expect(test.store.catalog.stream(stream.key) == stream)
    }

    @Test("Closing a shard wakes those who read it, and routing changes with the same commit")
    func observed() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        let seen = Mutex<[(shards: Set<ShardKey>, definitions: Bool, open: Int)]>([])
        let catalog = test.store.catalog
        test.store.observe { changes in
            let open = catalog.stream(stream.key)?.shards.count(where: \.isOpen) ?? 0
            seen.withLock { $0.append((Set(changes.shards), changes.definitionsChanged, open)) }
        }
        let after = try Self.split(test, stream, 0)
        let changes = seen.withLock { $0 }
        #expect(changes.count == 1)
        #expect(changes.first?.shards.isSuperset(of: [stream.shards[0].key]) == true)
        #expect(changes.first?.definitions == true)
        #expect(changes.first?.open == 2)
        #expect(after.shards.count == 3)
    }

    @Test("A group that is lost leaves no trace of a split", arguments: [true, false])
    func crash(isCommitted: Bool) throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        try test.append(["a"], to: stream)
        if isCommitted { _ = try Self.split(test, stream, 0) }
        let copy = try test.copyAfterCrash()
        #expect(copy.store.catalog.stream(stream.key)?.shards.count == (isCommitted ? 3 : 1))
    }
}

@Suite("Shards in the course of time")
struct ShardTimeTests {
    @Test(
        "A closed shard goes when it was closed longer ago than retention, with the places that mappings had")
    func expiry() throws {
        let test = try TestStore()
        let stream = try test.makeStream(shards: 2)
        try test.append(["a"], to: stream)
        test.clock.advance(.seconds(3_600))
        let after = try test.store.perform { writer throws(StoreError) in
            try writer.updateShardCount(of: stream.key, to: 1)
        }
        test.clock.advance(.seconds(23 * 3_600))
        try test.store.sweep()
        // All records are gone, but the shards were still open less than a day ago.
        #expect(test.store.catalog.stream(stream.key) == after)
        #expect(try test.reader.firstPosition(in: stream.shards[0].key) == nil)
        try test.reopen()
        test.clock.advance(.seconds(3_600))
        try test.store.sweep()
        let left = test.store.catalog.stream(stream.key)
        #expect(left?.shards == [after.shards[2]])
        #expect(test.store.catalog.stream(of: stream.shards[0].key) == nil)
        try test.reopen()
        #expect(test.store.catalog.stream(stream.key)?.shards == [after.shards[2]])
        let grown = try test.store.perform { writer throws(StoreError) in
            try writer.updateShardCount(of: stream.key, to: 2)
        }
        #expect(grown.shards.map(\.index) == [2, 3, 4])
    }

    @Test("Retention follows its changes, for records and for closed shards")
    func retention() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        try test.append(["a"], to: stream)
        let closed = try test.store.perform { writer throws(StoreError) in
            _ = try writer.setRetention(48, of: stream.key)
            return try writer.splitShard(stream.shards[0].key, of: stream.key, at: 9)
        }
        test.clock.advance(.seconds(30 * 3_600))
        try test.store.sweep()
        #expect(try test.records(stream.shards[0].key).map(\.payload) == ["a"])
        try test.reopen()
        #expect(test.store.catalog.stream(stream.key)?.retentionHours == 48)
        #expect(test.store.catalog.stream(stream.key)?.shards == closed.shards)
        try test.store.perform { writer throws(StoreError) in _ = try writer.setRetention(24, of: stream.key)
        }
        #expect(try test.records(stream.shards[0].key).isEmpty)
        try test.store.sweep()
        #expect(test.store.catalog.stream(stream.key)?.shards.map(\.index) == [1, 2])
    }

    @Test("A read of trimmed records comes to the tip instead of staying where it was")
    func trimmedRead() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        let shard = stream.shards[0].key
        try test.append(["a", "b"], to: stream)
        test.clock.advance(.seconds(86_400))
        try test.store.sweep()
        let through = try test.reader.records(in: shard, after: 0, limit: 10, maxBytes: .max) { _, _, _, _ in
            Issue.record("trimmed")
            return true
        }
        #expect(through == 2)
    }

    @Test("A table's stream goes on in a new shard after four hours, if it was written to")
    func rollOver() throws {
        let test = try TestStore()
        let table = try test.makeTable()
        let stream = try #require(test.store.catalog.stream(table.latestStream ?? StreamKey(rawValue: 0)))
        test.clock.advance(.seconds(14_400))
        try test.store.sweep()
        #expect(test.store.catalog.stream(stream.key)?.shards.count == 1)
        try test.change(table)
        try test.store.sweep()
        let rolled = try #require(test.store.catalog.stream(stream.key))
        #expect(rolled.shards.map(\.endingPosition) == [1, nil])
        #expect(rolled.shards[1].parent == rolled.shards[0].key)
        #expect(rolled.shards[1].id != rolled.shards[0].id)
        #expect(rolled.shards[1].id.hasPrefix("shardId-0000000"))
        try test.change(table)
        try test.store.sweep()
        #expect(try test.records(rolled.shards[1].key).count == 1)
        #expect(test.store.catalog.stream(stream.key)?.shards.count == 2)
    }

    @Test("A disabled table's stream is closed, and its shards stay until the stream goes a day later")
    func disabled() throws {
        let test = try TestStore()
        let table = try test.makeTable()
        try test.change(table)
        let closed = try test.store.perform { writer throws(StoreError) in
            try writer.disableStream(of: table.key)
        }
        #expect(closed.shards.map(\.endingPosition) == [1])
        try test.reopen()
        test.clock.advance(.seconds(86_399))
        try test.store.sweep()
        #expect(test.store.catalog.stream(closed.key)?.shards.count == 1)
        test.clock.advance(.seconds(1))
        try test.store.sweep()
        #expect(test.store.catalog.stream(closed.key) == nil)
    }
}

extension TestStore {
    fileprivate func makeTable() throws -> TableDefinition {
        try store.perform { writer throws(StoreError) in
            try writer.createTable(
                TableDefinition(
                    key: TableKey(rawValue: 0), id: "0f5c6a2e-0000-4000-8000-000000000000", name: "T",
                    location: Location(), hashKey: .init(name: "pk", type: "S"), rangeKey: nil,
                    isOnDemand: true, readCapacityUnits: 0, writeCapacityUnits: 0, isDeletionProtected: false,
                    tags: [:], createdAt: Timestamp(millisecondsSinceEpoch: 0), latestStream: nil),
                view: .keysOnly)
        }
    }

    fileprivate func change(_ table: TableDefinition) throws {
        let change = ChangeRecord(
            header: .init(eventName: .insert, sizeBytes: 5), images: Array("\"Keys\":{}".utf8))
        try store.perform { writer throws(StoreError) in
            _ = try writer.appendChange(change, key: [1], in: table.key)
        }
    }
}
