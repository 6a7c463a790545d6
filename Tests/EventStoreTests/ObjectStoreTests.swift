import EventModel
@testable import EventStore
import Foundation
import Testing

@Suite("Buckets and objects in the store")
struct ObjectStoreTests {
    private static let refusal = StoreError.conflict("refused")

    @Test("Objects, uploads and buckets are there after a restart")
    func reopened() throws {
        let test = try TestStore()
        let bucket = try test.makeBucket()
        let object = try test.put("k", "content", in: bucket)
        try test.store.perform { writer throws(StoreError) in
            try writer.createUpload(id: "u", key: "large", in: bucket, facts: ObjectFacts())
        }
        try test.reopen()
        #expect(test.store.catalog.bucket(named: "b") == bucket)
        #expect(try test.reader.object("k", in: bucket) == object)
        #expect(try test.content(of: object) == "content")
        #expect(try test.reader.upload("u", key: "large", in: bucket) != nil)
        #expect(try test.reader.upload("u", key: "other", in: bucket) == nil)
    }

    @Test("A bucket with objects is not deleted")
    func notEmpty() throws {
        let test = try TestStore()
        let bucket = try test.makeBucket()
        try test.put("k", "content", in: bucket)
        #expect(throws: StoreError.conflict("Bucket b is not empty.")) {
            try test.store.perform { writer throws(StoreError) in try writer.deleteBucket("b") }
        }
        #expect(test.store.catalog.bucket(named: "b") != nil)
    }

    @Test("A file stays until the commit that ends its object, and not longer")
    func replaced() throws {
        let test = try TestStore()
        let bucket = try test.makeBucket()
        let old = try test.put("k", "old", in: bucket)
        #expect(throws: Self.refusal) {
            try test.store.perform { writer throws(StoreError) in
                guard try writer.object("k", in: bucket) == nil else { throw Self.refusal }
            }
        }
        #expect(test.files == old.files.map(\.name))
        let new = try test.put("k", "new", in: bucket)
        #expect(test.files == new.files.map(\.name))
    }

    @Test("A group that is lost takes nothing over and removes nothing")
    func lostGroup() throws {
        let test = try TestStore()
        let bucket = try test.makeBucket()
        let old = try test.put("k", "old", in: bucket)
        let file = try test.store.objectFiles.write(Array("new".utf8))
        let outcome = Outcome()
        test.store.submit(takingOver: [file]) { writer throws(StoreError) in
            try writer.putObject(
                StoredObject(
                    key: "k", etag: "", modifiedAt: Timestamp(millisecondsSinceEpoch: 1),
                    facts: ObjectFacts(),
                    files: [file]), in: bucket)
            // Fails in SQLite, which loses the group.
            try writer.run("INSERT INTO bucket (account) VALUES (NULL)") { _ in }
        } completion: { result in
            outcome.put(result.isFailure)
        }
        #expect(outcome.value())
        #expect(test.files == old.files.map(\.name))
        #expect(try test.reader.object("k", in: bucket) == old)
    }

    @Test("Files that belong to no row go at the next start, whole ones and parts of them")
    func orphans() throws {
        let test = try TestStore()
        let bucket = try test.makeBucket()
        let object = try test.put("k", "content", in: bucket)
        // What a crash between the file and its row leaves.
        let orphan = try test.store.objectFiles.write(Array("orphan".utf8))
        let half = test.path(of: object.files[0]) + ".part"
        try "half".write(toFile: half, atomically: false, encoding: .utf8)
        #expect(test.files.count == 3)
        try test.reopen()
        test.awaitSweep()
        #expect(test.files == object.files.map(\.name))
        #expect(!test.files.contains(orphan.name))
        #expect(try test.content(of: object) == "content")
    }

    @Test("A file that waits for its commit is not swept")
    func pending() throws {
        let test = try TestStore()
        let bucket = try test.makeBucket()
        try test.put("k", "content", in: bucket)
        try test.reopen()
        let pending = try test.store.objectFiles.write(Array("pending".utf8))
        test.awaitSweep()
        #expect(test.files.contains(pending.name))
        test.store.objectFiles.discardIfPending(pending)
        #expect(!test.files.contains(pending.name))
    }

    @Test("A body in several files is read across their seams")
    func seams() throws {
        let test = try TestStore()
        let files = try ["abc", "", "def", "ghi"].map { try test.store.objectFiles.write(Array($0.utf8)) }
        let all = Array("abcdefghi".utf8)
        for first in 0...all.count {
            for end in first...all.count {
                let bytes = try test.store.objectFiles.read(files, from: first, count: end - first)
                #expect(bytes == Array(all[first..<end]))
            }
        }
        test.store.objectFiles.discardIfPending(files[2])
        #expect(throws: StoreError.notFound("The file of an object")) {
            try test.store.objectFiles.read(files, from: 2, count: 3)
        }
    }

    @Test("A file that lost its end is damage, not data")
    func shortFile() throws {
        let test = try TestStore()
        let file = try test.store.objectFiles.write(Array("content".utf8))
        #expect(truncate(test.path(of: file), 3) == 0)
        let error = #expect(throws: StoreError.self) {
            try test.store.objectFiles.read([file], from: 0, count: 7)
        }
        guard case .corrupt = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

/// Carries an answer from the writer to the test.
private final class Outcome: @unchecked Sendable {
    // Unchecked because the semaphore orders the one write before the one read.
    private let isThere = DispatchSemaphore(value: 0)
    private var answer = false

    func put(_ value: Bool) {
        answer = value
        isThere.signal()
    }

    func value() -> Bool {
        isThere.wait()
        return answer
    }
}

extension Result {
    fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}

extension TestStore {
    func makeBucket(_ name: String = "b") throws -> BucketDefinition {
        try store.perform { writer throws(StoreError) in
            try writer.createBucket(name, in: Location())
        }
    }

    @discardableResult
    func put(_ key: String, _ content: String, in bucket: BucketDefinition) throws -> StoredObject {
        let file = try store.objectFiles.write(Array(content.utf8))
        let object = StoredObject(
            key: key, etag: "e", modifiedAt: now, facts: ObjectFacts(headers: ["content-type": "a/b"]),
            files: [file])
        try store.perform { writer throws(StoreError) in try writer.putObject(object, in: bucket) }
        return object
    }

    func content(of object: StoredObject) throws -> String {
        let bytes = try store.objectFiles.read(object.files, from: 0, count: object.size)
        return String(decoding: bytes, as: UTF8.self)
    }

    func path(of file: ObjectFile) -> String { "\(directory)/objects/\(file.name.prefix(2))/\(file.name)" }

    /// Names of the files of bodies on the disk.
    var files: [String] {
        let all = FileManager.default.enumerator(atPath: directory + "/objects")?.allObjects ?? []
        return all.compactMap { $0 as? String }.filter { $0.contains("/") }.compactMap {
            $0.split(separator: "/").last.map(String.init)
        }
    }

    /// Waits until the walk that began with the start has looked at every folder.
    func awaitSweep() {
        let done = DispatchSemaphore(value: 0)
        store.whenObjectsAreSwept { done.signal() }
        done.wait()
    }
}
