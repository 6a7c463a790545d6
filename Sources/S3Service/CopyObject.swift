import AWSWire
import EventModel
import EventStore
import HTTP

/// The object that a copy is made of, as the header names it.
struct CopySource: Sendable {
    let bucket: String
    let key: String

    /// - Throws: `InvalidArgument` when the header names no object; `NotImplemented` for a version of one.
    init(_ request: S3Request) throws(AWSError) {
        let header = request.headers["x-amz-copy-source"] ?? ""
        let parts = header.split(separator: "?", maxSplits: 1)
        if parts.count > 1 { throw .unservedHeader("x-amz-copy-source", header) }
        let raw = (parts.first ?? "").drop { $0 == "/" }
        guard let plain = PercentCoding.decoded(raw.utf8),
            let slash = plain.utf8.firstIndex(of: UInt8(ascii: "/")), slash > plain.startIndex,
            plain.utf8.index(after: slash) < plain.endIndex
        else {
            throw .invalidArgument(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
                "x-amz-copy-source", header)
        }
        bucket = String(plain[..<slash])
        key = String(plain[plain.utf8.index(after: slash)...])
    }
}

extension S3Service {
    func copyObject(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let conditions = Conditions(request.headers)
        try conditions.checkWriteForm()
        let name = try CopySource(request)
        let source = try source(name, request)
        let isReplacing = try Self.isReplacing(request)
        if name.bucket == request.bucket, name.key == request.key, !isReplacing {
            throw .invalidRequest(
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                    + "object's metadata, storage class, website redirect location or encryption attributes.")
        }
        let asked = try UploadedBody.algorithm(request.headers["x-amz-checksum-algorithm"])
        var facts = source.facts
        if isReplacing { facts.headers = try request.keptMetadata() }
        let kept = facts
        try work(request, bytes: asked == nil ? 0 : source.size) { [self] () throws(AWSError) in
            var facts = kept
            var files: [ObjectFile] = []
            do throws(StoreError) {
                if let asked {
                    let content = try store.objectFiles.read(source.files, from: 0, count: source.size)
                    facts.checksum = ObjectChecksum(algorithm: asked.rawValue, value: asked.text(content))
                }
                for file in source.files { files.append(try store.objectFiles.link(file)) }
            } catch {
                for file in files { store.objectFiles.discardIfPending(file) }
                if case .notFound = error { throw .noSuchKey(name.key) }
                throw AWSError(error)
            }
            put(request, facts, source.etag, files, in: bucket, if: conditions) { object in
                var xml = XMLText.Document("CopyObjectResult")
                xml.add("LastModified", object.modifiedAt.iso8601Milliseconds)
                xml.add("ETag", "\"\(object.etag)\"")
                object.facts.checksum.add(to: &xml)
                request.call.answer(xml)
            }
        }
    }

    /// The source of a copy, once its conditions hold.
    func source(_ name: CopySource, _ request: S3Request) throws(AWSError) -> StoredObject {
        let bucket = try bucket(named: name.bucket)
        let found = try read { () throws(StoreError) in try reader.object(name.key, in: bucket) }
        guard let source = found else { throw .noSuchKey(name.key) }
        try Conditions(request.headers, prefix: "x-amz-copy-source-").checkRead(source)
        return source
    }

    private static func isReplacing(_ request: S3Request) throws(AWSError) -> Bool {
        switch request.headers["x-amz-metadata-directive"] {
        case nil, "COPY": return false
        case "REPLACE": return true
        case let directive?:
            throw .invalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", directive)
        }
    }
}
