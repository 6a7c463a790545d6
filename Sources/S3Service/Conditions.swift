import AWSWire
import EventModel
import EventStore
import HTTP

/// Conditions of reads (RFC 9110 §13) and of S3's conditional writes.
struct Conditions: Sendable {
    private let match: String?
    private let noneMatch: String?
    private let modifiedSince: Timestamp?
    private let unmodifiedSince: Timestamp?
    private let prefix: String

    /// - Parameter prefix: `x-amz-copy-source-` for those of a copy's source.
    init(_ headers: HeaderFields, prefix: String = "") {
        self.prefix = prefix
        match = headers["\(prefix)if-match"]
        noneMatch = headers["\(prefix)if-none-match"]
        modifiedSince = headers["\(prefix)if-modified-since"].flatMap { RequestDate.httpMoment($0) }
        unmodifiedSince = headers["\(prefix)if-unmodified-since"].flatMap { RequestDate.httpMoment($0) }
    }

    /// Of a read: an ETag that matches outweighs a date that does not, and the other way round (S3 API reference,
    /// `GetObject`).
    func checkRead(_ object: StoredObject) throws(AWSError) {
        // Headers have whole seconds.
        let modified = object.modifiedAt.millisecondsSinceEpoch / 1_000
        if let match {
            guard Self.matches(match, object) else { throw .preconditionFailed("\(prefix)If-Match") }
        } else if let unmodifiedSince, modified > unmodifiedSince.millisecondsSinceEpoch / 1_000 {
            throw .preconditionFailed("\(prefix)If-Unmodified-Since")
        }
        // A copy does not take place; a read has what it asks for already.
        let isCopy = !prefix.isEmpty
        if let noneMatch {
            guard !Self.matches(noneMatch, object) else {
                throw isCopy ? .preconditionFailed("\(prefix)If-None-Match") : .notModified
            }
        } else if let modifiedSince, modified <= modifiedSince.millisecondsSinceEpoch / 1_000 {
            throw isCopy ? .preconditionFailed("\(prefix)If-Modified-Since") : .notModified
        }
    }

    /// Of a write, on what is there: `If-None-Match: *` and `If-Match` with an ETag.
    func checkWrite(_ existing: StoredObject?, key: String) throws(AWSError) {
        if noneMatch != nil, existing != nil { throw .preconditionFailed("If-None-Match") }
        guard let match else { return }
        guard let existing else { throw .noSuchKey(key) }
        guard Self.matches(match, existing) else { throw .preconditionFailed("If-Match") }
    }

    /// Refuses conditions on writes that S3 does not know.
    func checkWriteForm() throws(AWSError) {
        if let noneMatch, noneMatch != "*" {
            throw .unservedHeader("If-None-Match", noneMatch)
        }
        if modifiedSince != nil || unmodifiedSince != nil {
            throw .unservedHeader("If-Modified-Since", "")
        }
    }

    private static func matches(_ list: String, _ object: StoredObject) -> Bool {
        list.split(separator: ",").contains { entry in
            let tag = entry.filter { $0 != " " && $0 != "\"" }
            return tag == "*" || tag == object.etag || tag == "W/\(object.etag)"
        }
    }
}
