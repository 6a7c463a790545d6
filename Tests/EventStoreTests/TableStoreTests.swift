import EventModel
import EventStore
import Testing

@Suite("Tables in the store")
struct TableStoreTests {
    private static func definition(_ name: String = "T") -> TableDefinition {
        TableDefinition(
            key: TableKey(rawValue: 0), id: "0f5c6a2e-0000-4000-8000-000000000000", name: name,
            location: Location(),
            hashKey: .init(name: "pk", type: "S"), rangeKey: .init(name: "sk", type: "N"), isOnDemand: false,
            readCapacityUnits: 3, writeCapacityUnits: 4, isDeletionProtected: true, tags: ["a": "b"],
            createdAt: Timestamp(millisecondsSinceEpoch: 0), latestStream: nil)
    }

    private static func make(_ test: TestStore, view: StreamView? = .newAndOldImages) throws
        -> TableDefinition
    {
        try test.store.perform { writer throws(StoreError) in try writer.createTable(definition(), view: view)
        }
    }

    private static let change = ChangeRecord(
        header: .init(eventName: .insert, sizeBytes: 5), images: Array("\"Keys\":{}".utf8))

    @Test("Items are put, replaced, read and deleted, and counted")
    func items() throws {
        let test = try TestStore()
        let table = try Self.make(test).key
        let key: [UInt8] = [1, 2]
        try test.store.perform { writer throws(StoreError) in
            #expect(try writer.item(key, in: table) == nil)
            try writer.putItem([1, 2, 3], key: key, in: table)
            try writer.putItem([], key: [9], in: table)
            #expect(try writer.item(key, in: table) == [1, 2, 3])
        }
        #expect(test.reader.size(of: table) == (2, 3))
        try test.store.perform { writer throws(StoreError) in
            try writer.putItem([7], key: key, in: table)
            #expect(try writer.deleteItem([9], in: table))
            #expect(try !writer.deleteItem([9], in: table))
        }
        #expect(try test.reader.item(key, in: table) == [7])
        #expect(try test.reader.item([9], in: table) == nil)
        #expect(test.reader.size(of: table) == (1, 1))
        try test.reopen()
        #expect(test.reader.size(of: table) == (1, 1))
        #expect(try test.reader.item(key, in: table) == [7])
    }

    @Test("A definition comes back from the file as it was")
    func definition() throws {
        let test = try TestStore()
        let table = try Self.make(test)
        let stream = try #require(table.latestStream.flatMap { test.store.catalog.stream($0) })
        try test.reopen()
        #expect(test.store.catalog.table(named: "T", in: Location()) == table)
        #expect(test.store.catalog.stream(stream.arn) == stream)
        #expect(stream.arn.resource == "table/T/stream/\(table.createdAt.streamLabel)")
        #expect(stream.shards[0].id.count == "shardId-00000001571780995058-40810d86".count)
    }

    @Test("A change goes to the stream in the same transaction, and to none when there is none")
    func changes() throws {
        let test = try TestStore()
        let table = try Self.make(test)
        let key = table.key
        let appended = try test.store.perform { writer throws(StoreError) in
            try writer.putItem([1], key: [1], in: key)
            return try writer.appendChange(Self.change, key: [1], in: key)
        }
        let place = try #require(appended)
        let records = try test.records(place.shard)
        #expect(records.map(\.payload) == [String(decoding: Self.change.stored, as: UTF8.self)])
        let closed = try test.store.perform { writer throws(StoreError) in try writer.disableStream(of: key) }
        #expect(closed.shards[0].endingPosition == 1)
        let after = try test.store.perform { writer throws(StoreError) in
            try writer.appendChange(Self.change, key: [1], in: key)
        }
        #expect(after == nil)
        #expect(try test.records(place.shard).count == 1)
    }

    @Test("Each enabling makes a new stream; a disabled one stays for 24 h")
    func streams() throws {
        let test = try TestStore()
        let table = try Self.make(test)
        let key = table.key
        #expect(throws: StoreError.self) {
            try test.store.perform { writer throws(StoreError) in
                try writer.enableStream(of: key, view: .keysOnly)
            }
        }
        let first = try test.store.perform { writer throws(StoreError) in try writer.disableStream(of: key) }
        #expect(throws: StoreError.self) {
            try test.store.perform { writer throws(StoreError) in try writer.disableStream(of: key) }
        }
        let second = try test.store.perform { writer throws(StoreError) in
            try writer.enableStream(of: key, view: .keysOnly)
        }
        #expect(first.arn != second.arn)
        #expect(test.store.catalog.table(key)?.latestStream == second.key)
        #expect(
            test.store.catalog.snapshot.tableStreams(in: Location(), tableNamed: "T").map(\.key) == [
                first.key, second.key,
            ])
        test.clock.advance(.seconds(86_400))
        try test.reopen()
        try test.store.sweep()
        #expect(test.store.catalog.snapshot.tableStreams(in: Location()).map(\.key) == [second.key])
    }

    @Test("A deleted table takes its items along and leaves its stream readable")
    func deleted() throws {
        let test = try TestStore()
        let table = try Self.make(test)
        let key = table.key
        let place = try test.store.perform { writer throws(StoreError) in
            for number in 0..<1_200 {
                try writer.putItem([1], key: [UInt8(number >> 8), UInt8(number & 255)], in: key)
            }
            return try writer.appendChange(Self.change, key: [1], in: key)
        }
        try test.store.perform { writer throws(StoreError) in try writer.deleteTable(key) }
        #expect(test.store.catalog.table(named: "T", in: Location()) == nil)
        #expect(try test.records(try #require(place).shard).count == 1)
        try test.store.sweep()
        #expect(try test.reader.item([0, 1], in: key) == nil)
        let again = try Self.make(test)
        #expect(again.key != key)
        #expect(test.reader.size(of: again.key) == (0, 0))
    }
}
