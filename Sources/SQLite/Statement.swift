import CSQLite

/// A compiled statement of one connection; bind, step through its rows, reset.
///
/// Parameters count from 1, columns from 0. Everything bound or read by pointer is valid until the next `step` or
/// `reset`, see https://www.sqlite.org/c3ref/column_blob.html.
package final class Statement {
    private let handle: OpaquePointer
    /// Keeps the connection open for as long as its statements live.
    private let connection: Connection

    init(handle: OpaquePointer, connection: Connection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    /// Goes to the next row; false when there is none.
    package func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = connection.lastError(sql: sql)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs a statement that returns no rows, and makes it ready for the next run.
    package func run() throws(SQLiteError) {
        while try step() {}
        sqlite3_reset(handle)
    }

    /// Ends the walk through rows, which also ends the read transaction that it held open.
    package func reset() { sqlite3_reset(handle) }

    private var sql: String { sqlite3_sql(handle).map { String(cString: $0) } ?? "" }
}

// MARK: - Parameters

extension Statement {
    package func bind(_ index: Int32, _ value: Int64) {
        check(sqlite3_bind_int64(handle, index, value))
    }

    package func bind(_ index: Int32, _ value: Int64?) {
        if let value { bind(index, value) } else { bindNull(index) }
    }

    package func bind(_ index: Int32, _ value: Double) {
        check(sqlite3_bind_double(handle, index, value))
    }

    package func bindNull(_ index: Int32) { check(sqlite3_bind_null(handle, index)) }

    package func bind(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 { bytes in
            let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
            // A nil pointer would bind NULL instead of the empty text.
            if let start {
                check(millrace_sqlite_bind_text(handle, index, start, Int32(bytes.count)))
            } else {
                check(millrace_sqlite_bind_text(handle, index, "", 0))
            }
        }
    }

    package func bind(_ index: Int32, _ text: String?) {
        if let text { bind(index, text) } else { bindNull(index) }
    }

    /// Binds a blob that SQLite copies.
    package func bind(_ index: Int32, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes {
            check(millrace_sqlite_bind_copy(handle, index, $0.baseAddress, Int32($0.count)))
        }
    }

    /// Binds a blob without copying; the caller keeps the bytes in place until the statement has run.
    package func bind(_ index: Int32, borrowing bytes: UnsafeRawBufferPointer) {
        check(millrace_sqlite_bind_borrowed(handle, index, bytes.baseAddress, Int32(bytes.count)))
    }

    /// A bind fails only for a wrong index, a statement in use, or a value over SQLite's limit: bugs of ours.
    private func check(_ result: Int32) {
        precondition(
            result == SQLITE_OK, "a parameter that the statement has, between runs, within SQLite's limits")
    }
}

// MARK: - Columns

extension Statement {
    /// 0 for NULL.
    package func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// 0 for NULL.
    package func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// The bytes of a blob or text, empty for NULL; valid until the next `step` or `reset`.
    package func bytes(_ column: Int32) -> UnsafeBufferPointer<UInt8> {
        let start = sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return UnsafeBufferPointer(
            start: start?.assumingMemoryBound(to: UInt8.self), count: start == nil ? 0 : count)
    }

    package func array(_ column: Int32) -> [UInt8] { Array(bytes(column)) }

    /// Empty for NULL.
    package func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

    package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
}
