import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP
import SQSService
import Testing
import WireTesting

@Suite("Move tasks and the time")
struct MessageMovesTests {
    private static let dead = Location().arn("sqs", "dead")

    /// A world with the queue `orders`, its dead-letter queue, and messages in that.
    private static func world(messages: Int) throws -> SQSWorld {
        let world = try SQSWorld()
        _ = try world.call("CreateQueue", ["QueueName": "dead"])
        let policy = #"{"deadLetterTargetArn":"\#(dead)","maxReceiveCount":1}"#
        _ = try world.call(
            "CreateQueue", ["QueueName": "orders", "Attributes": ["RedrivePolicy": .string(policy)]])
        for number in 0..<messages {
            _ = try world.call(
                "SendMessage",
                [
                    "QueueUrl": "http://localhost:4566/000000000000/dead",
                    "MessageBody": .string("message \(number)"),
                ])
        }
        return world
    }

    private static func key(_ world: SQSWorld) throws -> QueueKey {
        try #require(world.wire.store.catalog.queue(dead)).key
    }

    /// The newest task, once it is as wanted.
    private static func task(
        _ world: SQSWorld, where isWanted: (JSONValue) -> Bool
    ) throws -> JSONValue {
        // Each call is a turn of the loop that moves too.
        for _ in 0..<20_000 {
            let answer = try world.call("ListMessageMoveTasks", ["SourceArn": .string(dead.description)])
            if let task = answer["Results"]?.arrayValue?.first, isWanted(task) { return task }
        }
        Issue.record("the task did not come to what was awaited")
        return .null
    }

    @Test("A task that a killed daemon left running goes on", arguments: [nil, 500])
    func resumed(perSecond: Int?) throws {
        let world = try Self.world(messages: 5)
        let dead = try Self.key(world)
        try world.wire.store.perform { writer throws(StoreError) in
            _ = try writer.beginMove(
                "left", from: dead, to: Location().arn("sqs", "orders"), perSecond: perSecond, hidden: 0)
        }
        var router = ServiceRouter()
        SQSService(
            store: world.wire.store, reader: try world.wire.store.makeReader(), loop: world.wire.loop,
            now: { [clock = world.wire.clock] in clock.now }
        ).register(on: &router)
        let task = try Self.task(world) { $0["Status"]?.stringValue == "COMPLETED" }
        #expect(task["ApproximateNumberOfMessagesMoved"]?.intValue == 5)
    }

    @Test("A task that was being cancelled when the daemon died is cancelled")
    func cancelledAtStart() throws {
        let world = try Self.world(messages: 5)
        let dead = try Self.key(world)
        try world.wire.store.perform { writer throws(StoreError) in
            _ = try writer.beginMove(
                "left", from: dead, to: Location().arn("sqs", "orders"), perSecond: nil, hidden: 0)
            _ = try writer.setMove("left", .cancelling)
        }
        var router = ServiceRouter()
        SQSService(
            store: world.wire.store, reader: try world.wire.store.makeReader(), loop: world.wire.loop,
            now: { [clock = world.wire.clock] in clock.now }
        ).register(on: &router)
        let task = try Self.task(world) { $0["Status"]?.stringValue == "CANCELLED" }
        #expect(task["ApproximateNumberOfMessagesMoved"]?.intValue == 0)
    }

    @Test("A task ends after 36 hours")
    func timeOut() throws {
        let world = try Self.world(messages: 2)
        _ = try world.call(
            "StartMessageMoveTask",
            [
                "SourceArn": .string(Self.dead.description), "MaxNumberOfMessagesPerSecond": 1,
                "DestinationArn": .string(Location().arn("sqs", "orders").description),
            ])
        _ = try Self.task(world) { $0["ApproximateNumberOfMessagesMoved"]?.intValue == 1 }
        world.wire.clock.advance(by: .seconds(36 * 3_600))
        let task = try Self.task(world) { $0["Status"]?.stringValue == "FAILED" }
        #expect(task["FailureReason"]?.stringValue == "The task ran for longer than 36 hours.")
        #expect(task["ApproximateNumberOfMessagesMoved"]?.intValue == 1)
    }

    @Test("An account has a hundred tasks at a time")
    func limit() throws {
        let world = try Self.world(messages: 0)
        try world.wire.store.perform { writer throws(StoreError) in
            for number in 0..<100 {
                let queue = try writer.createQueue(
                    name: "other-\(number)", location: Location(), attributes: QueueAttributes(), tags: [:])
                _ = try writer.beginMove("\(number)", from: queue.key, to: nil, perSecond: nil, hidden: 0)
            }
        }
        let start: JSONValue = ["SourceArn": .string(Self.dead.description)]
        let refusal = try world.wire.send(world.request("StartMessageMoveTask", start))
        #expect(refusal.status == 403)
        #expect(try world.json(refusal)["__type"]?.stringValue == "com.amazonaws.sqs#RequestThrottled")
        _ = try world.wire.store.perform { writer throws(StoreError) in try writer.setMove("7", .cancelled) }
        #expect(try world.wire.send(world.request("StartMessageMoveTask", start)).status == 200)
    }
}
