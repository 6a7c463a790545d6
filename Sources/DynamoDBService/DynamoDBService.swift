package import AWSWire
package import EventModel
package import EventStore
package import HTTP

/// DynamoDB's tables and items, and DynamoDB Streams.
///
/// Confined to `loop`; every entry point preconditions it. That, and nothing else, makes it safe to share.
package final class DynamoDBService: @unchecked Sendable {
    let store: EventStore
    let reader: StoreReader
    let loop: EventLoop
    let now: @Sendable () -> Timestamp
    let identifiers: IdentifierSource
    let expiry: ExpirySweep

    /// - Parameters:
    ///   - reader: Used on `loop` only.
    ///   - identifiers: Names tables (`TableId`).
    ///   - onExpiryFailure: Told, on any thread, in which table the walk for items past their time to live could not read
    ///     or write.
    package init(
        store: EventStore, reader: StoreReader, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        identifiers: IdentifierSource = IdentifierSource(),
        onExpiryFailure: @escaping @Sendable (_ tableName: String, StoreError) -> Void
    ) {
        self.store = store
        self.reader = reader
        self.loop = loop
        self.now = now
        self.identifiers = identifiers
        expiry = ExpirySweep(store: store, reader: reader, loop: loop, now: now, onFailure: onExpiryFailure)
    }

    /// Serves both APIs; call it before the router is given to a server on `loop`.
    package func register(on router: inout ServiceRouter) {
        loop.execute { [expiry] in expiry.start() }
        router.register(jsonTarget: "DynamoDB_20120810", of: .dynamoDB) { [self] call in
            answer(call) { call throws(AWSError) in try perform(call) }
        }
        router.register(jsonTarget: "DynamoDBStreams_20120810", of: .dynamoDBStreams) { [self] call in
            answer(call) { call throws(AWSError) in try performOnStreams(call) }
        }
    }

    private func answer(_ call: ServiceCall, _ perform: (ServiceCall) throws(AWSError) -> Void) {
        precondition(loop.isCurrent, "DynamoDB's operations run on its loop")
        do { try perform(call) } catch { call.fail(error) }
    }

    private func perform(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "CreateTable": try createTable(call)
        case "DescribeTable": try describeTable(call)
        case "UpdateTable": try updateTable(call)
        case "DeleteTable": try deleteTable(call)
        case "ListTables": try listTables(call)
        case "PutItem": try putItem(call)
        case "GetItem": try getItem(call)
        case "DeleteItem": try deleteItem(call)
        case "UpdateItem": try updateItem(call)
        case "BatchWriteItem": try batchWriteItem(call)
        case "BatchGetItem": try batchGetItem(call)
        case "TransactWriteItems": try transactWriteItems(call)
        case "TransactGetItems": try transactGetItems(call)
        case "Query": try query(call)
        case "Scan": try scan(call)
        case "UpdateTimeToLive": try updateTimeToLive(call)
        case "DescribeTimeToLive": try describeTimeToLive(call)
        case "TagResource": try tagResource(call)
        case "UntagResource": try untagResource(call)
        case "ListTagsOfResource": try listTagsOfResource(call)
        default: call.failUnknownOperation()
        }
    }

    private func performOnStreams(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "ListStreams": try listStreams(call)
        case "DescribeStream": try describeStream(call)
        case "GetShardIterator": try getShardIterator(call)
        case "GetRecords": try getRecords(call)
        default: call.failUnknownOperation()
        }
    }
}

// MARK: - Writing

extension DynamoDBService {
    /// Runs an operation on the writer thread and answers, after its commit, with the JSON that it returns.
    ///
    /// - Parameter committed: Runs before the answer, on any thread, unless the operation was refused.
    func write(
        _ call: ServiceCall,
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> Result<[UInt8], AWSError>,
        committed: @escaping @Sendable () -> Void = {}
    ) {
        store.submit(mayRunHere: loop.isQuiet, operation) { result in
            switch result {
            case .success(.success(let json)):
                committed()
                call.succeed(json: json)
            case .success(.failure(let error)): call.fail(error)
            case .failure(let error): call.fail(AWSError(storeFailure: error))
            }
        }
    }
}

extension AWSError {
    /// What the store could not do, as DynamoDB reports its own failures.
    init(storeFailure error: StoreError) {
        self.init("InternalServerError", error.description, status: 500)
    }
}
