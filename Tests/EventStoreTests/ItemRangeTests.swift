import EventModel
import EventStore
import Testing

@Suite("Reading a table in the order of its keys")
struct ItemRangeTests {
    private static func table(_ test: TestStore, _ name: String) throws -> TableKey {
        let definition = TableDefinition(
            key: TableKey(rawValue: 0), id: name, name: name, location: Location(),
            hashKey: .init(name: "pk", type: "S"), rangeKey: nil, isOnDemand: true, readCapacityUnits: 0,
            writeCapacityUnits: 0, isDeletionProtected: false, tags: [:],
            createdAt: Timestamp(millisecondsSinceEpoch: 0), latestStream: nil)
        return try test.store.perform { writer throws(StoreError) in
            try writer.createTable(definition, view: nil).key
        }
    }

    private static func keys(
        _ test: TestStore, _ table: TableKey, _ range: ItemKeyRange, descending: Bool = false,
        limit: Int = .max
    ) throws -> [[UInt8]] {
        var keys: [[UInt8]] = []
        try test.reader.items(in: table, range, descending: descending) { key, item in
            #expect(item.count == key.count)
            keys.append((0..<key.count).map { key[$0] })
            return keys.count < limit
        }
        return keys
    }

    @Test("A range gives its keys and no others, in both directions, whatever other tables hold")
    func ranges() throws {
        let test = try TestStore()
        let (table, other) = (try Self.table(test, "one"), try Self.table(test, "two"))
        let all: [[UInt8]] = [[0], [0, 0], [0, 255], [1], [1, 255], [1, 255, 255], [2], [8, 255]]
        try test.store.perform { writer throws(StoreError) in
            for key in all.reversed() {
                try writer.putItem(key, key: key, in: table)
                try writer.putItem(key, key: key, in: other)
            }
        }
        let bounds: [[UInt8]] = all + [[], [0, 1], [3], [9]]
        for lower in bounds {
            for upper in bounds.map(Optional.some) + [nil] {
                let expected = all.filter { key in
                    !key.lexicographicallyPrecedes(lower)
                        && (upper.map { key.lexicographicallyPrecedes($0) } ?? true)
                }
                let range = ItemKeyRange(from: lower, to: upper)
                #expect(try Self.keys(test, table, range) == expected)
                #expect(try Self.keys(test, table, range, descending: true) == expected.reversed())
            }
        }
        #expect(try Self.keys(test, table, ItemKeyRange(), limit: 3) == Array(all.prefix(3)))
    }

    @Test("A prefix has an end of its own, even when it ends with the largest bytes")
    func prefixes() {
        #expect(ItemKeyRange(prefix: [1, 2]).upper == [1, 3])
        #expect(ItemKeyRange(prefix: [1, 255]).upper == [2])
        #expect(ItemKeyRange(prefix: [255]).upper == nil)
        #expect(ItemKeyRange.behind([1]) == [1, 0])
    }

    @Test("A token is known for ten minutes, where it was given, also behind a restart")
    func tokens() throws {
        let test = try TestStore()
        let elsewhere = Location(account: "000000000001", region: "us-east-1")
        try test.store.perform { writer throws(StoreError) in
            #expect(try writer.digest(ofToken: "t", in: Location()) == nil)
            try writer.keep(token: "t", digest: [1], in: Location())
        }
        try test.reopen()
        test.clock.advance(.seconds(599))
        try test.store.perform { writer throws(StoreError) in
            #expect(try writer.digest(ofToken: "t", in: Location()) == [1])
            #expect(try writer.digest(ofToken: "t", in: elsewhere) == nil)
        }
        test.clock.advance(.seconds(1))
        try test.store.perform { writer throws(StoreError) in
            #expect(try writer.digest(ofToken: "t", in: Location()) == nil)
            try writer.keep(token: "t", digest: [2], in: Location())
            #expect(try writer.digest(ofToken: "t", in: Location()) == [2])
        }
    }

    @Test("Indexes and time to live come back from the file; entries go with their table")
    func indexes() throws {
        let test = try TestStore()
        let location = Location()
        let day = TableDefinition.KeyAttribute(name: "day", type: "N")
        var definition = TableDefinition(
            key: TableKey(rawValue: 0), id: "T", name: "T", location: location,
            hashKey: .init(name: "pk", type: "S"), rangeKey: nil, isOnDemand: true, readCapacityUnits: 0,
            writeCapacityUnits: 0, isDeletionProtected: false, tags: [:],
            createdAt: Timestamp(millisecondsSinceEpoch: 0), latestStream: nil)
        let projections: [SecondaryIndex.Projection] = [.all, .keysOnly, .include(["a", "b"])]
        definition.indexes = projections.enumerated().map { number, projection in
            SecondaryIndex(
                name: "i\(number)", isGlobal: number > 0, hashKey: definition.hashKey,
                rangeKey: number == 2 ? nil : day, projection: projection, readCapacityUnits: number,
                writeCapacityUnits: 7)
        }
        let wanted = definition.indexes
        let made = definition
        let key = try test.store.perform { writer throws(StoreError) in
            var table = try writer.createTable(made, view: nil)
            table.timeToLiveAttribute = "until"
            _ = try writer.updateTable(table)
            try writer.putIndexEntry([1], itemKey: [2], in: table.key.index(0))
            try writer.putIndexEntry([1], itemKey: [3], in: table.key.index(2))
            try writer.deleteIndexEntry([1], in: table.key.index(0))
            return table.key
        }
        try test.reopen()
        let found = try #require(test.store.catalog.table(named: "T", in: location))
        #expect(found.indexes == wanted)
        #expect(found.timeToLiveAttribute == "until")
        func entries(_ number: Int) throws -> Int {
            var count = 0
            try test.reader.items(in: key.index(number), ItemKeyRange()) { _, _ in
                count += 1
                return true
            }
            return count
        }
        #expect(try [entries(0), entries(1), entries(2)] == [0, 0, 1])
        #expect(test.reader.size(of: key) == (0, 0))
        #expect(
            Set((0..<32).map { key.index($0) }).isDisjoint(
                with: (0..<32).map { TableKey(rawValue: key.rawValue + 1).index($0) }))
    }
}
