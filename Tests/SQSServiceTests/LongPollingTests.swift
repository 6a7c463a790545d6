import ByteCoding
import EventModel
import EventStore
import HTTP
import Testing
import WireTesting

@Suite("Receives that wait")
struct LongPollingTests {
    @Test("A send answers the receive that came first, and only that one")
    func wokenBySend() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let first = world.wire.start(world.receiveRequest(waitSeconds: 20))
        let second = world.wire.start(world.receiveRequest(waitSeconds: 20))
        // Answered on the same loop after both were parked.
        _ = try world.call("ListQueues", [:])
        try world.send("one")
        #expect(try world.json(first.response()).firstBody == "one")
        #expect(!second.isThere)
        try world.send("two")
        #expect(try world.json(second.response()).firstBody == "two")
    }

    @Test("A message that is given back wakes a waiting receive")
    func wokenByVisibility() throws {
        let world = try SQSWorld(creatingQueue: [:])
        try world.send("one")
        let received = try world.json(world.wire.send(world.receiveRequest()))
        let handle = try #require(received.firstMessage?["ReceiptHandle"])
        let waiting = world.wire.start(world.receiveRequest(waitSeconds: 20))
        _ = try world.call(
            "ChangeMessageVisibility",
            ["QueueUrl": .string(SQSWorld.queueURL), "ReceiptHandle": handle, "VisibilityTimeout": 0])
        let again = try world.json(waiting.response())
        #expect(again.firstMessage?["Attributes"]?["ApproximateReceiveCount"]?.stringValue == "2")
    }

    @Test("A delayed message wakes a waiting receive when its time has come")
    func wokenByTimer() throws {
        let world = try SQSWorld(creatingQueue: [:])
        try world.send("later", delaySeconds: 1)
        let waiting = world.wire.start(world.receiveRequest(waitSeconds: 20))
        _ = try world.call("ListQueues", [:])
        #expect(!waiting.isThere)
        world.wire.clock.advance(by: .seconds(1))
        #expect(try world.json(waiting.response()).firstBody == "later")
    }

    @Test("A wait that was in vain ends with an empty answer")
    func empty() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let answer = try world.wire.send(world.receiveRequest(waitSeconds: 1))
        #expect(answer.bodyText == "{}")
    }

    @Test("A client that left takes no message along")
    func leftClient() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let gone = world.wire.start(world.receiveRequest(waitSeconds: 20))
        let patient = world.wire.start(world.receiveRequest(waitSeconds: 20))
        gone.leave()
        try world.send("one")
        let answer = try world.json(patient.response())
        #expect(answer.firstBody == "one")
        #expect(answer.firstMessage?["Attributes"]?["ApproximateReceiveCount"]?.stringValue == "1")
        #expect(!gone.isThere)
    }

    @Test("The queue's own wait counts when the receive names none")
    func queueAttribute() throws {
        let world = try SQSWorld(creatingQueue: ["ReceiveMessageWaitTimeSeconds": "20"])
        let waiting = world.wire.start(
            world.request("ReceiveMessage", ["QueueUrl": .string(SQSWorld.queueURL)]))
        _ = try world.call("ListQueues", [:])
        #expect(!waiting.isThere)
        try world.send("one")
        #expect(try world.json(waiting.response()).firstBody == "one")
    }

    @Test("Deleting the queue ends its waiting receives")
    func deletedQueue() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let waiting = world.wire.start(world.receiveRequest(waitSeconds: 20))
        _ = try world.call("DeleteQueue", ["QueueUrl": .string(SQSWorld.queueURL)])
        let answer = try waiting.response()
        #expect(answer.status == 400)
        #expect(answer.bodyText.contains("QueueDoesNotExist"))
    }

    @Test("Hundreds wait in line and get their messages in the order in which they came, past those who left")
    func line() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let all = (0..<300).map { _ in world.wire.start(world.receiveRequest(waitSeconds: 20)) }
        for index in stride(from: 0, to: 300, by: 3) { all[index].leave() }
        for index in 200..<250 where index % 3 != 0 { all[index].leave() }
        let staying = all.indices.filter { $0 % 3 != 0 && !(200..<250).contains($0) }
        for index in staying { try world.send("\(index)") }
        for index in staying { #expect(try world.json(all[index].response()).firstBody == "\(index)") }
        #expect(all.indices.allSatisfy { all[$0].isThere == staying.contains($0) })
        // The line is empty, so a message stays for the next receive.
        try world.send("last")
        #expect(try world.json(world.wire.send(world.receiveRequest())).firstBody == "last")
    }

    @Test("The limit of messages in flight refuses a short poll and lets a long poll wait")
    func inFlightLimit() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let queue = try #require(world.wire.store.catalog.snapshot.queues.first?.key)
        try world.fillInFlight(queue)
        try world.send("one more")
        let refused = try world.wire.send(world.receiveRequest())
        #expect(refused.status == 403)
        #expect(refused.bodyText.contains("OverLimit"))
        #expect(try world.wire.send(world.receiveRequest(waitSeconds: 1)).bodyText == "{}")
        // A deletion makes room, which wakes who waits.
        let waiting = world.wire.start(world.receiveRequest(waitSeconds: 20))
        _ = try world.call("ListQueues", [:])
        #expect(!waiting.isThere)
        try world.delete([1], from: queue)
        #expect(try world.json(waiting.response()).firstBody == "one more")
    }

    @Test("A second purge within a minute is refused")
    func purgeRule() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let purge = world.request("PurgeQueue", ["QueueUrl": .string(SQSWorld.queueURL)])
        #expect(try world.wire.send(purge).status == 200)
        world.wire.clock.advance(by: .seconds(59))
        let refused = try world.wire.send(purge)
        #expect(refused.status == 403)
        #expect(refused.bodyText.contains("PurgeQueueInProgress"))
        world.wire.clock.advance(by: .seconds(1))
        #expect(try world.wire.send(purge).status == 200)
    }
}
