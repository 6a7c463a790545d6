package import AWSWire
package import EventModel
package import EventStore
package import HTTP

/// Lambda's control plane: functions with their versions, aliases and layers, and event source mappings.
///
/// A mapping is written here in the transitional state (`Creating`, `Updating`, …); the engine sees the commit and
/// moves it to the settled one when its pollers run or have stopped. So this service only reads and writes the store;
/// code is fetched, unpacked and kept on the store's code worker before the row that names it is written.
///
/// Confined to `loop`; every entry point preconditions it. That, and nothing else, makes it safe to share.
package final class LambdaService: @unchecked Sendable {
    let store: EventStore
    let loop: EventLoop
    let now: @Sendable () -> Timestamp
    let identifiers: IdentifierSource
    /// Invocations at once, of each account in each region.
    let concurrencyLimit: Int
    /// Set while code waits to be removed.
    var sweepTimer: TimerToken?
    /// A function was changed since code was last looked for.
    var mayHaveUnusedCode = false

    /// - Parameters:
    ///   - concurrencyLimit: What the function host enforces; reservations have to fit in.
    ///   - identifiers: Names mappings and revisions.
    package init(
        store: EventStore, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        concurrencyLimit: Int = 1_000, identifiers: IdentifierSource = IdentifierSource()
    ) {
        self.store = store
        self.loop = loop
        self.now = now
        self.identifiers = identifiers
        self.concurrencyLimit = concurrencyLimit
    }

    /// Serves the API; call it before the router is given to a server on `loop`.
    package func register(on router: inout ServiceRouter) {
        for route in Operations.routes + UnsupportedOperations.routes {
            router.register(rest: route.method, route.path, operation: route.operation, of: .lambda) {
                [self] call in
                answer(call)
            }
        }
        router.register(path: Self.downloadPath) { [self] request, responder in
            download(request, responder)
        }
    }

    private func answer(_ call: ServiceCall) {
        precondition(loop.isCurrent, "Lambda's operations run on their loop")
        do { try perform(call) } catch { call.fail(error) }
    }

    private func perform(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "CreateEventSourceMapping": try createEventSourceMapping(call)
        case "ListEventSourceMappings": try listEventSourceMappings(call)
        case "GetEventSourceMapping": try getEventSourceMapping(call)
        case "UpdateEventSourceMapping": try updateEventSourceMapping(call)
        case "DeleteEventSourceMapping": try deleteEventSourceMapping(call)
        case "ListTags": try listTags(call)
        case "TagResource": try tagResource(call)
        case "UntagResource": try untagResource(call)
        default: try performOnFunction(call)
        }
    }

    private func performOnFunction(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "CreateFunction": try createFunction(call)
        case "ListFunctions": try listFunctions(call)
        case "GetFunction": try getFunction(call)
        case "DeleteFunction": try deleteFunction(call)
        case "UpdateFunctionCode": try updateFunctionCode(call)
        case "GetFunctionConfiguration": try getFunctionConfiguration(call)
        case "UpdateFunctionConfiguration": try updateFunctionConfiguration(call)
        case "ListVersionsByFunction": try listVersionsByFunction(call)
        case "PublishVersion": try publishVersion(call)
        case "ListAliases": try listAliases(call)
        case "CreateAlias": try createAlias(call)
        case "GetAlias": try getAlias(call)
        case "UpdateAlias": try updateAlias(call)
        case "DeleteAlias": try deleteAlias(call)
        case "GetPolicy": try getPolicy(call)
        case "AddPermission": try addPermission(call)
        case "RemovePermission": try removePermission(call)
        case "GetAccountSettings": try getAccountSettings(call)
        case "GetFunctionConcurrency": try getFunctionConcurrency(call)
        case "PutFunctionConcurrency": try putFunctionConcurrency(call)
        case "DeleteFunctionConcurrency": try deleteFunctionConcurrency(call)
        case "GetFunctionCodeSigningConfig": try getFunctionCodeSigningConfig(call)
        default: try performOnLayer(call)
        }
    }

    private func performOnLayer(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "ListLayers": try listLayers(call)
        case "ListLayerVersions": try listLayerVersions(call)
        case "PublishLayerVersion": try publishLayerVersion(call)
        case "GetLayerVersion": try getLayerVersion(call)
        case "DeleteLayerVersion": try deleteLayerVersion(call)
        case "GetLayerVersionPolicy": try getLayerVersionPolicy(call)
        case "AddLayerVersionPermission": try addLayerVersionPermission(call)
        case "RemoveLayerVersionPermission": try removeLayerVersionPermission(call)
        default: call.failUnknownOperation()
        }
    }
}

// MARK: - Writing

extension LambdaService {
    /// Runs an operation on the writer thread and answers after its commit, with the JSON that it returns.
    func write(
        _ call: ServiceCall, status: Int,
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> Result<[UInt8], AWSError>
    ) {
        store.submit(operation) { result in
            switch result {
            case .success(.success(let json)): call.succeed(json: json, status: status)
            case .success(.failure(let error)): call.fail(error)
            case .failure(let error):
                call.fail(AWSError("ServiceException", error.description, status: 500))
            }
        }
    }
}
