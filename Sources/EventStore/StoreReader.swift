package import EventModel
import SQLite
import Synchronization

/// Reads of one thread over its own connection; each call sees everything committed before it began.
package final class StoreReader {
    let store: EventStore
    private let connection: Connection
    private var statements: [UnsafePointer<UInt8>: Statement] = [:]

    init(store: EventStore, connection: Connection) {
        self.store = store
        self.connection = connection
    }

    /// A compiled statement, kept for ever; literal statements have one address each.
    func statement(_ sql: StaticString) throws(StoreError) -> Statement {
        if let known = statements[sql.utf8Start] { return known }
        let made = try storeErrors { () throws(SQLiteError) in try connection.prepare(sql.description) }
        statements[sql.utf8Start] = made
        return made
    }

    /// Runs reads that all see the store at one moment.
    func asOneRead<T>(_ reads: () throws(StoreError) -> T) throws(StoreError) -> T {
        try storeErrors { () throws(SQLiteError) in try connection.execute("BEGIN") }
        let result: T
        do throws(StoreError) {
            result = try reads()
        } catch {
            // The error that is told is the read's; a transaction that only read has nothing to lose.
            try? connection.execute("ROLLBACK")
            throw error
        }
        try storeErrors { () throws(SQLiteError) in try connection.execute("COMMIT") }
        return result
    }
}

// MARK: - Tables

extension StoreReader {
    package func item(_ key: [UInt8], in table: TableKey) throws(StoreError) -> [UInt8]? {
        let statement = try statement("SELECT item FROM item WHERE item_table = ?1 AND key = ?2")
        return try storeErrors { () throws(SQLiteError) in
            statement.bind(1, table.rawValue)
            statement.bind(2, key)
            defer { statement.reset() }
            return try statement.step() ? statement.array(0) : nil
        }
    }

    /// Items and their stored bytes; zeros when the table is gone. Cheap.
    package func size(of table: TableKey) -> (items: Int, bytes: Int) {
        let tally = store.tableSizes.withLock { $0[table] }
        return (tally?.itemCount ?? 0, tally?.byteCount ?? 0)
    }
}
