import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

/// Bounds of multipart uploads.
enum UploadLimits {
    /// S3 user guide, multipart upload limits.
    static let partNumbers = 1...10_000
    static let partBytesMin = 5 * 1_024 * 1_024
    /// Bytes of one object (own choice: a read without a range holds it in memory; S3 takes 5 TiB).
    static let objectBytesMax = 1_073_741_824
}

extension S3Service {
    func createMultipartUpload(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let algorithm = try UploadedBody.algorithm(request.headers["x-amz-checksum-algorithm"])
        let type = try Self.type(request, algorithm)
        let mark = algorithm.map { ObjectChecksum(algorithm: $0.rawValue, value: type ?? "") }
        let facts = ObjectFacts(headers: try request.keptMetadata(), checksum: mark)
        let id = identifiers.next().filter { $0 != "-" }
        let key = request.key
        write(request) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard writer.catalog.bucket(named: bucket.name)?.key == bucket.key else {
                return .failure(.noSuchBucket(bucket.name))
            }
            try writer.createUpload(id: id, key: key, in: bucket, facts: facts)
            return .success(())
        } _: {
            var xml = XMLText.Document("InitiateMultipartUploadResult")
            xml.add("Bucket", bucket.name)
            xml.add("Key", key)
            xml.add("UploadId", id)
            var headers: [(String, String)] = []
            if let algorithm { headers.append(("x-amz-checksum-algorithm", algorithm.rawValue)) }
            if let type { headers.append(("x-amz-checksum-type", type)) }
            request.call.answer(xml, headers)
        }
    }

    /// `COMPOSITE` or `FULL_OBJECT`; `nil` without an algorithm.
    private static func type(
        _ request: S3Request, _ algorithm: ChecksumAlgorithm?
    ) throws(AWSError) -> String? {
        let asked = request.headers["x-amz-checksum-type"]
        guard let algorithm else {
            guard asked == nil else {
                throw .invalidRequest(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
                )
            }
            return nil
        }
        let type = asked ?? (algorithm.joinsParts ? "FULL_OBJECT" : "COMPOSITE")
        let isPossible =
            type == "COMPOSITE" ? !algorithm.joinsParts : type == "FULL_OBJECT" && algorithm.isCyclic
        guard isPossible else {
            throw .invalidRequest(
                "The \(type) checksum type cannot be used with the \(algorithm.rawValue.lowercased()) checksum algorithm."
            )
        }
        return type
    }

    func upload(_ request: S3Request, in bucket: BucketDefinition) throws(AWSError) -> StoredUpload {
        let id = request.query["uploadId"] ?? ""
        let found = try read { () throws(StoreError) in
            try reader.upload(id, key: request.key, in: bucket)
        }
        guard let found else { throw .noSuchUpload(id) }
        return found
    }

    private static func partNumber(_ request: S3Request) throws(AWSError) -> Int {
        let text = request.query["partNumber"] ?? ""
        guard let number = Int(text), UploadLimits.partNumbers.contains(number) else {
            throw .invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", "partNumber", text)
        }
        return number
    }

    func uploadPart(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let number = try Self.partNumber(request)
        let upload = try upload(request, in: bucket)
        try work(request, bytes: request.call.body.count) { [self] () throws(AWSError) in
            let body = try UploadedBody(request, required: upload.algorithm)
            let file = try newFile(body.content)
            put(request, number, body.etag, body.checksum, file, of: upload, in: bucket) { _ in
                request.call.answer([("ETag", "\"\(body.etag)\"")] + body.checksum.answerHeaders)
            }
        }
    }

    func uploadPartCopy(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let number = try Self.partNumber(request)
        let upload = try upload(request, in: bucket)
        let source = try source(CopySource(request), request)
        var wanted = 0..<source.size
        if let header = request.headers["x-amz-copy-source-range"] {
            guard case .part(let part) = try ByteRange(header, of: source.size) else {
                throw .invalidArgument(
                    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
                        + "the zero-based offsets of the first and last bytes to copy",
                    "x-amz-copy-source-range", header)
            }
            wanted = part
        }
        let range = wanted
        try work(request, bytes: range.count) { [self] () throws(AWSError) in
            let content = try read { () throws(StoreError) in
                try store.objectFiles.read(source.files, from: range.lowerBound, count: range.count)
            }
            let etag = Self.etag(content)
            let checksum = upload.algorithm.map {
                ObjectChecksum(algorithm: $0.rawValue, value: $0.text(content))
            }
            let file = try newFile(content)
            put(request, number, etag, checksum, file, of: upload, in: bucket) { part in
                var xml = XMLText.Document("CopyPartResult")
                xml.add("LastModified", part.modifiedAt.iso8601Milliseconds)
                xml.add("ETag", "\"\(etag)\"")
                checksum.add(to: &xml, withType: false)
                request.call.answer(xml)
            }
        }
    }

    private func put(
        _ request: S3Request, _ number: Int, _ etag: String, _ checksum: ObjectChecksum?, _ file: ObjectFile,
        of upload: StoredUpload, in bucket: BucketDefinition,
        _ completion: @escaping @Sendable (StoredPart) -> Void
    ) {
        let part = StoredPart(number: number, etag: etag, modifiedAt: now(), checksum: checksum, file: file)
        write(request, takingOver: [file]) { writer throws(StoreError) -> Result<StoredPart, AWSError> in
            // It may have been completed or aborted meanwhile.
            guard try writer.upload(upload.id, key: upload.key, in: bucket) != nil else {
                return .failure(.noSuchUpload(upload.id))
            }
            try writer.putPart(part, of: upload)
            return .success(part)
        } _: {
            completion($0)
        }
    }

    func abortMultipartUpload(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let id = request.query["uploadId"] ?? ""
        let key = request.key
        write(request) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard let upload = try writer.upload(id, key: key, in: bucket) else {
                return .failure(.noSuchUpload(id))
            }
            try writer.removeUpload(upload, keeping: [])
            return .success(())
        } _: {
            request.call.answer(status: 204)
        }
    }
}

extension StoredUpload {
    var algorithm: ChecksumAlgorithm? { facts.checksum.flatMap { ChecksumAlgorithm(rawValue: $0.algorithm) } }
    /// `COMPOSITE` or `FULL_OBJECT`; the upload keeps it where objects keep the digest.
    var checksumType: String? { facts.checksum?.value }
}
