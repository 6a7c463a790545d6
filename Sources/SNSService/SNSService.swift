package import AWSWire
package import EventModel
package import EventStore
package import HTTP

/// Amazon SNS over the store's topics: the Query protocol, standard topics, subscribers that are queues or HTTP
/// endpoints.
///
/// A publish is answered after the commit that puts the message into every subscribed queue and queues it for every
/// HTTP endpoint.
package final class SNSService: @unchecked Sendable {
    // Confined to `loop`: `handle` and the pages are the only entry points and precondition it, everything else is
    // called from there or from completions that were handed back to the loop.
    let store: EventStore
    let reader: StoreReader
    let loop: EventLoop
    let now: @Sendable () -> Timestamp
    let identifiers: IdentifierSource
    let deliveries: WebDeliveries

    /// - Parameters:
    ///   - reader: For this service alone, or for services of the same loop.
    ///   - loop: The loop of the server that calls.
    ///   - now: The wall clock.
    ///   - identifiers: Names messages and subscriptions.
    ///   - report: Told what becomes of deliveries to HTTP endpoints, on `loop`.
    package init(
        store: EventStore, reader: StoreReader, loop: EventLoop, now: @escaping @Sendable () -> Timestamp,
        identifiers: IdentifierSource = IdentifierSource(),
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.store = store
        self.reader = reader
        self.loop = loop
        self.now = now
        self.identifiers = identifiers
        deliveries = WebDeliveries(store: store, reader: reader, loop: loop, now: now, report: report)
    }

    /// Serves the API and the pages that notifications name, and begins to deliver what waits.
    package func register(on router: inout ServiceRouter) {
        router.register(queryVersion: "2010-03-31", of: .sns) { [self] call in handle(call) }
        registerPages(on: &router)
        deliveries.start()
    }

    /// Begins no more deliveries; those under way end as they may. Safe from any thread.
    package func stopDelivering() { deliveries.stop() }

    func handle(_ call: ServiceCall) {
        precondition(loop.isCurrent, "SNS is confined to its loop")
        do throws(AWSError) {
            try perform(call)
        } catch {
            call.fail(error)
        }
    }

    private func perform(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "Publish": try publish(call)
        case "PublishBatch": try publishBatch(call)
        case "CreateTopic": try createTopic(call)
        case "DeleteTopic": try deleteTopic(call)
        case "ListTopics": try listTopics(call)
        case "GetTopicAttributes": try getTopicAttributes(call)
        case "SetTopicAttributes": try setTopicAttributes(call)
        case "AddPermission": try addPermission(call)
        case "RemovePermission": try removePermission(call)
        case "Subscribe": try subscribe(call)
        case "ConfirmSubscription": try confirmSubscription(call, isSigned: true)
        case "Unsubscribe": try unsubscribe(call, isSigned: true)
        case "ListSubscriptions": try listSubscriptions(call)
        case "ListSubscriptionsByTopic": try listSubscriptionsByTopic(call)
        case "GetSubscriptionAttributes": try getSubscriptionAttributes(call)
        case "SetSubscriptionAttributes": try setSubscriptionAttributes(call)
        case "TagResource": try tagResource(call)
        case "UntagResource": try untagResource(call)
        case "ListTagsForResource": try listTagsForResource(call)
        case "": throw AWSError("MissingAction", "The request must contain the parameter Action.")
        default: call.failUnknownOperation()
        }
    }
}

// MARK: - What operations share

extension SNSService {
    /// The topic of the parameter `TopicArn`, in the caller's region.
    func topic(_ arguments: SNSArguments, _ call: ServiceCall) throws(AWSError) -> TopicDefinition {
        let text = try arguments.required("TopicArn")
        let arn = try SNSName.topic(text, parameter: "TopicArn", in: call.location)
        guard let topic = store.catalog.snapshot.topic(arn) else { throw .topicDoesNotExist }
        return topic
    }

    /// Runs an operation on the writer thread, or here when nobody else has work, and continues on the loop.
    func submit<T: Sendable>(
        _ call: ServiceCall,
        _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> Result<T, AWSError>,
        then answer: @escaping @Sendable (T) -> Void
    ) {
        store.submit(mayRunHere: loop.isQuiet, operation) { [loop] result in
            loop.execute {
                switch result {
                case .success(.success(let value)): answer(value)
                case .success(.failure(let error)): call.fail(error)
                case .failure(let error): call.fail(error.wireError)
                }
            }
        }
    }

    /// Changes a topic's settings and tags on the writer thread, from what they are then, and answers with nothing.
    func change(
        _ key: TopicKey, _ call: ServiceCall, hasResult: Bool = false,
        _ change: @escaping @Sendable (inout TopicDefinition) throws(AWSError) -> Void
    ) {
        submit(call) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard var topic = writer.catalog.topic(key) else { return .failure(.topicDoesNotExist) }
            do throws(AWSError) { try change(&topic) } catch { return .failure(error) }
            _ = try writer.updateTopic(key, settings: topic.settings, tags: topic.tags)
            return .success(())
        } then: {
            call.succeed(query: hasResult ? { _ in } : nil)
        }
    }
}

extension StoreError {
    /// What a caller is told when the store could not do its part.
    var wireError: AWSError {
        switch self {
        case .notFound: .topicDoesNotExist
        case .full, .readOnly, .io, .closed: AWSError("ServiceUnavailable", description, status: 503)
        case .limit: AWSError("Throttled", description, status: 429)
        case .corrupt, .newerFile, .locked, .sqlite, .conflict:
            AWSError("InternalError", description, status: 500)
        }
    }
}
