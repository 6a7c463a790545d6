/// A call of SQLite that failed. Bound values are not part of it.
package struct SQLiteError: Error, Equatable, CustomStringConvertible {
    /// The extended result code (https://www.sqlite.org/rescode.html).
    package let extendedCode: Int32
    package let message: String
    package let sql: String

    package init(extendedCode: Int32, message: String, sql: String = "") {
        self.extendedCode = extendedCode
        self.message = message
        self.sql = sql
    }

    /// The low byte, which tells the kind.
    package var code: Int32 { extendedCode & 0xff }

    package var description: String {
        "SQLite error \(extendedCode): \(message)\(sql.isEmpty ? "" : " in: \(sql)")"
    }
}
