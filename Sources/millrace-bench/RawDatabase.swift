import CSQLite

/// SQLite by its C API with the pages, durability and rows of Millrace's store: what the store is measured against.
final class RawDatabase {
    enum Durability: String { case full, normal }

    private var handle: OpaquePointer?
    private var statements: [String: OpaquePointer] = [:]

    init(path: String, durability: Durability, pageBytes: Int = 8_192) throws(BenchError) {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK else {
            throw BenchError("cannot open \(path)")
        }
        try run("PRAGMA page_size = \(pageBytes)")
        try run("PRAGMA journal_mode = WAL")
        try run("PRAGMA synchronous = \(durability.rawValue)")
        try run("PRAGMA wal_autocheckpoint = 4000")
        try run("PRAGMA cache_size = -65536")
        try run(
            """
            CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, message_id BLOB NOT NULL,
            sent_ms INTEGER NOT NULL, body_md5 BLOB NOT NULL, body BLOB NOT NULL)
            """)
        try run(
            """
            CREATE TABLE IF NOT EXISTS stream_record (id INTEGER PRIMARY KEY, arrival_ms INTEGER NOT NULL,
            partition_key BLOB NOT NULL, data BLOB NOT NULL)
            """)
        try run(
            "CREATE TABLE IF NOT EXISTS checkpoint (shard INTEGER PRIMARY KEY, position INTEGER NOT NULL)")
        try run(
            """
            CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY, visible_ms INTEGER NOT NULL,
            receive_count INTEGER NOT NULL, message_id BLOB NOT NULL, sent_ms INTEGER NOT NULL,
            body_md5 BLOB NOT NULL, body BLOB NOT NULL)
            """)
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    func run(_ sql: String) throws(BenchError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure(sql) }
    }

    func begin() throws(BenchError) { try step(prepared("BEGIN IMMEDIATE")) }
    func commit() throws(BenchError) { try step(prepared("COMMIT")) }

    func insertMessage(id: Int64, body: [UInt8]) throws(BenchError) {
        let insert = try prepared("INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?5)")
        sqlite3_bind_int64(insert, 1, id)
        sqlite3_bind_int64(insert, 3, 1_700_000_000_000)
        try bind(body, sixteenBytesAt: [2, 4], bodyAt: 5, in: insert)
    }

    func insertRecord(id: Int64, data: [UInt8]) throws(BenchError) {
        let insert = try prepared("INSERT INTO stream_record VALUES (?1, ?2, ?3, ?4)")
        sqlite3_bind_int64(insert, 1, id)
        sqlite3_bind_int64(insert, 2, 1_700_000_000_000)
        try bind(data, sixteenBytesAt: [3], bodyAt: 4, in: insert)
    }

    private func bind(
        _ body: [UInt8], sixteenBytesAt columns: [Int32], bodyAt column: Int32, in insert: OpaquePointer
    ) throws(BenchError) {
        let code = body.withUnsafeBufferPointer { bytes in
            for sixteen in columns { sqlite3_bind_blob(insert, sixteen, bytes.baseAddress, 16, nil) }
            sqlite3_bind_blob(insert, column, bytes.baseAddress, Int32(bytes.count), nil)
            return sqlite3_step(insert)
        }
        sqlite3_reset(insert)
        guard code == SQLITE_DONE else { throw failure("INSERT") }
    }

    func deleteMessages(_ range: ClosedRange<Int64>) throws(BenchError) {
        let delete = try prepared("DELETE FROM message WHERE id = ?1")
        for id in range {
            sqlite3_bind_int64(delete, 1, id)
            try step(delete)
        }
    }

    func insertWaiting(id: Int64, body: [UInt8]) throws(BenchError) {
        let insert = try prepared("INSERT INTO waiting VALUES (?1, 0, 0, ?2, ?3, ?4, ?5)")
        sqlite3_bind_int64(insert, 1, id)
        sqlite3_bind_int64(insert, 3, 1_700_000_000_000)
        try bind(body, sixteenBytesAt: [2, 4], bodyAt: 5, in: insert)
    }

    /// Hides the first `count` visible rows in a transaction of its own; their ids, and their bodies during `visit`.
    func claim(
        _ count: Int, _ visit: (UnsafeBufferPointer<UInt8>) -> Void
    ) throws(BenchError) -> [Int64] {
        let update = try prepared(
            """
            UPDATE waiting SET visible_ms = ?1, receive_count = receive_count + 1
            WHERE id IN (SELECT id FROM waiting WHERE visible_ms <= ?2 ORDER BY id LIMIT ?3) RETURNING id, body
            """)
        sqlite3_bind_int64(update, 1, 1_700_000_030_000)
        sqlite3_bind_int64(update, 2, 1_700_000_000_000)
        sqlite3_bind_int64(update, 3, Int64(count))
        var ids: [Int64] = []
        ids.reserveCapacity(count)
        var code = sqlite3_step(update)
        while code == SQLITE_ROW {
            ids.append(sqlite3_column_int64(update, 0))
            let bytes = sqlite3_column_blob(update, 1)?.assumingMemoryBound(to: UInt8.self)
            visit(UnsafeBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(update, 1))))
            code = sqlite3_step(update)
        }
        sqlite3_reset(update)
        guard code == SQLITE_DONE else { throw failure("UPDATE") }
        return ids
    }

    func deleteWaiting(_ ids: [Int64]) throws(BenchError) {
        let delete = try prepared("DELETE FROM waiting WHERE id = ?1")
        for id in ids {
            sqlite3_bind_int64(delete, 1, id)
            try step(delete)
        }
    }

    func checkpoint(_ position: Int64) throws(BenchError) {
        let upsert = try prepared("INSERT OR REPLACE INTO checkpoint VALUES (1, ?1)")
        sqlite3_bind_int64(upsert, 1, position)
        try step(upsert)
    }

    /// Visits up to `limit` rows behind `id`: their ids and the bytes of their last column, valid during the call.
    func read(
        _ table: String, after id: Int64, limit: Int, _ visit: (Int64, UnsafeBufferPointer<UInt8>) -> Void
    ) throws(BenchError) {
        let column = table == "message" ? "body" : "data"
        let select = try prepared("SELECT id, \(column) FROM \(table) WHERE id > ?1 ORDER BY id LIMIT ?2")
        sqlite3_bind_int64(select, 1, id)
        sqlite3_bind_int64(select, 2, Int64(limit))
        while sqlite3_step(select) == SQLITE_ROW {
            let bytes = sqlite3_column_blob(select, 1)?.assumingMemoryBound(to: UInt8.self)
            let count = Int(sqlite3_column_bytes(select, 1))
            visit(sqlite3_column_int64(select, 0), UnsafeBufferPointer(start: bytes, count: count))
        }
        sqlite3_reset(select)
    }

    private func prepared(_ sql: String) throws(BenchError) -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        var statement: OpaquePointer?
        guard
            sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
                == SQLITE_OK,
            let statement
        else { throw failure(sql) }
        statements[sql] = statement
        return statement
    }

    private func step(_ statement: OpaquePointer) throws(BenchError) {
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw failure("step") }
    }

    private func failure(_ sql: String) -> BenchError {
        BenchError("SQLite: \(String(cString: sqlite3_errmsg(handle))) (\(sql.prefix(60)))")
    }
}
