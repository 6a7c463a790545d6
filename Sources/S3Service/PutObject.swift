import AWSWire
import EventStore

extension S3Service {
    func putObject(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let conditions = Conditions(request.headers)
        try conditions.checkWriteForm()
        let headers = try request.keptMetadata()
        try work(request, bytes: request.call.body.count) { [self] () throws(AWSError) in
            let body = try UploadedBody(request)
            let file = try newFile(body.content)
            let facts = ObjectFacts(headers: headers, checksum: body.checksum)
            put(request, facts, body.etag, [file], in: bucket, if: conditions) { _ in
                request.call.answer([("ETag", "\"\(body.etag)\"")] + body.checksum.answerHeaders)
            }
        }
    }

    /// Commits a new object in its bucket.
    func put(
        _ request: S3Request, _ facts: ObjectFacts, _ etag: String, _ files: [ObjectFile],
        in bucket: BucketDefinition, if conditions: Conditions,
        _ completion: @escaping @Sendable (StoredObject) -> Void
    ) {
        let key = request.key
        let time = now()
        write(request, takingOver: files) { writer throws(StoreError) -> Result<StoredObject, AWSError> in
            // The bucket may have gone since, or be another of the same name.
            guard writer.catalog.bucket(named: bucket.name)?.key == bucket.key else {
                return .failure(.noSuchBucket(bucket.name))
            }
            do throws(AWSError) {
                try conditions.checkWrite(try Self.existing(writer, key, bucket), key: key)
            } catch {
                return .failure(error)
            }
            let object = StoredObject(key: key, etag: etag, modifiedAt: time, facts: facts, files: files)
            try writer.putObject(object, in: bucket)
            return .success(object)
        } _: {
            completion($0)
        }
    }

    private static func existing(
        _ writer: StoreWriter, _ key: String, _ bucket: BucketDefinition
    ) throws(AWSError) -> StoredObject? {
        do throws(StoreError) { return try writer.object(key, in: bucket) } catch { throw AWSError(error) }
    }

    /// Stores a body; on the thread for objects.
    func newFile(_ content: [UInt8]) throws(AWSError) -> ObjectFile {
        do throws(StoreError) { return try store.objectFiles.write(content) } catch { throw AWSError(error) }
    }
}

extension ObjectChecksum? {
    /// What answers tell of a checksum.
    var answerHeaders: [(String, String)] {
        guard let self, let algorithm = ChecksumAlgorithm(rawValue: self.algorithm) else { return [] }
        return [(algorithm.header, self.value), ("x-amz-checksum-type", self.type)]
    }

    /// What documents tell of it.
    func add(to xml: inout XMLText.Document, withType: Bool = true) {
        guard let self, let algorithm = ChecksumAlgorithm(rawValue: self.algorithm) else { return }
        xml.add(algorithm.element, self.value)
        if withType { xml.add("ChecksumType", self.type) }
    }
}

extension ObjectChecksum {
    /// Of the whole body, or of its parts' digests.
    var type: String { value.contains("-") ? "COMPOSITE" : "FULL_OBJECT" }
}
