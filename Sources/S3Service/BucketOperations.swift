import AWSWire
import ByteCoding
import Digest
import EventModel
import EventStore

extension S3Service {
    func listBuckets(_ request: S3Request) throws(AWSError) {
        let prefix = request.query["prefix"] ?? ""
        let region = request.query["bucket-region"]
        let limit = min(max(1, try request.number("max-buckets") ?? 10_000), 10_000)
        let after = request.query["continuation-token"] ?? ""
        let found = store.catalog.snapshot.buckets(of: request.location.account).filter {
            $0.name.hasPrefix(prefix) && $0.name > after && (region == nil || $0.location.region == region)
        }
        var xml = XMLText.Document("ListAllMyBucketsResult")
        xml.add("Owner") { Self.addOwner(request.location.account, to: &$0) }
        xml.add("Buckets") { xml in
            for bucket in found.prefix(limit) {
                xml.add("Bucket") { xml in
                    xml.add("Name", bucket.name)
                    xml.add("CreationDate", bucket.createdAt.iso8601Milliseconds)
                    xml.add("BucketRegion", bucket.location.region)
                }
            }
        }
        if found.count > limit { xml.add("ContinuationToken", found[limit - 1].name) }
        xml.add("Prefix", optional: request.query["prefix"])
        request.call.answer(xml)
    }

    func createBucket(_ request: S3Request) throws(AWSError) {
        let name = request.bucket
        guard BucketName.isValid(name) else {
            throw AWSError("InvalidBucketName", "The specified bucket is not valid.").with("BucketName", name)
        }
        let location = try Self.location(request)
        let path = "/\(name)"
        write(request) { writer throws(StoreError) -> Result<Void, AWSError> in
            if let bucket = writer.catalog.bucket(named: name) {
                // In the oldest region a repeated creation does nothing (S3 API reference, `CreateBucket`).
                guard bucket.location == location, location.region == Limits.defaultRegion else {
                    return .failure(
                        AWSError(
                            "BucketAlreadyOwnedByYou",
                            "Your previous request to create the named bucket succeeded and you already own it.",
                            status: 409
                        ).with("BucketName", name))
                }
                return .success(())
            }
            _ = try writer.createBucket(name, in: location)
            return .success(())
        } _: {
            request.call.answer([("Location", path)])
        }
    }

    /// Where the request wants its bucket: in its own region, unless it is made in the oldest one.
    private static func location(_ request: S3Request) throws(AWSError) -> Location {
        let own = request.location
        var constraint: String?
        if !request.call.body.isEmpty {
            let root = "CreateBucketConfiguration"
            let tree = try XMLTree.parse(request.call.body, root: root)
            for element in tree.children where element.name != "LocationConstraint" {
                throw AWSError.notSupported(parameter: "\(root).\(element.name)", operation: "CreateBucket")
                    .asUnserved
            }
            constraint = tree.text("LocationConstraint")
        }
        guard let constraint, !constraint.isEmpty else {
            guard own.region == Limits.defaultRegion else { throw illegal("unspecified") }
            return own
        }
        guard constraint != Limits.defaultRegion else {
            throw AWSError("InvalidLocationConstraint", "The specified location-constraint is not valid")
                .with("LocationConstraint", constraint)
        }
        let region = constraint == "EU" ? "eu-west-1" : constraint
        guard own.region == Limits.defaultRegion || own.region == region else { throw illegal(constraint) }
        return Location(account: own.account, region: region)
    }

    private static func illegal(_ constraint: String) -> AWSError {
        AWSError(
            "IllegalLocationConstraintException",
            "The \(constraint) location constraint is incompatible for the region specific endpoint this request was "
                + "sent to.")
    }

    func headBucket(_ request: S3Request) throws(AWSError) {
        let bucket = try bucket(of: request)
        request.call.answer([("x-amz-bucket-region", bucket.location.region)])
    }

    func deleteBucket(_ request: S3Request) throws(AWSError) {
        let name = request.bucket
        write(request) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard let bucket = writer.catalog.bucket(named: name) else {
                return .failure(.noSuchBucket(name))
            }
            guard try writer.isEmpty(bucket) else {
                return .failure(
                    AWSError("BucketNotEmpty", "The bucket you tried to delete is not empty", status: 409)
                        .with("BucketName", name))
            }
            try writer.deleteBucket(name)
            return .success(())
        } _: {
            request.call.answer(status: 204)
        }
    }

    func getBucketLocation(_ request: S3Request) throws(AWSError) {
        let region = try bucket(of: request).location.region
        var xml = XMLText.Document("LocationConstraint")
        // The oldest region has no name here.
        xml.set(region == Limits.defaultRegion ? "" : region)
        request.call.answer(xml)
    }

    /// Versions were never enabled, and cannot be.
    func getBucketVersioning(_ request: S3Request) throws(AWSError) {
        _ = try bucket(of: request)
        request.call.answer(XMLText.Document("VersioningConfiguration"))
    }

    static func addOwner(_ account: String, to xml: inout XMLText.Document) {
        xml.add("ID", Hex.encode(SHA256.hash(Array(account.utf8))))
        xml.add("DisplayName", account)
    }
}

extension AWSError {
    /// The same refusal with S3's code.
    var asUnserved: AWSError { AWSError("NotImplemented", message, status: 501) }
}
