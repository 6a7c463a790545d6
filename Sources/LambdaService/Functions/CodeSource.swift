import AWSWire
import ByteCoding
import EventModel
import EventStore

/// Where the code of a function or a layer comes from.
enum CodeSource {
    case archive([UInt8])
    case object(bucket: String, key: String)

    /// Reads the members `ZipFile`, `S3Bucket` and `S3Key`; container images are refused.
    init(_ arguments: CallArguments, of operation: String) throws(AWSError) {
        if arguments["ImageUri"] != nil {
            throw .notSupported(
                "Millrace does not support container images (ImageUri); handlers run from a zip file or a folder."
            )
        }
        let object = (try arguments.string("S3Bucket"), try arguments.string("S3Key"))
        if let text = try arguments.string("ZipFile") {
            guard object.0 == nil, object.1 == nil else {
                throw .invalidValue(
                    "Please do not provide other FunctionCode parameters when providing a ZipFile.")
            }
            guard let bytes = Base64.decode(text) else {
                throw .serialization("The value of ZipFile is not base64")
            }
            guard bytes.count <= FunctionLimits.zippedBytes else {
                throw AWSError(
                    "RequestEntityTooLargeException",
                    "Request must be smaller than \(FunctionLimits.requestBytes) bytes for the \(operation) operation",
                    status: 413)
            }
            self = .archive(bytes)
            return
        }
        guard let bucket = object.0, let key = object.1 else {
            throw .invalidValue("Please provide a source for function code.")
        }
        try arguments.refuse(["S3ObjectVersion"], of: operation)
        self = .object(bucket: bucket, key: key)
    }
}

extension LambdaService {
    /// The bytes of a zip file, wherever they are. On the code worker.
    func archive(_ source: CodeSource) throws(AWSError) -> [UInt8] {
        switch source {
        case .archive(let bytes): return bytes
        case .object(let name, let key):
            guard let bucket = store.catalog.bucket(named: name) else {
                throw .storage("NoSuchBucket", "The specified bucket does not exist")
            }
            do throws(StoreError) {
                guard let object = try store.makeReader().object(key, in: bucket) else {
                    throw .notFound("The object")
                }
                guard object.size <= FunctionLimits.unzippedBytes else {
                    throw .limit("The object is larger than \(FunctionLimits.unzippedBytes) bytes.")
                }
                return try store.objectFiles.read(object.files, from: 0, count: object.size)
            } catch .notFound {
                throw .storage("NoSuchKey", "The specified key does not exist.")
            } catch .limit {
                throw .invalidValue(
                    "Unzipped size must be smaller than \(FunctionLimits.unzippedBytes) bytes")
            } catch {
                throw AWSError(failedWrite: error)
            }
        }
    }
}

extension AWSError {
    fileprivate static func storage(_ code: String, _ message: String) -> AWSError {
        .invalidValue(
            "Error occurred while GetObject. S3 Error Code: \(code). S3 Error Message: \(message)")
    }
}
