import CSQLite

/// One connection to one database file, used by one thread at a time.
package final class Connection {
    package enum Access: Equatable, Sendable {
        case readOnly
        /// Creates the file when it is not there.
        case readWrite
    }

    private let handle: OpaquePointer
    /// Pages in the log after the last commit of this connection.
    package private(set) var logPages = 0

    /// SQLite's process-wide settings, made once, before the first connection.
    private static let isConfigured: Bool = millrace_sqlite_configure() == SQLITE_OK

    package init(path: String, access: Access) throws(SQLiteError) {
        _ = Connection.isConfigured
        // Each connection stays with one thread, so it needs no lock of its own.
        let flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let mode = access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(path, &opened, flags | mode, nil)
        guard result == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteError(extendedCode: result, message: message)
        }
        handle = opened
    }

    deinit { sqlite3_close_v2(handle) }

    /// Compiles one statement.
    package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var statement: OpaquePointer?
        let result = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard result == SQLITE_OK, let statement else { throw lastError(sql: sql) }
        return Statement(handle: statement, connection: self)
    }

    /// Runs any number of statements without parameters; rows are ignored.
    package func execute(_ sql: String) throws(SQLiteError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw lastError(sql: sql) }
    }

    /// The first column of the first row.
    package func scalar(_ sql: String) throws(SQLiteError) -> String? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : nil
    }

    func lastError(sql: String) -> SQLiteError {
        SQLiteError(
            extendedCode: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)),
            sql: sql)
    }
}

// MARK: - Transactions and the log

extension Connection {
    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Rows inserted, changed and deleted since the connection was opened.
    package var totalChanges: Int64 { sqlite3_total_changes64(handle) }

    /// Rows that the last statement inserted, changed or deleted.
    package var changes: Int64 { sqlite3_changes64(handle) }

    /// The key of the row that the last `INSERT` made.
    package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Waits this long for locks of other connections before a call fails.
    package func waitForLocks(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

    /// Keeps `logPages` up to date, and takes the place of automatic checkpoints
    /// (https://www.sqlite.org/c3ref/wal_hook.html).
    package func trackLog() {
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().logPages = Int(pages)
                return SQLITE_OK
            },
            // The connection outlives its own handle's hook.
            Unmanaged.passUnretained(self).toOpaque())
    }

    package enum CheckpointMode: Sendable {
        /// Moves what no reader needs in the log; waits for nobody.
        case passive
        /// Moves everything and empties the log; waits for readers as `waitForLocks` says.
        case truncate
    }

    /// Moves pages from the log into the file (https://www.sqlite.org/c3ref/wal_checkpoint_v2.html).
    package func checkpoint(_ mode: CheckpointMode) throws(SQLiteError) {
        let number = mode == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE
        let result = sqlite3_wal_checkpoint_v2(handle, nil, number, nil, nil)
        logPages = 0
        guard result == SQLITE_OK else { throw lastError(sql: "wal_checkpoint") }
    }
}
