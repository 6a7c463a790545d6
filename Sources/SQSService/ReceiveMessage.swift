import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

/// The answer to a receive, and what must be durable before it is given.
struct ReceivedAnswer: Sendable {
    let json: [UInt8]
    let pending: PendingReceive?
}

extension SQSService {
    func receiveMessage(_ call: ServiceCall) throws(AWSError) {
        let request = try ReceiveRequest(parsing: call.body)
        let queue = try queue(request.queueURL, call)
        try request.check(for: queue)
        let wait = request.waitSeconds ?? queue.attributes.receiveWaitTimeSeconds
        // Somebody who left would take messages to the grave until their visibility timeout.
        guard call.responder.isConnected else { return }
        try limitReceive(from: queue)
        if let received = try receive(request, from: queue, refusesOverLimit: wait == 0) {
            return deliver(received, to: call)
        }
        guard wait > 0, !parked.isClosed else { return call.succeed(json: Array("{}".utf8)) }
        park(ParkedReceive(call: call, request: request, queue: queue.key), seconds: wait)
    }

    /// Answers with received messages, after their receive is durable where it has to be.
    func deliver(_ received: ReceivedAnswer, to call: ServiceCall) {
        guard let pending = received.pending else { return call.succeed(json: received.json) }
        store.keep(pending, mayRunHere: loop.isQuiet) { [self] result in
            loop.execute { [self] in
                switch result {
                case .failure(let error): call.fail(error.wireError)
                case .success where call.responder.isConnected: call.succeed(json: received.json)
                // Who left while it was written would block what follows until the visibility timeout.
                case .success: store.leases.release(pending.positions, in: pending.queue, now: now())
                }
            }
        }
    }

    /// Receives what is there now; `nil` when nothing is.
    ///
    /// - Parameter refusesOverLimit: Throws when the queue's in-flight limit is in the way; otherwise that looks empty.
    func receive(
        _ request: ReceiveRequest, from queue: QueueDefinition, refusesOverLimit: Bool
    ) throws(AWSError) -> ReceivedAnswer? {
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.key("Messages")
        json.beginArray()
        let outcome: ReceiveOutcome
        let moment = now()
        let spent = spentGroups(of: queue, now: moment)
        var served: Set<UInt64> = []
        do throws(StoreError) {
            outcome = try reader.receive(
                from: queue.key, maximum: request.maximum, visibilitySeconds: request.visibilitySeconds,
                attempt: request.attempt, passingOver: spent, now: moment
            ) { message, body, attributes in
                if throttle != nil, let group = message.groupID {
                    served.insert(GroupName.hash(group.utf8Span.span))
                }
                write(message, body, attributes, for: request, of: queue, to: &json)
            }
        } catch {
            throw error.wireError
        }
        guard outcome.received > 0 else {
            if outcome.isAtInFlightLimit, refusesOverLimit, !queue.isFIFO { throw .overLimit }
            if outcome.passedOver > 0 { throw FIFOThrottle.Action.receive.refusal(isOfGroup: true) }
            return nil
        }
        countReceive(of: served, from: queue, now: moment)
        json.endArray()
        json.endObject()
        return ReceivedAnswer(json: json.bytes, pending: outcome.pending)
    }

    private func write(
        _ message: ReceivedMessage, _ body: Span<UInt8>, _ attributes: Span<UInt8>,
        for request: ReceiveRequest, of queue: QueueDefinition, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.key("MessageId")
        json.messageID(message.messageID)
        json.key("ReceiptHandle")
        json.receiptHandle(message.receipt)
        json.key("MD5OfBody")
        json.digest(message.bodyMD5)
        json.key("Body")
        json.string(escaping: body)
        if !request.systemAttributes.isEmpty {
            json.systemAttributes(of: message, wanted: request.systemAttributes, in: queue)
        }
        if !attributes.isEmpty, !request.messageAttributes.isEmpty {
            writeMessageAttributes(attributes, message.attributesMD5, for: request, to: &json)
        }
        json.endObject()
    }

    private func writeMessageAttributes(
        _ attributes: Span<UInt8>, _ md5: UInt128, for request: ReceiveRequest, to json: inout JSONWriter
    ) {
        guard !request.messageAttributes.isAll else {
            json.key("MD5OfMessageAttributes")
            json.digest(md5)
            json.key("MessageAttributes")
            json.raw(attributes)
            return
        }
        do throws(WireProblem) {
            // The digest covers what is returned, not what was sent.
            let set = try MessageAttributeSet(stored: attributes) { request.messageAttributes.contains($0) }
            guard !set.isEmpty else { return }
            json.key("MD5OfMessageAttributes")
            json.digest(set.digest(hasher))
            json.key("MessageAttributes")
            set.write(to: &json)
        } catch {
            preconditionFailure("stored message attributes are JSON that this service wrote: \(error)")
        }
    }
}

extension JSONWriter {
    /// The member `Attributes` with the system attributes that are wanted and there.
    fileprivate mutating func systemAttributes(
        of message: ReceivedMessage, wanted: NameSelection, in queue: QueueDefinition
    ) {
        key("Attributes")
        beginObject()
        attribute("SenderId", queue.location.account, wanted)
        attribute("ApproximateReceiveCount", Int64(message.receiveCount), wanted)
        attribute("ApproximateFirstReceiveTimestamp", message.firstReceivedAt.millisecondsSinceEpoch, wanted)
        attribute("SentTimestamp", message.sentAt.millisecondsSinceEpoch, wanted)
        if let group = message.groupID { attribute("MessageGroupId", group, wanted) }
        if let id = message.deduplicationID { attribute("MessageDeduplicationId", id, wanted) }
        if queue.isFIFO { attribute("SequenceNumber", message.sequenceNumber.description, wanted) }
        if let trace = message.traceHeader { attribute("AWSTraceHeader", trace, wanted) }
        if let source = message.deadLetterSource {
            attribute("DeadLetterQueueSourceArn", source.description, wanted)
        }
        endObject()
    }

    private mutating func attribute(_ name: StaticString, _ text: String, _ wanted: NameSelection) {
        guard wanted.contains(name.description) else { return }
        key(name)
        value(text)
    }

    /// Numbers are strings here.
    private mutating func attribute(_ name: StaticString, _ number: Int64, _ wanted: NameSelection) {
        attribute(name, String(number), wanted)
    }
}
