import AWSWire
import ByteCoding
import Digest
import EventStore
import HTTP

extension S3Service {
    static func etag(_ content: [UInt8]) -> String { MD5Hasher().hash(content).hex }

    /// A part as the request names it.
    private struct NamedPart: Sendable {
        let number: Int
        let etag: String
        let checksums: [(algorithm: ChecksumAlgorithm, value: String)]
    }

    func completeMultipartUpload(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let conditions = Conditions(request.headers)
        try conditions.checkWriteForm()
        let named = try Self.parts(request)
        let upload = try upload(request, in: bucket)
        let stored = try read { () throws(StoreError) in try reader.parts(of: upload) }
        let parts = try Self.chosen(named, of: stored)
        let size = parts.reduce(0) { $0 + $1.file.size }
        if let text = request.headers["x-amz-mp-object-size"], Int(text) != size {
            throw .invalidRequest(
                "The provided 'x-amz-mp-object-size' header does not match what was computed.")
        }
        guard size <= UploadLimits.objectBytesMax else {
            throw .tooLarge(size: size, limit: UploadLimits.objectBytesMax)
        }
        let isWhole = upload.checksumType == "FULL_OBJECT"
        try work(request, bytes: isWhole ? size : 0) { [self] () throws(AWSError) in
            let checksum = try checksum(of: parts, upload)
            try Self.compare(checksum, request)
            complete(request, upload, parts, checksum, in: bucket, if: conditions)
        }
    }

    private static func parts(_ request: S3Request) throws(AWSError) -> [NamedPart] {
        let tree = try XMLTree.parse(UploadedBody(request).content, root: "CompleteMultipartUpload")
        var parts: [NamedPart] = []
        for element in tree.all("Part") {
            guard let number = element.text("PartNumber").flatMap({ Int($0) }),
                let etag = element.text("ETag")
            else { throw .malformedXML }
            let checksums = ChecksumAlgorithm.allCases.compactMap { algorithm in
                element.text(algorithm.element).map { (algorithm, $0) }
            }
            parts.append(
                NamedPart(number: number, etag: etag.filter { $0 != "\"" }, checksums: checksums))
        }
        guard !parts.isEmpty else { throw .malformedXML }
        return parts
    }

    private static func chosen(
        _ named: [NamedPart], of stored: [StoredPart]
    ) throws(AWSError) -> [StoredPart] {
        let known = Dictionary(stored.map { ($0.number, $0) }) { $1 }
        var chosen: [StoredPart] = []
        for part in named {
            if let last = chosen.last, part.number <= last.number {
                throw AWSError(
                    "InvalidPartOrder",
                    "The list of parts was not in ascending order. Parts must be ordered by part number.")
            }
            guard let found = known[part.number], found.etag == part.etag,
                part.checksums.allSatisfy({ claim in
                    found.checksum == ObjectChecksum(algorithm: claim.algorithm.rawValue, value: claim.value)
                })
            else {
                throw AWSError(
                    "InvalidPart",
                    "One or more of the specified parts could not be found.  The part may not have been uploaded, or "
                        + "the specified entity tag may not match the part's entity tag."
                ).with("PartNumber", String(part.number)).with("ETag", part.etag)
            }
            chosen.append(found)
        }
        for part in chosen.dropLast() where part.file.size < UploadLimits.partBytesMin {
            throw AWSError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
                .with("ProposedSize", String(part.file.size))
                .with("MinSizeAllowed", String(UploadLimits.partBytesMin))
                .with("PartNumber", String(part.number)).with("ETag", part.etag)
        }
        return chosen
    }

    /// The digest of the new object: of all bytes, or of the parts' digests with their number behind it.
    private func checksum(
        of parts: [StoredPart], _ upload: StoredUpload
    ) throws(AWSError) -> ObjectChecksum? {
        guard let algorithm = upload.algorithm else { return nil }
        guard upload.checksumType != "FULL_OBJECT" else {
            let content = try read { () throws(StoreError) in
                let files = parts.map(\.file)
                return try store.objectFiles.read(files, from: 0, count: files.reduce(0) { $0 + $1.size })
            }
            return ObjectChecksum(algorithm: algorithm.rawValue, value: algorithm.text(content))
        }
        let digests = parts.flatMap { part in part.checksum.flatMap { Base64.decode($0.value) } ?? [] }
        return ObjectChecksum(
            algorithm: algorithm.rawValue, value: "\(algorithm.text(digests))-\(parts.count)")
    }

    private static func compare(_ checksum: ObjectChecksum?, _ request: S3Request) throws(AWSError) {
        for algorithm in ChecksumAlgorithm.allCases {
            guard let claim = request.headers[algorithm.header] else { continue }
            let isSame = checksum?.algorithm == algorithm.rawValue && checksum?.value == claim
            guard isSame else {
                throw AWSError(
                    "BadDigest",
                    "The \(algorithm.rawValue) you specified did not match the calculated checksum.")
            }
        }
    }

    private func complete(
        _ request: S3Request, _ upload: StoredUpload, _ parts: [StoredPart], _ checksum: ObjectChecksum?,
        in bucket: BucketDefinition, if conditions: Conditions
    ) {
        let digests = parts.flatMap { Hex.decode($0.etag) ?? [] }
        let etag = "\(Self.etag(digests))-\(parts.count)"
        let time = now()
        let facts = ObjectFacts(headers: upload.facts.headers, checksum: checksum)
        let object = StoredObject(
            key: upload.key, etag: etag, modifiedAt: time, facts: facts, files: parts.map(\.file))
        write(request) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard let current = try writer.upload(upload.id, key: upload.key, in: bucket),
                try writer.hasParts(parts, of: current)
            else { return .failure(.noSuchUpload(upload.id)) }
            let existing = try writer.object(upload.key, in: bucket)
            do throws(AWSError) {
                try conditions.checkWrite(existing, key: upload.key)
            } catch {
                return .failure(error)
            }
            try writer.putObject(object, in: bucket)
            try writer.removeUpload(current, keeping: object.files)
            return .success(())
        } _: {
            var xml = XMLText.Document("CompleteMultipartUploadResult")
            let host = request.headers["host"] ?? ""
            let path = "\(bucket.name)/\(PercentCoding.encoded(upload.key, keepsSlash: true))"
            xml.add("Location", "http://\(host)/\(path)")
            xml.add("Bucket", bucket.name)
            xml.add("Key", upload.key)
            xml.add("ETag", "\"\(etag)\"")
            checksum.add(to: &xml)
            request.call.answer(xml)
        }
    }
}

extension StoreWriter {
    /// False when a part was replaced or the upload ended since these were read.
    fileprivate func hasParts(_ parts: [StoredPart], of upload: StoredUpload) throws(StoreError) -> Bool {
        let current = try self.parts(of: upload)
        return parts.allSatisfy { current.contains($0) }
    }
}
