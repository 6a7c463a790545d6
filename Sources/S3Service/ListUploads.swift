import AWSWire
import EventModel
import EventStore

extension S3Service {
    /// Entries of one answer (S3 API reference).
    private static let entriesMax = 1_000

    func listParts(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let upload = try upload(request, in: bucket)
        let marker = try request.number("part-number-marker") ?? 0
        let limit = min(max(1, try request.number("max-parts") ?? Self.entriesMax), Self.entriesMax)
        let stored = try read { () throws(StoreError) in try reader.parts(of: upload) }
        let rest = stored.filter { $0.number > marker }
        let page = rest.prefix(limit)
        var xml = XMLText.Document("ListPartsResult")
        xml.add("Bucket", bucket.name)
        xml.add("Key", upload.key)
        xml.add("UploadId", upload.id)
        xml.add("Initiator") { Self.addOwner(request.location.account, to: &$0) }
        xml.add("Owner") { Self.addOwner(request.location.account, to: &$0) }
        xml.add("StorageClass", "STANDARD")
        xml.add("PartNumberMarker", marker)
        if rest.count > page.count { xml.add("NextPartNumberMarker", page.last?.number ?? marker) }
        xml.add("MaxParts", limit)
        xml.add("IsTruncated", rest.count > page.count)
        if let algorithm = upload.algorithm {
            xml.add("ChecksumAlgorithm", algorithm.rawValue)
            xml.add("ChecksumType", optional: upload.checksumType)
        }
        for part in page {
            xml.add("Part") { xml in
                xml.add("PartNumber", part.number)
                xml.add("LastModified", part.modifiedAt.iso8601Milliseconds)
                xml.add("ETag", "\"\(part.etag)\"")
                xml.add("Size", part.file.size)
                part.checksum.add(to: &xml, withType: false)
            }
        }
        request.call.answer(xml)
    }

    func listMultipartUploads(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        if let delimiter = request.query["delimiter"], !delimiter.isEmpty {
            throw AWSError.notSupported(parameter: "delimiter", operation: "ListMultipartUploads").asUnserved
        }
        let listing = try ListingRequest(request)
        let limit = min(max(1, try request.number("max-uploads") ?? Self.entriesMax), Self.entriesMax)
        let marker = request.query["key-marker"] ?? ""
        let idMarker = request.query["upload-id-marker"] ?? ""
        let all = try read { () throws(StoreError) in try reader.uploads(in: bucket) }
        let rest = Self.uploads(all, after: marker, idMarker).filter { $0.key.hasPrefix(listing.prefix) }
        let page = rest.prefix(limit)
        var xml = XMLText.Document("ListMultipartUploadsResult")
        xml.add("Bucket", bucket.name)
        xml.add("KeyMarker", listing.encoded(marker))
        xml.add("UploadIdMarker", idMarker)
        if rest.count > page.count, let last = page.last {
            xml.add("NextKeyMarker", listing.encoded(last.key))
            xml.add("NextUploadIdMarker", last.id)
        }
        xml.add("Prefix", listing.encoded(listing.prefix))
        if listing.isURLEncoded { xml.add("EncodingType", "url") }
        xml.add("MaxUploads", limit)
        xml.add("IsTruncated", rest.count > page.count)
        for upload in page {
            xml.add("Upload") { xml in
                xml.add("Key", listing.encoded(upload.key))
                xml.add("UploadId", upload.id)
                xml.add("Initiator") { Self.addOwner(request.location.account, to: &$0) }
                xml.add("Owner") { Self.addOwner(request.location.account, to: &$0) }
                xml.add("StorageClass", "STANDARD")
                xml.add("Initiated", upload.startedAt.iso8601Milliseconds)
            }
        }
        request.call.answer(xml)
    }

    /// Behind the marker's key; with an upload's ID behind that upload of the key.
    private static func uploads(
        _ all: [StoredUpload], after key: String, _ id: String
    ) -> ArraySlice<StoredUpload> {
        guard !key.isEmpty else { return all[...] }
        if let place = all.firstIndex(where: { $0.key == key && $0.id == id }) { return all[(place + 1)...] }
        let marker = Array(key.utf8)
        let first = all.firstIndex { marker.lexicographicallyPrecedes($0.key.utf8) }
        return all[(first ?? all.endIndex)...]
    }
}
