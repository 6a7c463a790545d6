package import EventModel
import SQLite

// MARK: - Buckets

extension StoreWriter {
    /// - Throws: `.conflict` when the name is taken.
    package func createBucket(_ name: String, in location: Location) throws(StoreError) -> BucketDefinition {
        guard definitions.buckets[name] == nil else { throw .conflict("Bucket \(name) exists already.") }
        let moment = now
        let row = try insert(
            "INSERT INTO bucket (account, region, name, created_ms) VALUES (?1, ?2, ?3, ?4)"
        ) { statement in
            statement.bind(1, location.account)
            statement.bind(2, location.region)
            statement.bind(3, name)
            statement.bind(4, moment.millisecondsSinceEpoch)
        }
        let bucket = BucketDefinition(key: row, name: name, location: location, createdAt: moment)
        changeDefinitions { $0.buckets[name] = bucket }
        return bucket
    }

    package func isEmpty(_ bucket: BucketDefinition) throws(StoreError) -> Bool {
        let statement = try statement("SELECT 1 FROM object WHERE bucket = ?1 LIMIT 1")
        return try attempt { () throws(SQLiteError) in
            statement.bind(1, bucket.key)
            defer { statement.reset() }
            return try !statement.step()
        }
    }

    /// Deletes a bucket; uploads that were begun in it are given up.
    ///
    /// - Throws: `.notFound`; `.conflict` when it holds objects.
    package func deleteBucket(_ name: String) throws(StoreError) {
        let bucket = try existing(bucketNamed: name)
        guard try isEmpty(bucket) else { throw .conflict("Bucket \(name) is not empty.") }
        for upload in try uploads(in: bucket) { try removeUpload(upload, keeping: []) }
        try run("DELETE FROM bucket WHERE key = ?1") { $0.bind(1, bucket.key) }
        changeDefinitions { $0.buckets[name] = nil }
    }

    private func existing(bucketNamed name: String) throws(StoreError) -> BucketDefinition {
        guard let bucket = definitions.buckets[name] else { throw .notFound("The bucket \(name)") }
        return bucket
    }
}

// MARK: - Objects

extension StoreWriter {
    package func object(_ key: String, in bucket: BucketDefinition) throws(StoreError) -> StoredObject? {
        let statement = try statement(
            "SELECT etag, modified_ms, facts, files FROM object WHERE bucket = ?1 AND key = ?2")
        let row: ObjectRow? = try attempt { () throws(SQLiteError) in
            statement.bind(1, bucket.key)
            statement.bind(2, Array(key.utf8))
            defer { statement.reset() }
            return try statement.step() ? ObjectRow(statement) : nil
        }
        return try row?.object(key)
    }

    /// Puts an object in the place of the one with its key, if there is one. Its files are taken over.
    ///
    /// - Throws: `.notFound` when the bucket is gone.
    package func putObject(_ object: StoredObject, in bucket: BucketDefinition) throws(StoreError) {
        guard definitions.buckets[bucket.name]?.key == bucket.key else {
            throw .notFound("The bucket \(bucket.name)")
        }
        if let old = try self.object(object.key, in: bucket) { try forget(old.files) }
        try run(
            """
            INSERT OR REPLACE INTO object (bucket, key, size, etag, modified_ms, facts, files)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """
        ) { statement in
            statement.bind(1, bucket.key)
            statement.bind(2, Array(object.key.utf8))
            statement.bind(3, Int64(object.size))
            statement.bind(4, object.etag)
            statement.bind(5, object.modifiedAt.millisecondsSinceEpoch)
            statement.bind(6, ObjectCodec.text(object.facts))
            statement.bind(7, ObjectCodec.text(object.files))
        }
        try adopt(object.files)
    }

    /// Deletes an object; false when there was none.
    package func deleteObject(_ key: String, in bucket: BucketDefinition) throws(StoreError) -> Bool {
        guard let old = try object(key, in: bucket) else { return false }
        try run("DELETE FROM object WHERE bucket = ?1 AND key = ?2") { statement in
            statement.bind(1, bucket.key)
            statement.bind(2, Array(key.utf8))
        }
        try forget(old.files)
        return true
    }
}

// MARK: - Files

extension StoreWriter {
    /// Notes that rows name these files; from the commit on they are no longer pending.
    func adopt(_ files: [ObjectFile]) throws(StoreError) {
        for file in files {
            try run("INSERT OR IGNORE INTO object_file (name) VALUES (?1)") { $0.bind(1, file.name) }
            effects.adoptedFiles.append(file.name)
        }
    }

    /// Notes that no row names these files any more; they are removed after the commit.
    func forget(_ files: [ObjectFile]) throws(StoreError) {
        for file in files {
            try run("DELETE FROM object_file WHERE name = ?1") { $0.bind(1, file.name) }
            effects.removedFiles.append(file.name)
        }
    }
}

/// A row of `object` without its key.
struct ObjectRow {
    let etag: String
    let modifiedAt: Timestamp
    let facts: String
    let files: String

    /// Reads four columns from `column` on: ETag, time, facts, files.
    init(_ statement: Statement, from column: Int32 = 0) {
        etag = statement.text(column)
        modifiedAt = Timestamp(millisecondsSinceEpoch: statement.int(column + 1))
        facts = statement.text(column + 2)
        files = statement.text(column + 3)
    }

    func object(_ key: String) throws(StoreError) -> StoredObject {
        StoredObject(
            key: key, etag: etag, modifiedAt: modifiedAt, facts: try ObjectCodec.facts(facts),
            files: try ObjectCodec.files(files))
    }
}
