package import EventModel
import SQLite

/// A stretch of a table's canonical keys, from the first one that belongs to it up to the first that does not.
package struct ItemKeyRange: Equatable, Sendable {
    package var lower: [UInt8]
    /// `nil` for the table's end.
    package var upper: [UInt8]?

    package init(from lower: [UInt8] = [], to upper: [UInt8]? = nil) {
        self.lower = lower
        self.upper = upper
    }

    /// All keys that begin so.
    package init(prefix: [UInt8]) {
        self.init(from: prefix, to: Self.behind(prefix: prefix))
    }

    /// The smallest key that is larger.
    package static func behind(_ key: [UInt8]) -> [UInt8] { key + [0] }

    /// The smallest key that is larger than all that begin so; `nil` when there is none.
    package static func behind(prefix: [UInt8]) -> [UInt8]? {
        guard let last = prefix.lastIndex(where: { $0 != 0xff }) else { return nil }
        return prefix[..<last] + [prefix[last] + 1]
    }
}

extension StoreReader {
    /// Visits the items of a range in the order of their canonical keys, or against it.
    ///
    /// - Parameter visit: Key and stored bytes; spans are valid during the call. False stops behind it.
    package func items(
        in table: TableKey, _ range: ItemKeyRange, descending: Bool = false,
        _ visit: (_ key: Span<UInt8>, _ item: Span<UInt8>) -> Bool
    ) throws(StoreError) {
        let statement =
            descending
            ? try statement(
                """
                SELECT key, item FROM item WHERE item_table = ?1 AND key >= ?2 AND key < ?3
                ORDER BY key DESC
                """)
            : try statement(
                """
                SELECT key, item FROM item WHERE item_table = ?1 AND key >= ?2 AND key < ?3 ORDER BY key
                """)
        try storeErrors { () throws(SQLiteError) in
            statement.bind(1, table.rawValue)
            statement.bind(2, range.lower)
            // Keys begin with the length of a hash key, which is never so large.
            statement.bind(3, range.upper ?? [0xff])
            defer { statement.reset() }
            while try statement.step() {
                let key = statement.bytes(0)
                let item = statement.bytes(1)
                guard visit(key.span, item.span) else { break }
            }
        }
    }
}

extension StoreReader {
    /// The stored bytes of several items at one moment, `nil` for those that do not exist.
    package func items(_ places: [(key: [UInt8], table: TableKey)]) throws(StoreError) -> [[UInt8]?] {
        try asOneRead { () throws(StoreError) in
            var items: [[UInt8]?] = []
            for place in places { items.append(try item(place.key, in: place.table)) }
            return items
        }
    }
}
