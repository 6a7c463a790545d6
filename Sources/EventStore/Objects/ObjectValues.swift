package import EventModel

/// A bucket of S3; its name is unique over all accounts and regions.
package struct BucketDefinition: Equatable, Sendable {
    /// Stands for the bucket inside the store; never reused.
    package let key: Int64
    package let name: String
    package let location: Location
    package let createdAt: Timestamp

    package init(key: Int64, name: String, location: Location, createdAt: Timestamp) {
        self.key = key
        self.name = name
        self.location = location
        self.createdAt = createdAt
    }
}

/// A file under the data directory that holds a body, or a part of one.
package struct ObjectFile: Equatable, Sendable {
    /// Made by the store; says nothing about bucket and key.
    package let name: String
    /// Bytes.
    package let size: Int
}

/// A digest of a body besides its ETag, as its writer asked for.
package struct ObjectChecksum: Equatable, Sendable {
    /// `CRC32`, `SHA256`, …: AWS's name.
    package var algorithm: String
    /// Base64; behind it `-N` for a digest of the digests of `N` parts.
    package var value: String

    package init(algorithm: String, value: String) {
        self.algorithm = algorithm
        self.value = value
    }
}

/// What is kept of an object besides its body.
package struct ObjectFacts: Equatable, Sendable {
    /// Names in lower case: `content-type`, `cache-control`, … and the user's `x-amz-meta-…`.
    package var headers: [String: String]
    package var checksum: ObjectChecksum?

    package init(headers: [String: String] = [:], checksum: ObjectChecksum? = nil) {
        self.headers = headers
        self.checksum = checksum
    }
}

/// An object as the store keeps it.
package struct StoredObject: Equatable, Sendable {
    package var key: String
    /// Bytes of the whole body.
    package var size: Int
    /// Without quotes.
    package var etag: String
    package var modifiedAt: Timestamp
    package var facts: ObjectFacts
    /// The body, one file after the other; more than one after a multipart upload.
    package var files: [ObjectFile]

    package init(
        key: String, etag: String, modifiedAt: Timestamp, facts: ObjectFacts, files: [ObjectFile]
    ) {
        self.key = key
        size = files.reduce(0) { $0 + $1.size }
        self.etag = etag
        self.modifiedAt = modifiedAt
        self.facts = facts
        self.files = files
    }
}

/// A multipart upload that was begun and neither completed nor aborted.
package struct StoredUpload: Equatable, Sendable {
    package let row: Int64
    /// As told to the client.
    package let id: String
    package let key: String
    package let startedAt: Timestamp
    package let facts: ObjectFacts

    package init(row: Int64, id: String, key: String, startedAt: Timestamp, facts: ObjectFacts) {
        self.row = row
        self.id = id
        self.key = key
        self.startedAt = startedAt
        self.facts = facts
    }
}

/// One part of an upload.
package struct StoredPart: Equatable, Sendable {
    /// 1…10,000.
    package let number: Int
    package let etag: String
    package let modifiedAt: Timestamp
    package let checksum: ObjectChecksum?
    package let file: ObjectFile

    package init(
        number: Int, etag: String, modifiedAt: Timestamp, checksum: ObjectChecksum?, file: ObjectFile
    ) {
        self.number = number
        self.etag = etag
        self.modifiedAt = modifiedAt
        self.checksum = checksum
        self.file = file
    }
}
