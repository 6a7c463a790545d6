import AWSWire
import ByteCoding
import EventModel
import EventStore

/// Bounds of message move tasks (SQS quotas, "Dead-letter queue redrive").
enum MoveLimits {
    static let perSecond = 500
    static let tasksOfAccount = 100
    static let listed = 10
}

extension SQSService {
    func startMessageMoveTask(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        guard let source = try arguments.string("SourceArn"), !source.isEmpty else {
            throw .missing("SourceArn")
        }
        let destination = try arguments.string("DestinationArn").flatMap { $0.isEmpty ? nil : $0 }
        let perSecond = try arguments.int("MaxNumberOfMessagesPerSecond")
        if let perSecond, !(1...MoveLimits.perSecond).contains(perSecond) {
            throw .parameter(
                "\(perSecond)", "MaxNumberOfMessagesPerSecond",
                "Must be between 1 and \(MoveLimits.perSecond), if provided.")
        }
        let wanted = NewMove(
            task: identifiers.next(), source: source, destination: destination, perSecond: perSecond,
            location: call.location, leases: store.leases, now: now())
        submit(call) { writer throws(StoreError) in
            try wanted.begin(writer)
        } then: { [self] result in
            switch result {
            case .success(let begun):
                var json = JSONWriter()
                json.beginObject()
                json.key("TaskHandle")
                json.value(TaskHandle(task: begun.move.task, source: begun.source).text)
                json.endObject()
                call.succeed(json: json.bytes)
                moves.add(begun.move)
            case .failure(let error): call.fail(error)
            }
        }
    }

    func listMessageMoveTasks(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        guard let text = try arguments.string("SourceArn"), !text.isEmpty else { throw .missing("SourceArn") }
        let maximum = try arguments.int("MaxResults") ?? 1
        guard (1...MoveLimits.listed).contains(maximum) else {
            throw .parameter(
                "\(maximum)", "MaxResults", "Must be between 1 and \(MoveLimits.listed), if provided.")
        }
        let source = try MoveRules.queue(text, "SourceArn", of: call.location, in: store.catalog.snapshot)
        let moves: [MessageMove]
        do throws(StoreError) {
            moves = try reader.messageMoves(of: source.key, limit: maximum)
        } catch {
            throw error.wireError
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("Results")
        json.beginArray()
        for move in moves { json.moveTask(move, source: source.arn) }
        json.endArray()
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func cancelMessageMoveTask(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        guard let text = try arguments.string("TaskHandle"), !text.isEmpty else {
            throw .missing("TaskHandle")
        }
        let handle = try TaskHandle(parsing: text)
        let source = try MoveRules.queue(
            handle.source.description, "SourceArn", of: call.location, in: store.catalog.snapshot)
        submit(call) { writer throws(StoreError) -> MessageMove? in
            guard let move = try writer.messageMove(handle.task), move.source == source.key,
                move.status == .running
            else { return nil }
            return try writer.setMove(handle.task, .cancelling)
        } then: { [self] move in
            guard let move else { return call.fail(.resourceNotFound("Task does not exist.")) }
            var json = JSONWriter()
            json.beginObject()
            json.key("ApproximateNumberOfMessagesMoved")
            json.value(Int64(move.moved))
            json.endObject()
            call.succeed(json: json.bytes)
            moves.cancel(move.task)
        }
    }
}

/// A task that is asked for; checked and noted on the writer thread, so that two of them cannot both be the only one.
private struct NewMove: Sendable {
    let task: String
    let source: String
    let destination: String?
    let perSecond: Int?
    let location: Location
    let leases: QueueLeases
    let now: Timestamp

    func begin(
        _ writer: StoreWriter
    ) throws(StoreError) -> Result<(move: MessageMove, source: ARN), AWSError> {
        let catalog = writer.catalog
        let queue: QueueDefinition
        var target: QueueDefinition?
        do throws(AWSError) {
            queue = try MoveRules.queue(source, "SourceArn", of: location, in: catalog)
            guard catalog.queues.contains(where: { $0.attributes.redrive?.deadLetterTarget == queue.arn })
            else {
                throw AWSError.invalidParameter("Source queue must be configured as a Dead Letter Queue.")
            }
            if let destination {
                let found = try MoveRules.queue(destination, "DestinationArn", of: location, in: catalog)
                try MoveRules.check(found, asDestinationOf: queue)
                target = found
            }
        } catch {
            return .failure(error)
        }
        let active = try writer.queuesBeingMoved()
        guard !active.contains(queue.key) else { return .failure(MoveRules.isRunning) }
        let others = active.count { catalog.queue($0)?.location.account == queue.location.account }
        guard others < MoveLimits.tasksOfAccount else { return .failure(MoveRules.tooMany) }
        let counters = leases.counters(of: queue.key, now: now)
        let move = try writer.beginMove(
            task, from: queue.key, to: target?.arn, perSecond: perSecond,
            hidden: counters.inFlight + counters.delayed)
        return .success((move, queue.arn))
    }
}

/// What source and destination of a move task have to be.
private enum MoveRules {
    /// A queue of the caller's region by its ARN.
    static func queue(
        _ text: String, _ parameter: String, of location: Location, in catalog: CatalogSnapshot
    ) throws(AWSError) -> QueueDefinition {
        guard let arn = ARN(text), arn.region == location.region, let queue = catalog.queue(arn) else {
            throw .resourceNotFound(
                "The resource that you specified for the \(parameter) parameter doesn't exist.")
        }
        return queue
    }

    // AWS's words for these two are not recorded anywhere we know.
    static func check(
        _ destination: QueueDefinition, asDestinationOf source: QueueDefinition
    ) throws(AWSError) {
        guard destination.key != source.key else {
            throw .invalidParameter("Source queue and destination queue must be different queues.")
        }
        guard destination.isFIFO == source.isFIFO else {
            throw .invalidParameter("Source queue and destination queue must be of the same type.")
        }
    }

    static let isRunning = AWSError.invalidParameter(
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
    )
    static let tooMany = AWSError(
        "RequestThrottled",
        "There are \(MoveLimits.tasksOfAccount) message move tasks running. Wait until one of them has ended.",
        status: 403)
}

extension AWSError {
    fileprivate static func resourceNotFound(_ message: String) -> AWSError {
        AWSError("ResourceNotFoundException", message, status: 404)
    }
}

extension JSONWriter {
    /// One result of `ListMessageMoveTasks`.
    fileprivate mutating func moveTask(_ move: MessageMove, source: ARN) {
        beginObject()
        if move.status == .running {
            key("TaskHandle")
            value(TaskHandle(task: move.task, source: source).text)
        }
        key("Status")
        value(move.status.rawValue)
        key("SourceArn")
        value(source.description)
        if let destination = move.destination {
            key("DestinationArn")
            value(destination.description)
        }
        if let perSecond = move.perSecond {
            key("MaxNumberOfMessagesPerSecond")
            value(Int64(perSecond))
        }
        key("ApproximateNumberOfMessagesMoved")
        value(Int64(move.moved))
        key("ApproximateNumberOfMessagesToMove")
        value(Int64(move.toMove))
        if let failure = move.failure {
            key("FailureReason")
            value(failure)
        }
        key("StartedTimestamp")
        value(move.startedAt.millisecondsSinceEpoch)
        endObject()
    }
}
