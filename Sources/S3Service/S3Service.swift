package import AWSWire
package import EventModel
package import EventStore
package import HTTP

/// S3, small but real: buckets, objects with conditions and ranges, listings, copies and multipart uploads.
///
/// Requests are taken apart and answered on `loop`; what takes long with bodies (digests, files) runs on the store's
/// thread for objects, which then answers. Confined to `loop` but for that; every entry point preconditions it. That,
/// and nothing else, makes it safe to share.
package final class S3Service: @unchecked Sendable {
    let store: EventStore
    let reader: StoreReader
    let loop: EventLoop
    let now: @Sendable () -> Timestamp
    let identifiers: IdentifierSource

    /// - Parameter identifiers: Names multipart uploads.
    package init(
        store: EventStore, reader: StoreReader, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        identifiers: IdentifierSource = IdentifierSource()
    ) {
        self.store = store
        self.reader = reader
        self.loop = loop
        self.now = now
        self.identifiers = identifiers
    }

    package func register(on router: inout ServiceRouter) {
        let catalog = store.catalog
        router.register(storage: .s3) { request, isLastResort in
            S3Address.claims(request, isLastResort: isLastResort, catalog)
        } _: { [self] call in
            answer(call)
        }
    }

    private func answer(_ call: ServiceCall) {
        precondition(loop.isCurrent, "S3's operations run on their loop")
        do throws(AWSError) {
            let request = try S3Request(call, now: now())
            try request.checkHeaders()
            try perform(request)
        } catch {
            call.fail(error)
        }
    }

    private func perform(_ request: S3Request) throws(AWSError) {
        switch request.operation {
        case .listBuckets: try listBuckets(request)
        case .createBucket: try createBucket(request)
        case .headBucket: try headBucket(request)
        case .deleteBucket: try deleteBucket(request)
        case .getBucketLocation: try getBucketLocation(request)
        case .getBucketVersioning: try getBucketVersioning(request)
        case .listObjects, .listObjectsV2: try listObjects(request)
        case .deleteObjects: try deleteObjects(request)
        case .listMultipartUploads: try listMultipartUploads(request)
        case .getObject, .headObject: try getObject(request)
        case .putObject: try putObject(request)
        case .copyObject: try copyObject(request)
        case .deleteObject: try deleteObject(request)
        case .createMultipartUpload: try createMultipartUpload(request)
        case .uploadPart: try uploadPart(request)
        case .uploadPartCopy: try uploadPartCopy(request)
        case .completeMultipartUpload: try completeMultipartUpload(request)
        case .abortMultipartUpload: try abortMultipartUpload(request)
        case .listParts: try listParts(request)
        }
    }
}

// MARK: - What operations share

extension S3Service {
    /// The bucket that a request names.
    func bucket(of request: S3Request) throws(AWSError) -> BucketDefinition {
        try bucket(named: request.bucket)
    }

    func bucket(named name: String) throws(AWSError) -> BucketDefinition {
        guard let bucket = store.catalog.bucket(named: name) else { throw .noSuchBucket(name) }
        return bucket
    }

    /// Runs a read of the store.
    func read<T>(_ body: () throws(StoreError) -> T) throws(AWSError) -> T {
        do throws(StoreError) { return try body() } catch { throw AWSError(error) }
    }

    /// Runs work with a body on the thread for that; its error is the answer.
    func work(
        _ request: S3Request, bytes: Int, _ job: @escaping @Sendable () throws(AWSError) -> Void
    ) throws(AWSError) {
        let call = request.call
        let isTaken = store.workWithObjects(bytes: bytes) {
            do throws(AWSError) { try job() } catch { call.fail(error) }
        }
        guard isTaken else { throw .slowDown }
    }

    /// Runs an operation on the writer thread; what it throws or returns as a failure is the answer.
    func write<T: Sendable>(
        _ request: S3Request, takingOver files: [ObjectFile] = [],
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> Result<T, AWSError>,
        _ completion: @escaping @Sendable (T) -> Void
    ) {
        let call = request.call
        store.submit(takingOver: files, operation) { result in
            switch result {
            case .success(.success(let value)): completion(value)
            case .success(.failure(let error)): call.fail(error)
            case .failure(let error): call.fail(AWSError(error))
            }
        }
    }
}
