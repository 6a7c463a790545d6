import ByteCoding
import EventModel
import EventStore
import HTTP
import SQSService
import WireTesting

/// A world with SQS alone and one queue in it.
struct SQSWorld {
    static let queueURL = "http://localhost:4566/000000000000/orders"

    let wire: WireWorld

    init(creatingQueue attributes: [String: String]? = nil, isLimited: Bool = false) throws {
        wire = try WireWorld { router, parts in
            SQSService(
                store: parts.store, reader: parts.reader, loop: parts.loop, isLimited: isLimited,
                now: parts.now
            ).register(on: &router)
        }
        guard let attributes else { return }
        let members = JSONObject(attributes.map { ($0.key, JSONValue.string($0.value)) })
        _ = try call("CreateQueue", ["QueueName": "orders", "Attributes": .object(members)])
    }

    func request(_ operation: String, _ body: JSONValue) -> HTTPRequest {
        .json("AmazonSQS", operation, body.text)
    }

    /// Waits for the answer; its body as JSON, `null` when it is empty.
    func call(_ operation: String, _ body: JSONValue) throws -> JSONValue {
        try json(wire.send(request(operation, body)))
    }

    func json(_ response: HTTPResponse) throws -> JSONValue {
        response.bodyBytes.isEmpty ? .null : try JSONValue(parsing: response.bodyBytes)
    }

    func send(_ body: String, delaySeconds: Int64 = 0) throws {
        _ = try call(
            "SendMessage",
            [
                "QueueUrl": .string(Self.queueURL), "MessageBody": .string(body),
                "DelaySeconds": .number(String(delaySeconds)),
            ])
    }

    /// Has as many messages of the queue in flight as there may be.
    func fillInFlight(_ queue: QueueKey) throws {
        let reader = try wire.store.makeReader()
        for _ in 0..<12 {
            var batch = MessageBatch()
            for _ in 0..<Limits.inFlightMessages / 12 { batch.append(body: [120], md5: 1) }
            let ready = batch
            try wire.store.perform { writer throws(StoreError) in _ = try writer.send(ready, to: queue) }
            let got = try reader.receive(
                from: queue, maximum: ready.entries.count, now: wire.clock.now
            ) { _, _, _ in
            }
            guard got.received == ready.entries.count else { throw WireWorldError.unanswered("receive") }
        }
    }

    func delete(_ positions: [Position], from queue: QueueKey) throws {
        wire.store.leases.beginDelete(positions, in: queue)
        try wire.store.perform { writer throws(StoreError) in try writer.delete(positions, from: queue) }
    }

    func receiveRequest(waitSeconds: Int = 0, visibilitySeconds: Int = 30) -> HTTPRequest {
        request(
            "ReceiveMessage",
            [
                "QueueUrl": .string(Self.queueURL), "WaitTimeSeconds": .number(String(waitSeconds)),
                "VisibilityTimeout": .number(String(visibilitySeconds)),
                "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
            ])
    }
}

extension JSONValue {
    /// The first message of an answer to `ReceiveMessage`.
    var firstMessage: JSONValue? { self["Messages"]?.arrayValue?.first }
    var firstBody: String? { firstMessage?["Body"]?.stringValue }
}
