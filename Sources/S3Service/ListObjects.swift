import AWSWire
import ByteCoding
import EventModel
import EventStore

/// What a listing asks for; both versions of the operation.
struct ListingRequest {
    /// Entries of one answer (S3 API reference, `ListObjectsV2`).
    private static let entriesMax = 1_000

    let prefix: String
    let delimiter: String?
    let limit: Int
    let isURLEncoded: Bool
    /// Where the listing begins: keys must not be before it.
    let start: [UInt8]

    init(_ request: S3Request) throws(AWSError) {
        prefix = request.query["prefix"] ?? ""
        delimiter = request.query["delimiter"].flatMap { $0.isEmpty ? nil : $0 }
        limit = min(try request.number("max-keys") ?? Self.entriesMax, Self.entriesMax)
        switch request.query["encoding-type"] {
        case nil, "": isURLEncoded = false
        case "url": isURLEncoded = true
        case let other?:
            throw .invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", other)
        }
        let isSecond = request.operation == .listObjectsV2
        if isSecond, let token = request.query["continuation-token"] {
            guard let bytes = Base64.decode(token), !bytes.isEmpty else {
                throw .invalidArgument(
                    "The continuation token provided is incorrect", "continuation-token", token)
            }
            start = bytes
            return
        }
        let after = request.query[isSecond ? "start-after" : "marker"] ?? ""
        guard !after.isEmpty else {
            start = []
            return
        }
        // A marker that is a common prefix stands for all keys behind it.
        let (end, beginning) = (delimiter, prefix)
        let isGroup =
            end.map { after.hasSuffix($0) && after.hasPrefix(beginning) && after != beginning } ?? false
        start = isGroup ? KeyOrder.successor(ofPrefix: Array(after.utf8)) : Array(after.utf8) + [0]
    }

    func encoded(_ text: String) -> String {
        isURLEncoded ? PercentCoding.encoded(text, keepsSlash: true) : text
    }
}

/// One page of a listing.
struct ListingPage {
    var objects: [StoredObject] = []
    var prefixes: [String] = []
    /// Where the next page begins; `nil` at the end.
    var next: [UInt8]?
    /// The last key or prefix of the page.
    var last = ""
    var count: Int { objects.count + prefixes.count }
}

/// The order of keys: that of their bytes.
enum KeyOrder {
    /// The first text of bytes behind everything that starts with `prefix`. No key has the byte 0xFF.
    static func successor(ofPrefix prefix: [UInt8]) -> [UInt8] { prefix + [0xFF] }
}

extension S3Service {
    func listObjects(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let listing = try ListingRequest(request)
        let page = try read { () throws(StoreError) in try self.page(listing, of: bucket) }
        var xml = XMLText.Document("ListBucketResult")
        xml.add("Name", bucket.name)
        xml.add("Prefix", listing.encoded(listing.prefix))
        if request.operation == .listObjectsV2 {
            xml.add("KeyCount", page.count)
            xml.add("ContinuationToken", optional: request.query["continuation-token"])
            xml.add("NextContinuationToken", optional: page.next.map { Base64.encode($0) })
            xml.add("StartAfter", optional: request.query["start-after"].map { listing.encoded($0) })
        } else {
            xml.add("Marker", listing.encoded(request.query["marker"] ?? ""))
            // Without a delimiter the last key is the marker (S3 API reference, `ListObjects`).
            if page.next != nil, listing.delimiter != nil {
                xml.add("NextMarker", listing.encoded(page.last))
            }
        }
        xml.add("Delimiter", optional: listing.delimiter.map { listing.encoded($0) })
        if listing.isURLEncoded { xml.add("EncodingType", "url") }
        xml.add("MaxKeys", listing.limit)
        xml.add("IsTruncated", page.next != nil)
        let isSecond = request.operation == .listObjectsV2
        let owner = !isSecond || request.query["fetch-owner"] == "true" ? bucket.location.account : nil
        for object in page.objects { xml.add("Contents") { Self.add(object, listing, owner, to: &$0) } }
        for prefix in page.prefixes {
            xml.add("CommonPrefixes") { $0.add("Prefix", listing.encoded(prefix)) }
        }
        request.call.answer(xml)
    }

    private static func add(
        _ object: StoredObject, _ listing: ListingRequest, _ owner: String?, to xml: inout XMLText.Document
    ) {
        xml.add("Key", listing.encoded(object.key))
        xml.add("LastModified", object.modifiedAt.iso8601Milliseconds)
        xml.add("ETag", "\"\(object.etag)\"")
        if let checksum = object.facts.checksum {
            xml.add("ChecksumAlgorithm", checksum.algorithm)
            xml.add("ChecksumType", checksum.type)
        }
        xml.add("Size", object.size)
        if let owner { xml.add("Owner") { addOwner(owner, to: &$0) } }
        xml.add("StorageClass", "STANDARD")
    }

    private func page(
        _ listing: ListingRequest, of bucket: BucketDefinition
    ) throws(StoreError) -> ListingPage {
        var page = ListingPage()
        guard listing.limit > 0 else { return page }
        let prefix = Array(listing.prefix.utf8)
        let delimiter = listing.delimiter.map { Array($0.utf8) }
        let first = listing.start.lexicographicallyPrecedes(prefix) ? prefix : listing.start
        try reader.walkObjects(in: bucket, from: first) { (key, object) throws(StoreError) in
            guard key.starts(with: prefix) else { return .stop }
            guard page.count < listing.limit else {
                page.next = key
                return .stop
            }
            if let delimiter, let end = Self.end(of: delimiter, in: key, from: prefix.count) {
                let group = Array(key[..<end])
                page.last = String(decoding: group, as: UTF8.self)
                page.prefixes.append(page.last)
                return .skip(to: KeyOrder.successor(ofPrefix: group))
            }
            let found = try object()
            page.objects.append(found)
            page.last = found.key
            return .next
        }
        return page
    }

    /// Where the first delimiter behind the prefix ends.
    private static func end(of delimiter: [UInt8], in key: [UInt8], from start: Int) -> Int? {
        guard key.count - start >= delimiter.count else { return nil }
        for index in start...(key.count - delimiter.count)
        where key[index..<index + delimiter.count].elementsEqual(delimiter) {
            return index + delimiter.count
        }
        return nil
    }
}
