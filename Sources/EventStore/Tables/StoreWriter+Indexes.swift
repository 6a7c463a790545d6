package import EventModel
import SQLite

extension TableKey {
    /// Where the entries of the table's index with that number are kept: beside items, under keys that no table has.
    ///
    /// - Parameter number: The index's place in the table's list, 0...31.
    package func index(_ number: Int) -> TableKey {
        precondition((0..<32).contains(number), "a table has at most 32 indexes")
        return TableKey(rawValue: -(rawValue << 5 | Int64(number)))
    }
}

extension StoreWriter {
    /// Notes under an entry's key where the item is.
    package func putIndexEntry(
        _ entry: [UInt8], itemKey: [UInt8], in index: TableKey
    ) throws(StoreError) {
        try run("INSERT OR REPLACE INTO item (item_table, key, item) VALUES (?1, ?2, ?3)") { statement in
            statement.bind(1, index.rawValue)
            statement.bind(2, entry)
            statement.bind(3, itemKey)
        }
    }

    package func deleteIndexEntry(_ entry: [UInt8], in index: TableKey) throws(StoreError) {
        try run("DELETE FROM item WHERE item_table = ?1 AND key = ?2") { statement in
            statement.bind(1, index.rawValue)
            statement.bind(2, entry)
        }
    }
}
