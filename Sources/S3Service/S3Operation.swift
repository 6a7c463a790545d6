import AWSWire

/// The operations that are served.
enum S3Operation: Equatable, Sendable {
    case listBuckets
    case createBucket
    case headBucket
    case deleteBucket
    case getBucketLocation
    case getBucketVersioning
    case listObjects
    case listObjectsV2
    case deleteObjects
    case listMultipartUploads
    case getObject
    case headObject
    case putObject
    case copyObject
    case deleteObject
    case createMultipartUpload
    case uploadPart
    case uploadPartCopy
    case completeMultipartUpload
    case abortMultipartUpload
    case listParts
}

extension S3Operation {
    /// Finds the operation by method, address and query, as S3 does.
    ///
    /// - Throws: `MethodNotAllowed`; `NotImplemented` with the operation's name for those that are not served.
    init(
        method: String, _ address: S3Address, query: WireParameters, isCopy: Bool
    ) throws(AWSError) {
        if let name = query.names.first(where: { Self.unserved[$0] != nil }) {
            let isVersioningRead = name == "versioning" && method == "GET" && address.key.isEmpty
            guard isVersioningRead else {
                throw .unserved(Self.name(method, name, isObject: !address.key.isEmpty))
            }
            self = .getBucketVersioning
            return
        }
        let found: S3Operation? =
            address.bucket.isEmpty
            ? (method == "GET" ? .listBuckets : nil)
            : address.key.isEmpty
                ? try Self.ofBucket(method, query) : Self.ofObject(method, query, isCopy: isCopy)
        guard let found else {
            throw AWSError(
                "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405
            ).with("Method", method)
        }
        self = found
    }

    private static func ofBucket(
        _ method: String, _ query: WireParameters
    ) throws(AWSError) -> S3Operation? {
        switch method {
        case "GET":
            if query["location"] != nil { return .getBucketLocation }
            if query["uploads"] != nil { return .listMultipartUploads }
            return query["list-type"] == "2" ? .listObjectsV2 : .listObjects
        case "PUT": return .createBucket
        case "HEAD": return .headBucket
        case "DELETE": return .deleteBucket
        case "POST":
            guard query["delete"] != nil else { throw .unserved("PostObject") }
            return .deleteObjects
        default: return nil
        }
    }

    private static func ofObject(_ method: String, _ query: WireParameters, isCopy: Bool) -> S3Operation? {
        let isOfUpload = query["uploadId"] != nil
        switch method {
        case "GET": return isOfUpload ? .listParts : .getObject
        case "HEAD": return .headObject
        case "PUT":
            if isOfUpload || query["partNumber"] != nil { return isCopy ? .uploadPartCopy : .uploadPart }
            return isCopy ? .copyObject : .putObject
        case "DELETE": return isOfUpload ? .abortMultipartUpload : .deleteObject
        case "POST":
            if isOfUpload { return .completeMultipartUpload }
            return query["uploads"] == nil ? nil : .createMultipartUpload
        default: return nil
        }
    }
}

// MARK: - What is not served

extension S3Operation {
    /// Parts of the query that stand for operations of their own, with what follows `Bucket` or `Object` in their
    /// names; all of them are refused by name, but for reading `versioning`.
    private static let unserved: [String: String] = [
        "abac": "Abac", "accelerate": "AccelerateConfiguration", "acl": "Acl",
        "analytics": "AnalyticsConfiguration", "annotation": "Annotation", "attributes": "Attributes",
        "cors": "Cors", "encryption": "Encryption", "intelligent-tiering": "IntelligentTieringConfiguration",
        "inventory": "InventoryConfiguration", "legal-hold": "LegalHold",
        "lifecycle": "LifecycleConfiguration", "logging": "Logging",
        "metadataConfiguration": "MetadataConfiguration", "metadataTable": "MetadataTableConfiguration",
        "metadataAnnotationTable": "MetadataAnnotationTableConfiguration",
        "metadataInventoryTable": "MetadataInventoryTableConfiguration",
        "metadataJournalTable": "MetadataJournalTableConfiguration", "metrics": "MetricsConfiguration",
        "notification": "NotificationConfiguration", "object-lock": "LockConfiguration",
        "ownershipControls": "OwnershipControls", "policy": "Policy", "policyStatus": "PolicyStatus",
        "publicAccessBlock": "PublicAccessBlock", "renameObject": "Rename", "replication": "Replication",
        "requestPayment": "RequestPayment", "restore": "Restore", "retention": "Retention",
        "select": "SelectContent", "session": "Session", "tagging": "Tagging", "torrent": "Torrent",
        "versioning": "Versioning", "versionId": "Version", "versions": "Versions", "website": "Website",
    ]

    /// Names that the rule below would get wrong.
    private static let odd: [String: String] = [
        "GET versions": "ListObjectVersions", "PUT renameObject": "RenameObject",
        "POST restore": "RestoreObject", "POST select": "SelectObjectContent", "GET session": "CreateSession",
        "GET publicAccessBlock": "GetPublicAccessBlock", "PUT publicAccessBlock": "PutPublicAccessBlock",
        "DELETE publicAccessBlock": "DeletePublicAccessBlock",
        "GET object-lock": "GetObjectLockConfiguration", "PUT object-lock": "PutObjectLockConfiguration",
    ]

    private static func name(_ method: String, _ part: String, isObject: Bool) -> String {
        if let name = odd["\(method) \(part)"] { return name }
        let verbs = ["GET": "Get", "HEAD": "Head", "PUT": "Put", "DELETE": "Delete", "POST": "Create"]
        return "\(verbs[method] ?? method)\(isObject ? "Object" : "Bucket")\(unserved[part] ?? part)"
    }
}
