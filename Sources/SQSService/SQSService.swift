package import AWSWire
import Digest
package import EventModel
package import EventStore
package import HTTP

/// Amazon SQS over the store's queues, on the JSON and on the Query protocol.
///
/// Sends and deletes are answered after their group's commit; receives are noted in the background, those of FIFO
/// queues before they are answered.
package final class SQSService: @unchecked Sendable {
    // Confined to `loop`: `handle` is the only entry point and preconditions it, everything else is called from there,
    // from completions that were handed back to the loop, or from the loop's timers.
    let store: EventStore
    let reader: StoreReader
    let loop: EventLoop
    let now: @Sendable () -> Timestamp
    let hasher = MD5Hasher()
    let parked = ParkedReceives()
    /// Queues that parked receives wait for; shared with the writer thread, which announces commits.
    let awaited = AwaitedQueues()
    /// Names message move tasks.
    let identifiers: IdentifierSource
    let moves: MessageMoves
    /// `nil` when FIFO queues may be called as often as they can answer.
    var throttle: FIFOThrottle?

    /// - Parameters:
    ///   - reader: For this service alone, or for services of the same loop.
    ///   - loop: The loop of the server that calls.
    ///   - isLimited: Whether FIFO queues may be called only as often as SQS's (`FIFOThrottle`).
    ///   - now: The wall clock.
    ///   - identifiers: Names message move tasks.
    package init(
        store: EventStore, reader: StoreReader, loop: EventLoop, isLimited: Bool = false,
        now: @escaping @Sendable () -> Timestamp,
        identifiers: IdentifierSource = IdentifierSource()
    ) {
        self.store = store
        self.reader = reader
        self.loop = loop
        throttle = isLimited ? FIFOThrottle() : nil
        self.now = now
        self.identifiers = identifiers
        moves = MessageMoves(store: store, reader: reader, loop: loop, now: now)
        store.observe { [weak self] changes in self?.committed(changes) }
    }

    /// Serves the API, and goes on with the message move tasks that were under way.
    package func register(on router: inout ServiceRouter) {
        loop.execute { [moves] in moves.resume() }
        router.register(jsonTarget: "AmazonSQS", of: .sqs) { [self] call in handle(call) }
        router.register(
            queryVersion: SQSQuery.version, of: .sqsQuery, isResource: QueueURL.isPath
        ) { [self] call in
            do throws(AWSError) {
                handle(try SQSQuery.inJSON(call))
            } catch {
                call.fail(error)
            }
        }
    }

    private func handle(_ call: ServiceCall) {
        precondition(loop.isCurrent, "SQS is confined to its loop")
        do throws(AWSError) {
            try perform(call)
        } catch {
            call.fail(error)
        }
    }

    private func perform(_ call: ServiceCall) throws(AWSError) {
        switch call.operation {
        case "SendMessage": try sendMessage(call)
        case "SendMessageBatch": try sendMessageBatch(call)
        case "ReceiveMessage": try receiveMessage(call)
        case "DeleteMessage": try deleteMessage(call)
        case "DeleteMessageBatch": try deleteMessageBatch(call)
        case "ChangeMessageVisibility": try changeMessageVisibility(call)
        case "ChangeMessageVisibilityBatch": try changeMessageVisibilityBatch(call)
        case "CreateQueue": try createQueue(call)
        case "DeleteQueue": try deleteQueue(call)
        case "PurgeQueue": try purgeQueue(call)
        case "GetQueueUrl": try getQueueURL(call)
        case "ListQueues": try listQueues(call)
        case "ListDeadLetterSourceQueues": try listDeadLetterSourceQueues(call)
        case "GetQueueAttributes": try getQueueAttributes(call)
        case "SetQueueAttributes": try setQueueAttributes(call)
        case "StartMessageMoveTask": try startMessageMoveTask(call)
        case "ListMessageMoveTasks": try listMessageMoveTasks(call)
        case "CancelMessageMoveTask": try cancelMessageMoveTask(call)
        case "TagQueue": try tagQueue(call)
        case "UntagQueue": try untagQueue(call)
        case "ListQueueTags": try listQueueTags(call)
        case "AddPermission": try addPermission(call)
        case "RemovePermission": try removePermission(call)
        default: call.failUnknownOperation()
        }
    }
}

// MARK: - What operations share

extension SQSService {
    /// The queue that a URL names: in its account, and in the caller's region unless the URL names one.
    func queue(_ url: String, _ call: ServiceCall) throws(AWSError) -> QueueDefinition {
        guard !url.isEmpty else { throw .missing("QueueUrl") }
        let address = try QueueURL(parsing: url)
        let location = Location(
            account: address.account ?? call.location.account,
            region: address.region ?? call.location.region)
        guard let queue = store.catalog.queue(named: address.name, in: location) else {
            throw .queueDoesNotExist
        }
        return queue
    }

    /// Runs an operation on the writer thread, or here when nobody else has work, and continues on the loop with what it returned.
    func submit<T: Sendable>(
        _ call: ServiceCall, _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> T,
        then answer: @escaping @Sendable (T) -> Void
    ) {
        store.submit(mayRunHere: loop.isQuiet, operation) { [loop] result in
            loop.execute {
                switch result {
                case .success(let value): answer(value)
                case .failure(let error): call.fail(error.wireError)
                }
            }
        }
    }
}

extension StoreError {
    /// What a caller is told when the store could not do its part.
    var wireError: AWSError {
        switch self {
        case .notFound: .queueDoesNotExist
        case .full, .readOnly, .io, .closed:
            AWSError("ServiceUnavailable", description, status: 503)
        case .corrupt, .newerFile, .locked, .sqlite, .conflict, .limit: .internalFailure(description)
        }
    }
}
