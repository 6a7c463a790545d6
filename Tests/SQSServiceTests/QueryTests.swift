import AWSWire
import ByteCoding
import Foundation
import HTTP
import Testing
import WireTesting

@Suite("SQS's Query protocol")
struct QueryTests {
    private static let namespace = "http://queue.amazonaws.com/doc/2012-11-05/"
    private static let metadata =
        "<ResponseMetadata><RequestId>7f3f9a5c-0000-4000-8000-000000000000</RequestId></ResponseMetadata>"

    @Test("A golden conversation goes the same way in forms and XML", arguments: QueryConversation.recorded())
    func golden(path: String) throws {
        var conversation = try QueryConversation(path)
        let difference = try conversation.play(in: SQSWorld().wire)
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test(
        "Every operation is recorded",
        arguments: [
            "AddPermission", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "CreateQueue",
            "DeleteMessage", "DeleteMessageBatch", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl",
            "ListDeadLetterSourceQueues", "ListQueueTags", "ListQueues", "PurgeQueue", "ReceiveMessage",
            "RemovePermission", "SendMessage", "SendMessageBatch", "SetQueueAttributes", "TagQueue",
            "UntagQueue", "StartMessageMoveTask", "ListMessageMoveTasks", "CancelMessageMoveTask",
        ])
    func isRecorded(operation: String) {
        #expect(QueryConversation.recorded().contains { $0.hasPrefix("\(operation)/") })
    }

    private func send(
        _ world: SQSWorld, _ method: String, _ target: String, _ headers: [(String, String)] = [],
        form: String? = nil
    ) throws -> HTTPResponse {
        let type = form.map { _ in [("Content-Type", "application/x-www-form-urlencoded")] } ?? []
        return try world.wire.send(
            HTTPRequest(
                method: method, target: target,
                headers: HeaderFields([("Host", "localhost:4566")] + type + headers),
                body: Array((form ?? "").utf8)))
    }

    @Test(
        "A queue's URL stands for the queue, with any method, with or without a version",
        arguments: [
            ("GET", "/000000000000/orders?Action=SendMessage&MessageBody=a+b", nil),
            ("GET", "/000000000000/orders?Version=2012-11-05&MessageBody=a%20b&Action=SendMessage", nil),
            ("POST", "/000000000000/orders", "Action=SendMessage&MessageBody=a+b"),
            ("POST", "/000000000000/orders?Action=SendMessage", "MessageBody=a+b"),
            ("POST", "/000000000000/orders?MessageBody=a+b", "Action=SendMessage"),
            ("POST", "/queue/us-east-1/000000000000/orders", "Action=SendMessage&MessageBody=a+b"),
            ("POST", "/queue/000000000000/orders", "Action=SendMessage&MessageBody=a+b"),
            ("POST", "/queue/orders", "Action=SendMessage&MessageBody=a+b"),
        ])
    func atQueue(method: String, target: String, form: String?) throws {
        let world = try SQSWorld(creatingQueue: [:])
        let sent = try send(world, method, target, form: form)
        #expect(sent.status == 200, "\(sent.bodyText)")
        #expect(sent.headers.contains { $0.0 == "Content-Type" && $0.1 == "text/xml" })
        let received = try send(world, "GET", "/000000000000/orders?Action=ReceiveMessage")
        #expect(received.bodyText.contains("<Body>a b</Body>"))
    }

    @Test("A receive that finds nothing is an empty element, and an operation without a result has none")
    func empty() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let received = try send(world, "GET", "/000000000000/orders?Action=ReceiveMessage")
        #expect(
            received.bodyText
                == "<ReceiveMessageResponse xmlns=\"\(Self.namespace)\"><ReceiveMessageResult/>\(Self.metadata)"
                + "</ReceiveMessageResponse>")
        let purged = try send(world, "GET", "/000000000000/orders?Action=PurgeQueue")
        #expect(
            purged.bodyText
                == "<PurgeQueueResponse xmlns=\"\(Self.namespace)\">\(Self.metadata)</PurgeQueueResponse>")
    }

    @Test(
        "Actions that belong to no queue are not valid at one, nor are those that nobody knows",
        arguments: [
            ("/000000000000/orders", "CreateQueue"), ("/000000000000/orders", "ListQueues"),
            ("/000000000000/orders", "FooBar"), ("/", "FooBar"),
        ])
    func invalidAction(path: String, action: String) throws {
        let world = try SQSWorld(creatingQueue: [:])
        let answer = try send(
            world, "POST", path, form: "Action=\(action)&Version=2012-11-05&QueueName=other")
        #expect(answer.status == 400)
        #expect(
            answer.bodyText
                == "<ErrorResponse xmlns=\"\(Self.namespace)\"><Error><Type>Sender</Type><Code>InvalidAction</Code>"
                + "<Message>The action \(action) is not valid for this endpoint.</Message><Detail/></Error>"
                + "<RequestId>7f3f9a5c-0000-4000-8000-000000000000</RequestId></ErrorResponse>")
    }

    @Test("A queue's URL without an action is an unknown operation")
    func noAction() throws {
        let world = try SQSWorld(creatingQueue: [:])
        for path in ["/000000000000/orders", "/queue/us-east-1/000000000000/orders", "/000000000000/none"] {
            let answer = try send(world, "GET", path)
            #expect(answer.status == 404)
            #expect(answer.bodyText == "<UnknownOperationException/>")
        }
        #expect(try send(world, "GET", "/some/where").bodyText.contains("Nothing is served"))
    }

    @Test(
        "Parameters that are wrong in this protocol only are refused by name",
        arguments: [
            ("Action=SendMessage", "MissingParameter", "The request must contain the parameter MessageBody."),
            (
                "Action=SetQueueAttributes&Attribute.1.Value=3", "MissingParameter",
                "The request must contain the parameter Attribute.1.Name."
            ),
            (
                "Action=ReceiveMessage&MaxNumberOfMessages=many", "InvalidParameterValue",
                "Value many for parameter MaxNumberOfMessages is invalid. Reason: Must be an integer."
            ),
            (
                "Action=SendMessage&MessageBody=x&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=Binary"
                    + "&MessageAttribute.1.Value.BinaryValue=%21",
                "InvalidParameterValue",
                "Value ! for parameter MessageAttribute.1.Value.BinaryValue is invalid. Reason: "
                    + "Must be encoded in base64."
            ),
        ])
    func badParameters(form: String, code: String, message: String) throws {
        let world = try SQSWorld(creatingQueue: [:])
        let answer = try send(world, "POST", "/000000000000/orders", form: form)
        #expect(answer.status == 400)
        #expect(
            answer.bodyText.contains("<Code>\(code)</Code><Message>\(message)</Message>"),
            "\(answer.bodyText)")
    }

    @Test("Lists and maps may leave out the number of their only element")
    func unnumbered() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let set = try send(
            world, "POST", "/000000000000/orders",
            form: "Action=SetQueueAttributes&Attribute.Name=VisibilityTimeout&Attribute.Value=35")
        #expect(set.status == 200, "\(set.bodyText)")
        let found = try send(
            world, "POST", "/000000000000/orders",
            form: "Action=GetQueueAttributes&AttributeName=VisibilityTimeout")
        #expect(
            found.bodyText.contains("<Attribute><Name>VisibilityTimeout</Name><Value>35</Value></Attribute>"))
    }

    @Test("A batch of more than 1 MiB is refused as a whole, in both protocols")
    func longBatch() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let text = String(repeating: "x", count: 524_288)
        let words = "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
        let json = try world.wire.send(
            world.request(
                "SendMessageBatch",
                [
                    "QueueUrl": .string(SQSWorld.queueURL),
                    "Entries": [
                        ["Id": "a", "MessageBody": .string(text)],
                        ["Id": "b", "MessageBody": .string(text + "x")],
                    ],
                ]))
        #expect(json.status == 400)
        #expect(
            json.headers.contains {
                $0.0 == "x-amzn-query-error" && $0.1 == "AWS.SimpleQueueService.BatchRequestTooLong;Sender"
            })
        #expect(try world.json(json)["__type"]?.stringValue == "com.amazonaws.sqs#BatchRequestTooLong")
        #expect(try world.json(json)["message"]?.stringValue == words)
        let entry = "SendMessageBatchRequestEntry"
        let xml = try send(
            world, "POST", "/000000000000/orders",
            form: "Action=SendMessageBatch&\(entry).1.Id=a&\(entry).1.MessageBody=\(text)"
                + "&\(entry).2.Id=b&\(entry).2.MessageBody=\(text)x")
        #expect(
            xml.bodyText.contains(
                "<Code>AWS.SimpleQueueService.BatchRequestTooLong</Code><Message>\(words)</Message>"))
        let counts = try world.call(
            "GetQueueAttributes",
            ["QueueUrl": .string(SQSWorld.queueURL), "AttributeNames": ["ApproximateNumberOfMessages"]])
        #expect(counts["Attributes"]?["ApproximateNumberOfMessages"]?.stringValue == "0")
    }

    @Test("What XML cannot write is replaced, so that the rest can be read")
    func controlCharacters() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let form = "Action=DeleteMessage&ReceiptHandle=%01%3Ca%09%EF%BF%BF"
        let answer = try send(world, "POST", "/000000000000/orders", form: form)
        #expect(answer.bodyText.contains("handle &quot;\u{FFFD}&lt;a\t\u{FFFD}&quot; is not a valid"))
    }

    @Test("A wait in this protocol ends with the message as XML")
    func longPoll() throws {
        let world = try SQSWorld(creatingQueue: [:])
        let waiting = world.wire.start(
            HTTPRequest(
                method: "GET", target: "/000000000000/orders?Action=ReceiveMessage&WaitTimeSeconds=20",
                headers: HeaderFields([("Host", "localhost:4566")])))
        _ = try world.call("ListQueues", [:])
        #expect(!waiting.isThere)
        try world.send("<late>")
        #expect(try waiting.response().bodyText.contains("<Body>&lt;late&gt;</Body>"))
    }

    @Test("Unsigned calls are of the region in the host; URLs may name another")
    func regions() throws {
        let world = try SQSWorld()
        let host = ("Host", "sqs.eu-west-1.localhost:4566")
        let made = try world.wire.send(
            HTTPRequest(
                method: "GET", target: "/?Action=CreateQueue&QueueName=orders",
                headers: HeaderFields([host])))
        #expect(made.bodyText.contains("<QueueUrl>http://sqs.eu-west-1.localhost:4566/000000000000/orders<"))
        for url in [
            "https://sqs.eu-west-1.amazonaws.com/000000000000/orders",
            "https://eu-west-1.queue.amazonaws.com/000000000000/orders",
            "http://localhost:4566/queue/eu-west-1/000000000000/orders",
        ] {
            let found = try world.call(
                "GetQueueAttributes", ["QueueUrl": .string(url), "AttributeNames": ["QueueArn"]])
            #expect(
                found["Attributes"]?["QueueArn"]?.stringValue == "arn:aws:sqs:eu-west-1:000000000000:orders")
        }
        let other = try world.call("GetQueueUrl", ["QueueName": "orders"])
        #expect(other["__type"]?.stringValue == "com.amazonaws.sqs#QueueDoesNotExist")
    }
}
