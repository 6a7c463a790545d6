import Glibc
import SQLite

extension StoreError {
    /// Names what a failed call of SQLite means for the user.
    init(_ error: SQLiteError) {
        // The shared memory file is only ever grown; that fails for lack of space.
        if error.extendedCode == StoreError.sharedMemorySizeCode {
            self = .full
            return
        }
        switch error.code {
        case StoreError.fullCode: self = .full
        case StoreError.readOnlyCode: self = .readOnly(path: "The data file")
        case StoreError.inputOutputCode, StoreError.cannotOpenCode: self = .io(error.description)
        case StoreError.corruptCode, StoreError.notADatabaseCode: self = .corrupt(error.message)
        default:
            self = .sqlite(code: Int(error.extendedCode), message: error.message, sql: error.sql)
        }
    }

    private static let sharedMemorySizeCode: Int32 = 10 | 19 << 8

    // https://www.sqlite.org/rescode.html
    private static let readOnlyCode: Int32 = 8
    private static let inputOutputCode: Int32 = 10
    private static let corruptCode: Int32 = 11
    private static let fullCode: Int32 = 13
    private static let cannotOpenCode: Int32 = 14
    private static let notADatabaseCode: Int32 = 26

    /// Names what a failed system call on a path means for the user.
    static func system(_ code: Int32, path: String) -> StoreError {
        switch code {
        case EACCES, EPERM, EROFS: .readOnly(path: path)
        case ENOSPC, EDQUOT: .full
        default: .io("\(path): \(String(cString: strerror(code)))")
        }
    }
}

/// Runs calls of SQLite, turning their error into the store's.
func storeErrors<T>(_ body: () throws(SQLiteError) -> T) throws(StoreError) -> T {
    do throws(SQLiteError) {
        return try body()
    } catch {
        throw StoreError(error)
    }
}
