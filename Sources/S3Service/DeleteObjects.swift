import AWSWire
import EventStore
import HTTP

extension S3Service {
    /// Keys of one request (S3 API reference, `DeleteObjects`).
    private static let keysMax = 1_000

    func deleteObject(_ request: S3Request) throws(AWSError) {
        for name in ["if-match"] where request.headers[name] != nil {
            throw .unservedHeader("If-Match", request.headers[name] ?? "")
        }
        let bucket = try bucket(of: request)
        let key = request.key
        write(request) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard writer.catalog.bucket(named: bucket.name)?.key == bucket.key else {
                return .failure(.noSuchBucket(bucket.name))
            }
            // One that is not there counts as deleted.
            _ = try writer.deleteObject(key, in: bucket)
            return .success(())
        } _: {
            request.call.answer(status: 204)
        }
    }

    func deleteObjects(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        let body = try UploadedBody(request)
        let tree = try XMLTree.parse(body.content, root: "Delete")
        let isQuiet = tree.text("Quiet") == "true"
        var keys: [String] = []
        for object in tree.all("Object") {
            guard let key = object.text("Key"), !key.isEmpty else { throw .malformedXML }
            for element in object.children where element.name != "Key" {
                throw AWSError.notSupported(parameter: "Object.\(element.name)", operation: "DeleteObjects")
                    .asUnserved
            }
            keys.append(key)
        }
        guard !keys.isEmpty, keys.count <= Self.keysMax else { throw .malformedXML }
        let deleted = keys
        write(request) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard writer.catalog.bucket(named: bucket.name)?.key == bucket.key else {
                return .failure(.noSuchBucket(bucket.name))
            }
            for key in deleted { _ = try writer.deleteObject(key, in: bucket) }
            return .success(())
        } _: {
            var xml = XMLText.Document("DeleteResult")
            for key in isQuiet ? [] : deleted { xml.add("Deleted") { $0.add("Key", key) } }
            request.call.answer(xml)
        }
    }
}
