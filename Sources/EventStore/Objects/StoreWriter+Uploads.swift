import EventModel
import SQLite

// MARK: - Multipart uploads

extension StoreWriter {
    package func createUpload(
        id: String, key: String, in bucket: BucketDefinition, facts: ObjectFacts
    ) throws(StoreError) {
        guard definitions.buckets[bucket.name]?.key == bucket.key else {
            throw .notFound("The bucket \(bucket.name)")
        }
        let moment = now
        try run(
            "INSERT INTO object_upload (id, bucket, key, started_ms, facts) VALUES (?1, ?2, ?3, ?4, ?5)"
        ) { statement in
            statement.bind(1, id)
            statement.bind(2, bucket.key)
            statement.bind(3, Array(key.utf8))
            statement.bind(4, moment.millisecondsSinceEpoch)
            statement.bind(5, ObjectCodec.text(facts))
        }
    }

    /// An upload by its ID; `nil` when it is another key's, or done with.
    package func upload(
        _ id: String, key: String, in bucket: BucketDefinition
    ) throws(StoreError) -> StoredUpload? {
        try uploads(in: bucket, id: id).first { $0.key == key }
    }

    /// Stores a part in the place of the one with its number, if there is one. Its file is taken over.
    package func putPart(_ part: StoredPart, of upload: StoredUpload) throws(StoreError) {
        if let old = try parts(of: upload).first(where: { $0.number == part.number }) {
            try forget([old.file])
        }
        try run(
            """
            INSERT OR REPLACE INTO object_part (upload, number, etag, modified_ms, checksum, file)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """
        ) { statement in
            statement.bind(1, upload.row)
            statement.bind(2, Int64(part.number))
            statement.bind(3, part.etag)
            statement.bind(4, part.modifiedAt.millisecondsSinceEpoch)
            statement.bind(5, part.checksum.map { ObjectCodec.text($0) })
            statement.bind(6, ObjectCodec.text([part.file]))
        }
        try adopt([part.file])
    }

    /// The parts in the order of their numbers.
    package func parts(of upload: StoredUpload) throws(StoreError) -> [StoredPart] {
        let statement = try statement(PartRow.sql)
        let rows: [PartRow] = try attempt { () throws(SQLiteError) in
            try PartRow.all(statement, upload: upload.row)
        }
        return try PartRow.parts(rows)
    }

    /// Ends an upload; the files of its parts go, but for those that `keeping` names.
    package func removeUpload(_ upload: StoredUpload, keeping: [ObjectFile]) throws(StoreError) {
        let files = try parts(of: upload).map(\.file).filter { !keeping.contains($0) }
        try run("DELETE FROM object_part WHERE upload = ?1") { $0.bind(1, upload.row) }
        try run("DELETE FROM object_upload WHERE row = ?1") { $0.bind(1, upload.row) }
        try forget(files)
    }

    func uploads(in bucket: BucketDefinition, id: String? = nil) throws(StoreError) -> [StoredUpload] {
        let statement = try statement(UploadRow.sql)
        let rows: [UploadRow] = try attempt { () throws(SQLiteError) in
            try UploadRow.all(statement, bucket: bucket.key, id: id)
        }
        return try UploadRow.uploads(rows)
    }
}

extension StoreReader {
    package func upload(
        _ id: String, key: String, in bucket: BucketDefinition
    ) throws(StoreError) -> StoredUpload? {
        try uploads(in: bucket, id: id).first { $0.key == key }
    }

    /// Uploads of a bucket, ordered by key and then by their start.
    package func uploads(in bucket: BucketDefinition, id: String? = nil) throws(StoreError) -> [StoredUpload]
    {
        let statement = try statement(UploadRow.sql)
        let rows = try storeErrors { () throws(SQLiteError) in
            try UploadRow.all(statement, bucket: bucket.key, id: id)
        }
        return try UploadRow.uploads(rows)
    }

    package func parts(of upload: StoredUpload) throws(StoreError) -> [StoredPart] {
        let statement = try statement(PartRow.sql)
        let rows = try storeErrors { () throws(SQLiteError) in
            try PartRow.all(statement, upload: upload.row)
        }
        return try PartRow.parts(rows)
    }
}

// MARK: - Rows

private struct UploadRow {
    static let sql: StaticString = """
        SELECT row, id, key, started_ms, facts FROM object_upload
        WHERE bucket = ?1 AND (?2 IS NULL OR id = ?2) ORDER BY key, row
        """

    let row: Int64
    let id: String
    let key: String
    let startedAt: Timestamp
    let facts: String

    static func all(_ statement: Statement, bucket: Int64, id: String?) throws(SQLiteError) -> [UploadRow] {
        statement.bind(1, bucket)
        statement.bind(2, id)
        defer { statement.reset() }
        var rows: [UploadRow] = []
        while try statement.step() {
            rows.append(
                UploadRow(
                    row: statement.int(0), id: statement.text(1), key: statement.text(2),
                    startedAt: Timestamp(millisecondsSinceEpoch: statement.int(3)), facts: statement.text(4)))
        }
        return rows
    }

    static func uploads(_ rows: [UploadRow]) throws(StoreError) -> [StoredUpload] {
        var uploads: [StoredUpload] = []
        for row in rows {
            uploads.append(
                StoredUpload(
                    row: row.row, id: row.id, key: row.key, startedAt: row.startedAt,
                    facts: try ObjectCodec.facts(row.facts)))
        }
        return uploads
    }
}

private struct PartRow {
    static let sql: StaticString = """
        SELECT number, etag, modified_ms, checksum, file FROM object_part WHERE upload = ?1 ORDER BY number
        """

    let number: Int
    let etag: String
    let modifiedAt: Timestamp
    let checksum: ObjectChecksum?
    let file: String

    static func all(_ statement: Statement, upload: Int64) throws(SQLiteError) -> [PartRow] {
        statement.bind(1, upload)
        defer { statement.reset() }
        var rows: [PartRow] = []
        while try statement.step() {
            rows.append(
                PartRow(
                    number: Int(statement.int(0)), etag: statement.text(1),
                    modifiedAt: Timestamp(millisecondsSinceEpoch: statement.int(2)),
                    checksum: statement.optionalText(3).flatMap { ObjectCodec.checksum($0) },
                    file: statement.text(4)))
        }
        return rows
    }

    static func parts(_ rows: [PartRow]) throws(StoreError) -> [StoredPart] {
        var parts: [StoredPart] = []
        for row in rows {
            guard let file = try ObjectCodec.files(row.file).first else {
                throw .corrupt("a part of an upload has no file")
            }
            parts.append(
                StoredPart(
                    number: row.number, etag: row.etag, modifiedAt: row.modifiedAt, checksum: row.checksum,
                    file: file))
        }
        return parts
    }
}
