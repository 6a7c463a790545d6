import AWSWire
import EventStore
import HTTP

extension S3Service {
    /// Tries again when the object is replaced between the look at its row and at its file.
    private static let readAttempts = 3

    func getObject(_ request: S3Request) throws(AWSError) {
        try getObject(request, attempt: 1)
    }

    private func getObject(_ request: S3Request, attempt: Int) throws(AWSError) {
        let bucket = try bucket(of: request)
        if let number = request.query["partNumber"] { throw .unservedHeader("partNumber", number) }
        let found = try read { () throws(StoreError) in try reader.object(request.key, in: bucket) }
        guard let object = found else { throw .noSuchKey(request.key) }
        do throws(AWSError) {
            try Conditions(request.headers).checkRead(object)
        } catch {
            // What the client has is still what is here, and this says which it is.
            guard error == .notModified else { throw error }
            return request.call.answer(
                status: error.status,
                [("Last-Modified", RequestDate.text(object.modifiedAt)), ("ETag", "\"\(object.etag)\"")])
        }
        let range = try ByteRange(request.headers["range"], of: object.size)
        var headers = try Self.headers(of: object, request)
        var wanted = 0..<object.size
        var status = 200
        if case .part(let part) = range {
            wanted = part
            status = 206
            headers.append(
                ("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(object.size)"))
        } else if request.headers["x-amz-checksum-mode"]?.uppercased() == "ENABLED" {
            headers += object.facts.checksum.answerHeaders
        }
        guard request.operation == .getObject else {
            return request.call.answer(status: status, headers, headLength: wanted.count)
        }
        let (first, code, lines) = (wanted.lowerBound, status, headers)
        let count = wanted.count
        try work(request, bytes: count) { [self] () throws(AWSError) in
            do throws(StoreError) {
                let bytes = try store.objectFiles.read(object.files, from: first, count: count)
                request.call.answer(status: code, lines, body: bytes)
            } catch .notFound where attempt < Self.readAttempts {
                loop.execute { [self] in
                    do throws(AWSError) {
                        try getObject(request, attempt: attempt + 1)
                    } catch {
                        request.call.fail(error)
                    }
                }
            } catch {
                throw AWSError(error)
            }
        }
    }

    private static func headers(
        of object: StoredObject, _ request: S3Request
    ) throws(AWSError) -> [(String, String)] {
        var kept = object.facts.headers
        for name in request.query.names where name.hasPrefix("response-") {
            kept[String(name.dropFirst("response-".count))] = request.query[name]
        }
        return [
            ("Last-Modified", RequestDate.text(object.modifiedAt)), ("ETag", "\"\(object.etag)\""),
            ("Accept-Ranges", "bytes"),
        ] + kept.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
