import ByteCoding
import HTTP
import Testing
import WireTesting

@Suite("The pace of FIFO queues over the API")
struct FIFOLimitTests {
    private static let url = JSONValue.string("http://localhost:4566/000000000000/orders.fifo")
    private static let throttled = "com.amazonaws.sqs#RequestThrottled"

    private let world: SQSWorld

    init() throws { world = try SQSWorld(isLimited: true) }

    private func makeQueue(perGroup: Bool, in other: SQSWorld? = nil) throws {
        let high = [("DeduplicationScope", "messageGroup"), ("FifoThroughputLimit", "perMessageGroupId")]
        let usual = [("FifoQueue", "true"), ("ContentBasedDeduplication", "true")]
        let attributes = JSONObject(
            (usual + (perGroup ? high : [])).map { ($0.0, JSONValue.string($0.1)) })
        _ = try (other ?? world).call(
            "CreateQueue", ["QueueName": "orders.fifo", "Attributes": .object(attributes)])
    }

    private func send(_ body: String, group: String, in other: SQSWorld? = nil) throws -> HTTPResponse {
        let world = other ?? world
        return try world.wire.send(
            world.request(
                "SendMessage",
                ["QueueUrl": Self.url, "MessageBody": .string(body), "MessageGroupId": .string(group)]))
    }

    private func receive(waitSeconds: Int = 0, visibility: Int = 0) throws -> HTTPResponse {
        try world.wire.send(
            world.request(
                "ReceiveMessage",
                [
                    "QueueUrl": Self.url, "VisibilityTimeout": .number(String(visibility)),
                    "WaitTimeSeconds": .number(String(waitSeconds)),
                ]))
    }

    private func sendBatch(_ groups: [String], _ mark: String) throws -> HTTPResponse {
        let entries = groups.enumerated().map { index, group -> JSONValue in
            [
                "Id": .string("e\(index)"), "MessageBody": .string("\(mark) \(index)"),
                "MessageGroupId": .string(group),
            ]
        }
        return try world.wire.send(
            world.request("SendMessageBatch", ["QueueUrl": Self.url, "Entries": .array(entries)]))
    }

    private func expectThrottled(_ response: HTTPResponse) throws {
        #expect(response.status == 403)
        #expect(try world.json(response)["__type"]?.stringValue == Self.throttled)
    }

    @Test("Nothing is limited unless it is asked for")
    func unlimited() throws {
        let free = try SQSWorld()
        try makeQueue(perGroup: false, in: free)
        for number in 0..<400 {
            #expect(try send("\(number)", group: "a", in: free).status == 200)
        }
    }

    @Test("A queue takes 300 sends at once, single ones and batches, and stores no more")
    func sendsOfQueue() throws {
        try makeQueue(perGroup: false)
        for number in 0..<150 {
            #expect(try send("\(number)", group: "g\(number)").status == 200)
            #expect(try sendBatch(["a", "b", "c"], "batch \(number)").status == 200)
        }
        try expectThrottled(try send("late", group: "quiet"))
        try expectThrottled(try sendBatch(["a", "quiet"], "late"))
        let names: JSONValue = ["QueueUrl": Self.url, "AttributeNames": ["ApproximateNumberOfMessages"]]
        let counters = try world.call("GetQueueAttributes", names)["Attributes"]
        #expect(counters?["ApproximateNumberOfMessages"]?.stringValue == "600")
        world.wire.clock.advance(by: .milliseconds(4))
        #expect(try send("late", group: "quiet").status == 200)
        try expectThrottled(try send("later", group: "quiet"))
    }

