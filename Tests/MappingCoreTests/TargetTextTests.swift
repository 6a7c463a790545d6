import ByteCoding
import EventModel
import MappingCore
import Testing

@Suite("What a target gets of an event")
struct TargetTextTests {
    private static let rule = EventRuleID(bus: EventBusID(location: Location()), name: "sales")
    private static let event = #"""
        {"version":"0","id":"i","detail-type":"Sale","source":"shop","account":"000000000000","time":"2024-01-01T00:00:00Z","region":"us-east-1","resources":["r1","r2"],"detail":{"name":"An \"odd\" name","count":3,"list":[1,"b"],"inner":{"a":"b"},"no":null}}
        """#

    private func text(_ target: JSONValue) throws -> String {
        var members = target.objectValue ?? JSONObject()
        members["Id"] = "t"
        members["Arn"] = "arn:aws:sqs:us-east-1:000000000000:q"
        let parsed = try RuleTarget(parsing: members)
        let bytes = Array(Self.event.utf8)
        let writer = TargetText(
            of: bytes, try JSONValue(parsing: bytes), for: Self.rule,
            now: Timestamp(millisecondsSinceEpoch: 1_704_067_205_000))
        return String(decoding: writer.bytes(parsed.input), as: UTF8.self)
    }

    @Test("Without an input it gets the event, byte for byte")
    func event() throws { #expect(try text([:]) == Self.event) }

    @Test("A constant is sent as it was written")
    func constant() throws { #expect(try text(["Input": #"{ "a" : 1 }"#]) == #"{ "a" : 1 }"#) }

    @Test(
        "A path picks a part",
        arguments: [
            ("$", nil), ("$.detail.count", "3"), ("$.detail.name", #""An \"odd\" name""#),
            ("$.detail.list[1]", #""b""#), ("$.detail-type", #""Sale""#), ("$.resources[1]", #""r2""#),
            ("$.detail['inner'].a", #""b""#), ("$.detail.inner", #"{"a":"b"}"#), ("$.detail.gone", "null"),
            ("$.resources[5]", "null"), ("$.source.deeper", "null"),
        ] as [(String, String?)])
    func path(path: String, expected: String?) throws {
        #expect(try text(["InputPath": .string(path)]) == expected ?? Self.event)
    }

    @Test(
        "A template is filled in",
        arguments: [
            (#""<name> bought <count>""#, #""An \"odd\" name bought 3""#),
            (#"{"who": <name>, "n": <count>}"#, #"{"who": "An \"odd\" name", "n": 3}"#),
            (#"{"all": <inner>, "text": "<inner>"}"#, #"{"all": {"a":"b"}, "text": "{a:b}"}"#),
            (#"{"list": <list>}"#, #"{"list": [1,"b"]}"#),
            (#"{"none": <gone>, "text": "<gone>!"}"#, #"{"none": "", "text": "!"}"#),
            (#"{"null": <no>}"#, #"{"null": null}"#),
            ("\"one <count>\"\n\"two <count>\"", "\"one 3\"\n\"two 3\""),
            (#""a < b > c""#, #""a < b > c""#),
            (#""\"<count>\"""#, #""\"3\"""#),
            (
                #"{"rule":<aws.events.rule-name>,"arn":"<aws.events.rule-arn>"}"#,
                #"{"rule":"sales","arn":"arn:aws:events:us-east-1:000000000000:rule/sales"}"#
            ),
            (#"{"at":"<aws.events.event.ingestion-time>"}"#, #"{"at":"2024-01-01T00:00:05Z"}"#),
            ("<aws.events.event.json>", nil),
        ] as [(String, String?)])
    func template(template: String, expected: String?) throws {
        let paths: JSONValue = [
            "name": "$.detail.name", "count": "$.detail.count", "inner": "$.detail.inner",
            "list": "$.detail.list", "gone": "$.detail.gone", "no": "$.detail.no",
        ]
        let input: JSONValue = [
            "InputTransformer": ["InputPathsMap": paths, "InputTemplate": .string(template)]
        ]
        #expect(try text(input) == expected ?? Self.event)
    }

    @Test("The event without its detail can be put in too")
    func withoutDetail() throws {
        let input: JSONValue = ["InputTransformer": ["InputTemplate": #"{"e":<aws.events.event>}"#]]
        let event = try JSONValue(parsing: Array(try text(input).utf8))["e"]
        #expect(event?["source"] == "shop")
        #expect(event?["detail"] == nil)
    }

    @Test(
        "Targets that cannot work are refused",
        arguments: [
            ["Input": "no json"], ["Input": "1", "InputPath": "$"], ["InputPath": "detail"],
            ["InputPath": "$.a[*]"], ["InputPath": "$..a"], ["InputPath": "$[1"],
            ["InputTransformer": ["InputTemplate": #""<who>""#]],
            ["InputTransformer": ["InputTemplate": "no json"]],
            ["InputTransformer": ["InputPathsMap": ["a": "b"], "InputTemplate": "1"]],
            ["InputTransformer": ["InputPathsMap": ["AWSx": "$.a"], "InputTemplate": "1"]],
            ["InputTransformer": [:]], ["RetryPolicy": ["MaximumRetryAttempts": 186]],
            ["RetryPolicy": ["MaximumEventAgeInSeconds": 59]], ["SqsParameters": ["MessageGroupId": "g"]],
            ["KinesisParameters": ["PartitionKeyPath": "$.id"]], ["DeadLetterConfig": ["Arn": "no"]],
            ["HttpParameters": [:]], ["EcsParameters": [:]],
            ["Arn": "arn:aws:states:us-east-1:1:stateMachine:x"],
        ] as [JSONValue])
    func refused(target: JSONValue) throws {
        var members = JSONObject([("Id", "t"), ("Arn", "arn:aws:sqs:us-east-1:000000000000:q")])
        for (name, value) in target.objectValue ?? JSONObject() { members[name] = value }
        #expect(throws: TargetProblem.self) { try RuleTarget(parsing: members) }
    }
}
