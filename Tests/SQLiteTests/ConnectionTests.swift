import Foundation
import SQLite
import Testing

@Suite("A connection")
struct ConnectionTests {
    private static func path() -> String {
        NSTemporaryDirectory() + "/millrace-sqlite-\(UUID().uuidString).db"
    }

    private static func open(_ path: String) throws -> Connection {
        try Connection(path: path, access: .readWrite)
    }

    private static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] {
            // Files that were never made cannot be removed.
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    @Test("Values come back as they were bound")
    func roundTrip() throws {
        let path = Self.path()
        defer { Self.remove(path) }
        let connection = try Self.open(path)
        try connection.execute("CREATE TABLE t (a INTEGER, b BLOB, c TEXT, d BLOB) STRICT")
        let insert = try connection.prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4)")
        insert.bind(1, Int64.min)
        insert.bind(2, [UInt8]())
        insert.bind(3, "")
        insert.bindNull(4)
        try insert.run()
        try [UInt8](repeating: 7, count: 5).withUnsafeBytes { bytes in
            insert.bind(1, Int64.max)
            insert.bind(2, borrowing: bytes)
            insert.bind(3, "ü")
            insert.bind(4, borrowing: UnsafeRawBufferPointer(rebasing: bytes[2..<2]))
            try insert.run()
        }
        let rows = try connection.prepare("SELECT a, b, c, d FROM t ORDER BY a")
        #expect(try rows.step())
        #expect(rows.int(0) == .min)
        #expect(rows.array(1).isEmpty && !rows.isNull(1))
        #expect(rows.optionalText(2)?.isEmpty == true)
        #expect(rows.isNull(3) && rows.bytes(3).isEmpty)
        #expect(try rows.step())
        #expect(rows.int(0) == .max)
        #expect(rows.array(1) == [7, 7, 7, 7, 7])
        #expect(rows.text(2) == "ü")
        #expect(!rows.isNull(3))
        #expect(try !rows.step())
        #expect(connection.totalChanges == 2)
    }

    @Test("A failure tells code, message and SQL, and the statement can run again")
    func failure() throws {
        let path = Self.path()
        defer { Self.remove(path) }
        let connection = try Self.open(path)
        try connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
        let insert = try connection.prepare("INSERT INTO t VALUES (?1)")
        insert.bind(1, Int64(1))
        try insert.run()
        insert.bind(1, Int64(1))
        let error = #expect(throws: SQLiteError.self) { try insert.run() }
        #expect(error?.code == 19)
        #expect(error?.sql == "INSERT INTO t VALUES (?1)")
        insert.bind(1, Int64(2))
        try insert.run()
        #expect(try connection.scalar("SELECT count(*) FROM t") == "2")
    }

    @Test("The log's length is known after each commit, and a checkpoint empties it")
    func log() throws {
        let path = Self.path()
        defer { Self.remove(path) }
        let connection = try Self.open(path)
        try connection.execute("PRAGMA journal_mode = WAL")
        connection.trackLog()
        try connection.execute("CREATE TABLE t (a INTEGER)")
        #expect(connection.logPages > 0)
        try connection.checkpoint(.truncate)
        let size = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
        #expect(size == 0)
    }

    @Test("A transaction can be told from none")
    func transaction() throws {
        let path = Self.path()
        defer { Self.remove(path) }
        let connection = try Self.open(path)
        #expect(!connection.isInTransaction)
        try connection.execute("BEGIN IMMEDIATE")
        #expect(connection.isInTransaction)
        try connection.execute("ROLLBACK")
        #expect(!connection.isInTransaction)
    }

    @Test("A file that is no database is refused")
    func garbage() throws {
        let path = Self.path()
        defer { Self.remove(path) }
        try String(repeating: "no database ", count: 1_000).write(
            toFile: path, atomically: true, encoding: .utf8)
        let connection = try Self.open(path)
        let error = #expect(throws: SQLiteError.self) { try connection.scalar("PRAGMA user_version") }
        #expect(error?.code == 26)
    }
}

@Suite("Migrations")
struct MigratorTests {
    private static func open() throws -> Connection { try Connection(path: ":memory:", access: .readWrite) }

    @Test("Steps run once each, in order, and only those that the file lacks")
    func steps() throws {
        let connection = try Self.open()
        let first = "CREATE TABLE t (a INTEGER)"
        #expect(try Migrator(steps: [first]).migrate(connection) == .migrated(from: 0, to: 1))
        let second = "ALTER TABLE t ADD COLUMN b INTEGER; INSERT INTO t VALUES (1, 2)"
        #expect(try Migrator(steps: [first, second]).migrate(connection) == .migrated(from: 1, to: 2))
        #expect(try Migrator(steps: [first, second]).migrate(connection) == .migrated(from: 2, to: 2))
        #expect(try connection.scalar("SELECT b FROM t") == "2")
    }

    @Test("A step that fails leaves nothing of itself")
    func failure() throws {
        let connection = try Self.open()
        let broken = "CREATE TABLE t (a INTEGER); INSERT INTO nowhere VALUES (1)"
        #expect(throws: SQLiteError.self) { try Migrator(steps: [broken]).migrate(connection) }
        #expect(!connection.isInTransaction)
        #expect(try connection.scalar("SELECT count(*) FROM sqlite_schema") == "0")
        #expect(try connection.scalar("PRAGMA user_version") == "0")
    }

    @Test("A newer file is told and not touched")
    func newer() throws {
        let connection = try Self.open()
        try connection.execute("PRAGMA user_version = 3")
        #expect(try Migrator(steps: ["CREATE TABLE t (a)"]).migrate(connection) == .newerFile(found: 3))
        #expect(try connection.scalar("SELECT count(*) FROM sqlite_schema") == "0")
    }
}

@Suite("A monitor between threads")
struct MonitorTests {
    @Test("A waiting thread gets what another one puts in")
    func handover() {
        let box = Monitor<[Int]>([])
        let thread = WorkerThread {
            for number in 1...100 {
                box.update { numbers in
                    numbers.append(number)
                    return true
                }
            }
        }
        var sum = 0
        var count = 0
        while count < 100 {
            let taken = box.wait(atMost: .seconds(60)) { numbers -> [Int]? in
                defer { numbers = [] }
                return numbers.isEmpty ? nil : numbers
            }
            guard let taken else { break }
            count += taken.count
            sum += taken.reduce(0, +)
        }
        thread.join()
        #expect(sum == 5_050)
    }

    @Test("A wait that nothing ends returns nothing when its time is over")
    func timeout() {
        let box = Monitor<Int?>(nil)
        #expect(box.wait(atMost: .milliseconds(1)) { $0 } == nil)
    }
}
