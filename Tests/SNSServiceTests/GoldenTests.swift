import EventModel
import EventStore
import HTTP
import Testing
import WireTesting

/// One recorded exchange: the call, and the calls before it.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    typealias Call = (action: String, parameters: [(String, String)])

    let action: String
    let name: String
    let parameters: [(String, String)]
    var before: [Call] = []

    var testDescription: String { "\(action)/\(name)" }
}

@Suite("SNS on the wire")
struct GoldenTests {
    @Test("An exchange goes as recorded", arguments: GoldenCases.all)
    func exchange(golden: GoldenCase) throws {
        let world = try SNSWorld()
        for call in golden.before {
            #expect(try world.send(call.action, call.parameters).status == 200)
        }
        let request = SNSWorld.request(golden.action, golden.parameters)
        let response = try world.wire.send(request)
        let difference = try Golden(beside: #filePath).difference(
            golden.action, golden.name, request, response)
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test("A token confirms, says the same when it is used again, and is of no use after two days")
    func confirmation() throws {
        let world = try SNSWorld()
        let parameters = [
            ("TopicArn", SNSWorld.topic), ("Protocol", "http"), ("Endpoint", "http://127.0.0.1:9/"),
        ]
        func confirm(_ token: String, _ name: String) throws -> String? {
            let response = try world.send(
                "ConfirmSubscription", [("TopicArn", SNSWorld.topic), ("Token", token)])
            let shown = SNSWorld.request(
                "ConfirmSubscription", [("TopicArn", SNSWorld.topic), ("Token", "(the token)")])
            return try Golden(beside: #filePath).difference("ConfirmSubscription", name, shown, response)
        }
        _ = try world.send("Subscribe", parameters)
        let old = try world.lastToken()
        world.wire.clock.advance(by: SubscriptionLimits.confirmationLifetime)
        #expect(try confirm(old, "old-token") == nil)
        _ = try world.send("Subscribe", parameters)
        let token = try world.lastToken()
        #expect(token != old)
        #expect(try confirm(token, "confirmed") == nil)
        #expect(try confirm(token, "used-token") == nil)
    }
}

enum GoldenCases {
    static let all: [GoldenCase] =
        topics + attributes + permissions + tags + subscriptions + publishing + others

    private static let topic = ("TopicArn", SNSWorld.topic)
    private static let nobody = ("TopicArn", "arn:aws:sns:us-east-1:000000000000:nobody")
    private static let subscribe: GoldenCase.Call = (
        "Subscribe", [topic, ("Protocol", "sqs"), ("Endpoint", SNSWorld.queue)]
    )
    private static let subscribeEndpoint: GoldenCase.Call = (
        "Subscribe", [topic, ("Protocol", "http"), ("Endpoint", "http://127.0.0.1:9/")]
    )
    /// The first identifier of a world's seed.
    private static let subscription = ("SubscriptionArn", "\(SNSWorld.topic):\(firstID)")
    private static let firstID = "0acc9c17-5458-4409-838d-5a00dec08c50"

    private static func entry(
        _ name: String, _ number: Int, _ key: String, _ value: String
    ) -> [(String, String)] {
        [("\(name).entry.\(number).key", key), ("\(name).entry.\(number).value", value)]
    }

    private static let topics: [GoldenCase] = [
        GoldenCase(
            action: "CreateTopic", name: "created",
            parameters: [("Name", "other"), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")]
                + entry("Attributes", 1, "DisplayName", "Other <news>")),
        GoldenCase(action: "CreateTopic", name: "again", parameters: [("Name", "news")]),
        GoldenCase(
            action: "CreateTopic", name: "different-attributes",
            parameters: [("Name", "news")] + entry("Attributes", 1, "DisplayName", "x")),
        GoldenCase(
            action: "CreateTopic", name: "different-tags",
            parameters: [("Name", "news"), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")]),
        GoldenCase(action: "CreateTopic", name: "bad-name", parameters: [("Name", "a b")]),
        GoldenCase(action: "CreateTopic", name: "no-name", parameters: []),
        GoldenCase(action: "CreateTopic", name: "fifo", parameters: [("Name", "x.fifo")]),
        GoldenCase(
            action: "CreateTopic", name: "unknown-attribute",
            parameters: [("Name", "x")] + entry("Attributes", 1, "Nonsense", "x")),
        GoldenCase(action: "DeleteTopic", name: "deleted", parameters: [topic]),
        GoldenCase(action: "DeleteTopic", name: "not-there", parameters: [nobody]),
        GoldenCase(action: "DeleteTopic", name: "no-arn", parameters: [("TopicArn", "x")]),
        GoldenCase(action: "ListTopics", name: "one", parameters: []),
        GoldenCase(action: "ListTopics", name: "behind", parameters: [("NextToken", "news")]),
        GoldenCase(action: "ListTopics", name: "bad-token", parameters: [("NextToken", "%%")]),
    ]

    private static let attributes: [GoldenCase] = [
        GoldenCase(action: "GetTopicAttributes", name: "new", parameters: [topic]),
        GoldenCase(
            action: "GetTopicAttributes", name: "changed", parameters: [topic],
            before: [
                subscribe, subscribeEndpoint,
                (
                    "SetTopicAttributes",
                    [topic, ("AttributeName", "SignatureVersion"), ("AttributeValue", "2")]
                ),
            ]),
        GoldenCase(action: "GetTopicAttributes", name: "not-there", parameters: [nobody]),
        GoldenCase(action: "GetTopicAttributes", name: "no-topic", parameters: []),
        GoldenCase(
            action: "SetTopicAttributes", name: "set",
            parameters: [topic, ("AttributeName", "DisplayName"), ("AttributeValue", "x")]),
        GoldenCase(
            action: "SetTopicAttributes", name: "unknown",
            parameters: [topic, ("AttributeName", "Nonsense"), ("AttributeValue", "x")]),
        GoldenCase(
            action: "SetTopicAttributes", name: "not-supported",
            parameters: [topic, ("AttributeName", "SQSSuccessFeedbackRoleArn"), ("AttributeValue", "x")]),
        GoldenCase(
            action: "SetTopicAttributes", name: "bad-delivery-policy",
            parameters: [topic, ("AttributeName", "DeliveryPolicy"), ("AttributeValue", #"{"http":1}"#)]),
        GoldenCase(
            action: "SetTopicAttributes", name: "throttle-policy",
            parameters: [
                topic, ("AttributeName", "DeliveryPolicy"),
                ("AttributeValue", #"{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":1}}}"#),
            ]),
    ]

    private static let grant: [(String, String)] = [
        topic, ("Label", "friends"), ("AWSAccountId.member.1", "111122223333"),
        ("ActionName.member.1", "Publish"),
    ]

    private static let permissions: [GoldenCase] = [
        GoldenCase(action: "AddPermission", name: "added", parameters: grant),
        GoldenCase(
            action: "AddPermission", name: "twice", parameters: grant, before: [("AddPermission", grant)]),
        GoldenCase(action: "AddPermission", name: "no-label", parameters: [topic]),
        GoldenCase(
            action: "RemovePermission", name: "removed", parameters: [topic, ("Label", "friends")],
            before: [("AddPermission", grant)]),
        GoldenCase(action: "RemovePermission", name: "not-there", parameters: [topic, ("Label", "friends")]),
    ]

    private static let resource = ("ResourceArn", SNSWorld.topic)
    private static let noResource = ("ResourceArn", nobody.1)
    private static let tag = [("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b & c")]

    private static let tags: [GoldenCase] = [
        GoldenCase(action: "TagResource", name: "tagged", parameters: [resource] + tag),
        GoldenCase(action: "TagResource", name: "not-there", parameters: [noResource] + tag),
        GoldenCase(
            action: "TagResource", name: "twice",
            parameters: [resource, ("Tags.member.2.Key", "a"), ("Tags.member.2.Value", "")] + tag),
        GoldenCase(
            action: "UntagResource", name: "untagged", parameters: [resource, ("TagKeys.member.1", "a")]),
        GoldenCase(
            action: "UntagResource", name: "not-there", parameters: [noResource, ("TagKeys.member.1", "a")]),
        GoldenCase(
            action: "ListTagsForResource", name: "one", parameters: [resource],
            before: [("TagResource", [resource] + tag)]),
        GoldenCase(action: "ListTagsForResource", name: "not-there", parameters: [noResource]),
    ]
}

// MARK: - Subscriptions and messages

extension GoldenCases {
    private static let subscriptions: [GoldenCase] = [
        GoldenCase(action: "Subscribe", name: "queue", parameters: subscribe.parameters),
        GoldenCase(action: "Subscribe", name: "endpoint", parameters: subscribeEndpoint.parameters),
        GoldenCase(
            action: "Subscribe", name: "endpoint-with-arn",
            parameters: subscribeEndpoint.parameters + [("ReturnSubscriptionArn", "true")]),
        GoldenCase(
            action: "Subscribe", name: "bad-filter",
            parameters: subscribe.parameters + entry("Attributes", 1, "FilterPolicy", #"{"a":"b"}"#)),
        GoldenCase(
            action: "Subscribe", name: "different-attributes",
            parameters: subscribe.parameters + entry("Attributes", 1, "RawMessageDelivery", "true"),
            before: [subscribe]),
        GoldenCase(
            action: "Subscribe", name: "lambda",
            parameters: [topic, ("Protocol", "lambda"), ("Endpoint", "x")]),
        GoldenCase(
            action: "Subscribe", name: "unknown-protocol",
            parameters: [topic, ("Protocol", "pigeon"), ("Endpoint", "x")]),
        GoldenCase(
            action: "Subscribe", name: "no-topic",
            parameters: [nobody, ("Protocol", "sqs"), ("Endpoint", SNSWorld.queue)]),
        GoldenCase(
            action: "ConfirmSubscription", name: "wrong-token", parameters: [topic, ("Token", "x")]),
        GoldenCase(action: "ListSubscriptions", name: "none", parameters: []),
        GoldenCase(
            action: "ListSubscriptions", name: "two", parameters: [], before: [subscribe, subscribeEndpoint]),
        GoldenCase(action: "ListSubscriptions", name: "bad-token", parameters: [("NextToken", "x")]),
        GoldenCase(
            action: "ListSubscriptionsByTopic", name: "one", parameters: [topic], before: [subscribe]),
        GoldenCase(action: "ListSubscriptionsByTopic", name: "no-topic", parameters: [nobody]),
        GoldenCase(
            action: "GetSubscriptionAttributes", name: "queue", parameters: [subscription],
            before: [subscribe]),
        GoldenCase(
            action: "GetSubscriptionAttributes", name: "endpoint", parameters: [subscription],
            before: [subscribeEndpoint]),
        GoldenCase(action: "GetSubscriptionAttributes", name: "not-there", parameters: [subscription]),
        GoldenCase(
            action: "SetSubscriptionAttributes", name: "set",
            parameters: [
                subscription, ("AttributeName", "FilterPolicy"), ("AttributeValue", #"{"a":["b"]}"#),
            ], before: [subscribe]),
        GoldenCase(
            action: "SetSubscriptionAttributes", name: "unknown",
            parameters: [subscription, ("AttributeName", "Nonsense"), ("AttributeValue", "x")],
            before: [subscribe]),
        GoldenCase(
            action: "SetSubscriptionAttributes", name: "not-there",
            parameters: [subscription, ("AttributeName", "RawMessageDelivery"), ("AttributeValue", "true")]),
        GoldenCase(action: "Unsubscribe", name: "ended", parameters: [subscription], before: [subscribe]),
        GoldenCase(action: "Unsubscribe", name: "not-there", parameters: [subscription]),
        GoldenCase(action: "Unsubscribe", name: "no-id", parameters: [("SubscriptionArn", SNSWorld.topic)]),
    ]

    private static let message = ("Message", "hello")

    private static func batch(_ entries: [(String, String)]) -> [(String, String)] {
        var parameters = [topic]
        for (number, entry) in entries.enumerated() {
            let prefix = "PublishBatchRequestEntries.member.\(number + 1)."
            parameters += [(prefix + "Id", entry.0), (prefix + "Message", entry.1)]
        }
        return parameters
    }

    private static let publishing: [GoldenCase] = [
        GoldenCase(action: "Publish", name: "published", parameters: [topic, message], before: [subscribe]),
        GoldenCase(action: "Publish", name: "no-topic", parameters: [nobody, message]),
        GoldenCase(action: "Publish", name: "no-target", parameters: [message]),
        GoldenCase(action: "Publish", name: "empty", parameters: [topic]),
        GoldenCase(action: "Publish", name: "subject", parameters: [topic, message, ("Subject", "a\nb")]),
        GoldenCase(
            action: "Publish", name: "phone", parameters: [message, ("PhoneNumber", "+491234567")]),
        GoldenCase(
            action: "Publish", name: "structure",
            parameters: [topic, ("MessageStructure", "json"), ("Message", "{}")]),
        GoldenCase(
            action: "Publish", name: "attribute-type",
            parameters: [
                topic, message, ("MessageAttributes.entry.1.Name", "a"),
                ("MessageAttributes.entry.1.Value.DataType", "Wrong"),
                ("MessageAttributes.entry.1.Value.StringValue", "x"),
            ]),
        GoldenCase(
            action: "PublishBatch", name: "one-fails",
            parameters: batch([("a", "one"), ("b", ""), ("c", "x")])),
        GoldenCase(action: "PublishBatch", name: "empty", parameters: [topic]),
        GoldenCase(
            action: "PublishBatch", name: "same-ids", parameters: batch([("a", "one"), ("a", "two")])),
        GoldenCase(action: "PublishBatch", name: "bad-id", parameters: batch([("a b", "one")])),
        GoldenCase(
            action: "PublishBatch", name: "too-many",
            parameters: batch((0..<11).map { ("e\($0)", "x") })),
        GoldenCase(
            action: "PublishBatch", name: "no-topic",
            parameters: [
                nobody, ("PublishBatchRequestEntries.member.1.Id", "a"),
                ("PublishBatchRequestEntries.member.1.Message", "x"),
            ]),
    ]

    private static let others: [GoldenCase] = [
        GoldenCase(action: "CreatePlatformApplication", name: "not-supported", parameters: []),
        GoldenCase(action: "PutDataProtectionPolicy", name: "not-supported", parameters: [resource]),
    ]
}