    @Test("What is wrong in itself costs nothing")
    func wrongSends() throws {
        try makeQueue(perGroup: false)
        for _ in 0..<350 { #expect(try send("", group: "a").status == 400) }
        #expect(try send("right", group: "a").status == 200)
    }

    @Test("A queue answers 300 receives, found or not, and 300 deletes of their own")
    func receivesAndDeletesOfQueue() throws {
        try makeQueue(perGroup: false)
        _ = try send("one", group: "a")
        let handle = try #require(try world.json(receive(visibility: 30)).firstMessage?["ReceiptHandle"])
        for _ in 1..<300 { #expect(try receive().status == 200) }
        try expectThrottled(try receive())
        try expectThrottled(try receive(waitSeconds: 20))
        let delete = world.request("DeleteMessage", ["QueueUrl": Self.url, "ReceiptHandle": handle])
        for _ in 0..<300 { #expect(try world.wire.send(delete).status == 200) }
        try expectThrottled(try world.wire.send(delete))
        let entries: JSONValue = [["Id": "one", "ReceiptHandle": handle]]
        try expectThrottled(
            try world.wire.send(
                world.request("DeleteMessageBatch", ["QueueUrl": Self.url, "Entries": entries])))
    }

    @Test("In high throughput mode a loud group's messages fail, and others of their batch do not")
    func sendsOfGroups() throws {
        try makeQueue(perGroup: true)
        for number in 0..<300 { #expect(try send("\(number)", group: "loud").status == 200) }
        try expectThrottled(try send("late", group: "loud"))
        #expect(try send("late", group: "quiet").status == 200)
        let mixed = try world.json(try sendBatch(["loud", "quiet", "loud"], "mixed"))
        #expect(mixed["Successful"]?.arrayValue?.map { $0["Id"]?.stringValue } == ["e1"])
        #expect(mixed["Failed"]?.arrayValue?.map { $0["Id"]?.stringValue } == ["e0", "e2"])
        #expect(mixed["Failed"]?.arrayValue?.first?["Code"]?.stringValue == "RequestThrottled")
    }

    @Test("A batch is one call of each of its groups")
    func batchesOfGroups() throws {
        try makeQueue(perGroup: true)
        for number in 0..<300 {
            let answer = try world.json(try sendBatch(["a", "a", "b", "a"], "\(number)"))
            #expect(answer["Successful"]?.arrayValue?.count == 4)
        }
        let refused = try world.json(try sendBatch(["a", "b"], "late"))
        #expect(refused["Failed"]?.arrayValue?.count == 2)
        #expect(refused["Successful"] == nil)
    }

    @Test("Receives pass a group over that was received from too often; alone it has them refused")
    func receivesOfGroups() throws {
        try makeQueue(perGroup: true)
        _ = try send("loud", group: "loud")
        for _ in 0..<300 { #expect(try world.json(receive()).firstBody == "loud") }
        try expectThrottled(try receive())
        try expectThrottled(try receive(waitSeconds: 20))
        _ = try send("quiet", group: "quiet")
        #expect(try world.json(receive(visibility: 30)).firstBody == "quiet")
        try expectThrottled(try receive())
        world.wire.clock.advance(by: .milliseconds(4))
        #expect(try world.json(receive(visibility: 30)).firstBody == "loud")
        // Now there is nothing that could be passed over.
        let empty = try receive()
        #expect(empty.status == 200)
        #expect(try world.json(empty).firstBody == nil)
    }

    @Test("Deletes count for the groups of their messages")
    func deletesOfGroups() throws {
        try makeQueue(perGroup: true)
        _ = try send("loud", group: "loud")
        let loud = try #require(try world.json(receive()).firstMessage?["ReceiptHandle"])
        _ = try send("quiet", group: "quiet")
        let held = try world.call(
            "ReceiveMessage", ["QueueUrl": Self.url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 30])
        let messages = try #require(held["Messages"]?.arrayValue)
        let quiet = try #require(messages.first { $0["Body"]?.stringValue == "quiet" }?["ReceiptHandle"])
        // The receipt is not the message's last one: it is refused, and the message stays for the next call.
        let delete = world.request("DeleteMessage", ["QueueUrl": Self.url, "ReceiptHandle": loud])
        for _ in 0..<300 { #expect(try world.wire.send(delete).status == 400) }
        try expectThrottled(try world.wire.send(delete))
        let entries: JSONValue = [
            ["Id": "loud", "ReceiptHandle": loud], ["Id": "quiet", "ReceiptHandle": quiet],
        ]
        let mixed = try world.call("DeleteMessageBatch", ["QueueUrl": Self.url, "Entries": entries])
        #expect(mixed["Successful"]?.arrayValue?.map { $0["Id"]?.stringValue } == ["quiet"])
        #expect(mixed["Failed"]?.arrayValue?.first?["Code"]?.stringValue == "RequestThrottled")
    }
}
