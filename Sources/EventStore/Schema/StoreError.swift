/// Why the store refused or failed; the description says what to do.
package enum StoreError: Error, Equatable, CustomStringConvertible {
    /// The disk that holds the data directory is full; reads go on, writes succeed again once there is space.
    case full
    /// The data directory or its file cannot be written.
    case readOnly(path: String)
    case io(String)
    case corrupt(String)
    /// A newer Millrace wrote the file.
    case newerFile(found: Int, supported: Int)
    /// Another daemon uses the data directory.
    case locked(directory: String, pid: Int?)
    case sqlite(code: Int, message: String, sql: String)
    /// Names what is missing, ready to be shown.
    case notFound(String)
    /// Names what stands in the way, ready to be shown.
    case conflict(String)
    /// A bound of the store is reached (keys, shards, …).
    case limit(String)
    /// The store was closed before the operation ran.
    case closed

    package var description: String {
        switch self {
        case .full:
            "The disk is full: nothing of this call was stored. Free some space on the data directory's disk and repeat it."
        case .readOnly(let path):
            "\(path) cannot be written. Give Millrace's user the right to write there, or choose another --data directory."
        case .io(let what):
            "The data directory cannot be read or written (\(what)). Check the disk."
        case .corrupt(let what):
            "The data file is damaged (\(what)). Stop Millrace, keep a copy of the directory, and restore a backup "
                + "or try `sqlite3 FILE .recover`."
        case .newerFile(let found, let supported):
            "The data file has format \(found), this Millrace knows formats up to \(supported). Use a newer Millrace."
        case .locked(let directory, let pid):
            "\(directory) is in use by another Millrace\(pid.map { " (process \($0))" } ?? ""). "
                + "Stop it, or choose another --data directory."
        case .sqlite(let code, let message, let sql):
            "SQLite failed with code \(code): \(message)\(sql.isEmpty ? "" : " in: \(sql)")"
        case .notFound(let what): "\(what) does not exist."
        case .conflict(let what): what
        case .limit(let what): what
        case .closed: "The store is closed."
        }
    }
}

/// What an acknowledgement promises.
package enum Durability: String, Sendable {
    /// Acknowledged work survives power loss (`synchronous=FULL`).
    case full
    /// Acknowledged work survives a crash of Millrace, not necessarily a power loss (`synchronous=NORMAL`).
    case normal
}
