import EventModel
import EventStore
import Foundation
import SQLite
import Testing

@Suite("Opening a data directory")
struct OpeningTests {
    private static func open(_ directory: String) throws -> EventStore {
        try EventStore.open(
            directory: directory, durability: .full, now: { Timestamp(millisecondsSinceEpoch: 1) })
    }

    @Test("A second daemon on the same directory is refused, and told the process that has it")
    func locked() throws {
        let test = try TestStore()
        let error = #expect(throws: StoreError.self) { try Self.open(test.directory) }
        #expect(error == .locked(directory: test.directory, pid: Int(getpid())))
        #expect(error?.description.contains("process \(getpid())") == true)
    }

    @Test("A closed directory can be opened again, and identifiers stay what they were")
    func reopened() throws {
        let test = try TestStore()
        let queue = try test.makeQueue { $0.bookkeeping = ["Policy": "{}"] }
        let sent = try test.send(["a"], to: queue)
        let definition = test.store.catalog.queue(queue)
        let receipt = try test.receive(queue)[0].message.receipt.text
        try test.reopen()
        #expect(test.store.catalog.queue(queue) == definition)
        #expect(test.store.receipt(receipt)?.position == sent[0].position)
        test.clock.advance(.seconds(30))
        let again = try test.receive(queue)
        #expect(again.map(\.message.messageID) == sent.map(\.messageID))
        #expect(again.map(\.message.receiveCount) == [2])
    }

    @Test("A file of a newer Millrace is refused and not touched")
    func newer() throws {
        let directory = TestStore.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try Self.open(directory).close()
        let connection = try Connection(path: directory + "/millrace.db", access: .readWrite)
        try connection.execute("PRAGMA user_version = 99")
        #expect(throws: StoreError.newerFile(found: 99, supported: 15)) { try Self.open(directory) }
    }

    @Test("A file that is no database is refused with what to do")
    func corrupt() throws {
        let directory = TestStore.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try String(repeating: "garbage ", count: 4_000).write(
            toFile: directory + "/millrace.db", atomically: true, encoding: .utf8)
        let error = #expect(throws: StoreError.self) { try Self.open(directory) }
        guard case .corrupt(let what) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(what.contains("millrace.db"))
        #expect(error?.description.contains("backup") == true)
    }

    @Test("A directory that cannot be made is told by its path")
    func impossible() throws {
        let file = TestStore.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "a file".write(toFile: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: StoreError.self) { try Self.open(file + "/data") }
        #expect(error?.description.contains(file) == true)
    }

    @Test(
        "A read-only directory is refused with what to do",
        .enabled(if: getuid() != 0, "root may write everywhere"))
    func readOnly() throws {
        let directory = TestStore.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o555])
        #expect(throws: StoreError.readOnly(path: directory + "/lock")) { try Self.open(directory) }
    }

    @Test("Damage in the file is found on demand")
    func integrity() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        try test.append((0..<500).map { _ in String(repeating: "x", count: 500) }, to: stream)
        try test.store.checkIntegrity()
        try test.store.close()
        let handle = try #require(FileHandle(forUpdatingAtPath: test.directory + "/millrace.db"))
        try handle.seek(toOffset: 8_192 * 30)
        try handle.write(contentsOf: [UInt8](repeating: 0x5a, count: 8_192))
        try handle.close()
        let damaged = try TestStore(opening: test.directory, clock: test.clock)
        #expect(throws: StoreError.self) { try damaged.store.checkIntegrity() }
    }
}
