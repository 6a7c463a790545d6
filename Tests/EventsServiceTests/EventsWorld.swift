import AWSWire
import ByteCoding
import EventModel
import EventStore
import EventsService
import HTTP
import KinesisService
import SNSService
import SQSService
import WireTesting

/// A world with EventBridge and everything that its rules may have as target, the queue `orders` in it.
struct EventsWorld {
    static let queue = "arn:aws:sqs:us-east-1:000000000000:orders"

    let wire: WireWorld

    init(firing: Bool = false) throws {
        wire = try WireWorld { router, parts in
            let service = EventsService(
                store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now,
                identifiers: parts.identifiers, report: { _ in })
            if !firing { service.stopFiring() }
            service.register(on: &router)
            SQSService(store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now)
                .register(on: &router)
            KinesisService(store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now)
                .register(on: &router)
            let topics = SNSService(
                store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now, report: { _ in })
            topics.stopDelivering()
            topics.register(on: &router)
        }
        try makeQueue("orders")
    }

    func makeQueue(_ name: String, _ change: (inout QueueAttributes) -> Void = { _ in }) throws {
        var attributes = QueueAttributes()
        change(&attributes)
        let wanted = attributes
        _ = try wire.store.perform { writer throws(StoreError) in
            try writer.createQueue(name: name, location: Location(), attributes: wanted, tags: [:])
        }
    }

    static func request(_ operation: String, _ body: JSONValue) -> HTTPRequest {
        HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([
                ("Host", "localhost:4566"), ("X-Amz-Target", "AWSEvents.\(operation)"),
                ("Content-Type", "application/x-amz-json-1.1"),
            ]), body: body.bytes)
    }

    @discardableResult
    func call(_ operation: String, _ body: JSONValue) throws -> JSONValue {
        let response = try wire.send(Self.request(operation, body))
        guard !response.bodyBytes.isEmpty else { return [:] }
        return try JSONValue(parsing: response.bodyBytes)
    }

    /// A rule of the default bus for everything that has the source `shop`, with one target.
    func makeRule(_ target: JSONValue, name: String = "all", bus: String = "default") throws {
        try call(
            "PutRule",
            ["Name": .string(name), "EventBusName": .string(bus), "EventPattern": #"{"source":["shop"]}"#])
        let answer = try call(
            "PutTargets",
            ["Rule": .string(name), "EventBusName": .string(bus), "Targets": [target]])
        guard answer["FailedEntryCount"] == 0 else { throw StoreError.conflict(answer.text) }
    }

    @discardableResult
    func put(_ detail: String, bus: String = "default", source: String = "shop") throws -> JSONValue {
        try call(
            "PutEvents",
            [
                "Entries": [
                    [
                        "Source": .string(source), "DetailType": "Sale", "Detail": .string(detail),
                        "EventBusName": .string(bus), "Resources": ["one", "two"], "Time": 1_700_000_000,
                    ]
                ]
            ])
    }

    /// The messages of a queue, as bodies and message attributes; they stay hidden afterwards.
    func messages(in queue: String = "orders") throws -> [(body: String, attributes: JSONValue)] {
        let request = HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([
                ("Host", "localhost:4566"), ("X-Amz-Target", "AmazonSQS.ReceiveMessage"),
            ]),
            body: JSONValue.object(
                JSONObject([
                    ("QueueUrl", .string("http://localhost:4566/000000000000/\(queue)")),
                    ("MaxNumberOfMessages", 10), ("MessageAttributeNames", ["All"]),
                ])
            ).bytes)
        let answer = try JSONValue(parsing: wire.send(request).bodyBytes)
        return (answer["Messages"]?.arrayValue ?? []).map {
            ($0["Body"]?.stringValue ?? "", $0["MessageAttributes"] ?? [:])
        }
    }
}
