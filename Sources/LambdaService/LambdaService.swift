package import AWSWire
package import EventModel
package import EventStore
package import HTTP

/// Lambda's control plane: event source mappings, and a view of the functions that templates declared.
///
/// A mapping is written here in the transitional state (`Creating`, `Updating`, …); the engine sees the commit and
/// moves it to the settled one when its pollers run or have stopped. So this service only reads and writes the store.
///
/// Confined to `loop`; every entry point preconditions it. That, and nothing else, makes it safe to share.
package final class LambdaService: @unchecked Sendable {
    let store: EventStore
    let loop: EventLoop
    let now: @Sendable () -> Timestamp
    let identifiers: IdentifierSource

    /// - Parameter identifiers: Names mappings.
    package init(
        store: EventStore, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        identifiers: IdentifierSource = IdentifierSource()
    ) {
        self.store = store
        self.loop = loop
        self.now = now
        self.identifiers = identifiers
    }

    /// Serves the API; call it before the router is given to a server on `loop`.
    package func register(on router: inout ServiceRouter) {
        let routes: [(method: String, path: String, operation: String)] = [
            ("POST", "/2015-03-31/event-source-mappings", "CreateEventSourceMapping"),
            ("GET", "/2015-03-31/event-source-mappings", "ListEventSourceMappings"),
            ("GET", "/2015-03-31/event-source-mappings/{UUID}", "GetEventSourceMapping"),
            ("PUT", "/2015-03-31/event-source-mappings/{UUID}", "UpdateEventSourceMapping"),
            ("DELETE", "/2015-03-31/event-source-mappings/{UUID}", "DeleteEventSourceMapping"),
            ("GET", "/2015-03-31/functions", "ListFunctions"),
            ("GET", "/2015-03-31/functions/{FunctionName}", "GetFunction"),
            ("GET", "/2015-03-31/functions/{FunctionName}/configuration", "GetFunctionConfiguration"),
            ("GET", "/2017-03-31/tags/{ARN+}", "ListTags"),
            ("POST", "/2017-03-31/tags/{ARN+}", "TagResource"),
            ("DELETE", "/2017-03-31/tags/{ARN+}", "UntagResource"),
        ]
        for route in routes + UnsupportedOperations.routes {
            router.register(rest: route.method, route.path, operation: route.operation, of: .lambda) {
                [self] call in
                answer(call)
            }
        }
    }

    private func answer(_ call: ServiceCall) {
        precondition(loop.isCurrent, "Lambda's operations run on their loop")
        do { try perform(call) } catch { call.fail(error) }
    }

    private func perform(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "CreateEventSourceMapping": try createEventSourceMapping(call)
        case "GetEventSourceMapping": try getEventSourceMapping(call)
        case "ListEventSourceMappings": try listEventSourceMappings(call)
        case "UpdateEventSourceMapping": try updateEventSourceMapping(call)
        case "DeleteEventSourceMapping": try deleteEventSourceMapping(call)
        case "ListFunctions": try listFunctions(call)
        case "GetFunction": try getFunction(call)
        case "GetFunctionConfiguration": try getFunctionConfiguration(call)
        case "ListTags": try listTags(call)
        case "TagResource": try tagResource(call)
        case "UntagResource": try untagResource(call)
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
